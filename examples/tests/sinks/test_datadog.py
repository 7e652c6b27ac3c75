"""sinks/datadog.py: votes as a metric, at a server that takes what Datadog takes."""

import json
from typing import Any

import pytest

from sinks.datadog import METRIC, Settings, handler, series
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.model import times

SETTLED = 1767520943  # 2026-01-04T10:02:23Z


class Datadog:
    """An organization with one API key: the sum of the metric, by tags."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, ...], float] = {}

    def __call__(self, request: Request) -> Answer:
        """Answer as `Submit distribution points` does."""
        if request.path != "/api/v1/distribution_points":
            return Answer(status=404, body={"errors": ["Not Found"]})
        if request.headers.get("dd-api-key") != "right":
            return Answer(status=403, body={"errors": ["Forbidden"]})
        if len(request.content) > 3_200_000:
            return Answer(status=413, body={"errors": ["Payload too big"]})
        for each in request.json["series"]:
            if each["metric"] != METRIC or any(len(tag) > 200 for tag in each["tags"]):
                return Answer(status=400, body={"errors": ["Bad Request"]})
            for at, values in each["points"]:
                # Datadog drops others, and says nothing.
                if times.now() - 3600 < at < times.now() + 600:
                    tags = tuple(each["tags"])
                    self.counted[tags] = self.counted.get(tags, 0) + sum(values)
        return Answer(status=202, body={"status": "ok"})


@pytest.fixture
def organization(web: Any, monkeypatch: pytest.MonkeyPatch) -> Datadog:
    monkeypatch.setattr(times, "now", lambda: SETTLED + 30.0)
    made = Datadog()
    web.behave("api", made)
    return made


def settings(web: Any, key: str = "right") -> Settings:
    return Settings(api_key=Secret(key), api_url=web.url)


def test_votes_are_added_up_by_tags(event: Any, web: Any, organization: Datadog) -> None:
    votes = [event("settled"), event("settled"), event("settled", answers={})]

    handler(votes, settings(web))
    handler(votes, settings(web))

    assert organization.counted == {
        ("widget:docs-feedback", "vote_type:thumbsdown", "answered:true"): 4,
        ("widget:docs-feedback", "vote_type:thumbsdown", "answered:false"): 2,
    }


def test_a_vote_that_comes_late_counts_now(
    event: Any, web: Any, organization: Datadog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: SETTLED + 86_400.0)

    handler([event("settled")], settings(web))

    assert sum(organization.counted.values()) == 1


def test_nothing_that_a_reader_wrote_is_sent(event: Any) -> None:
    sent = json.dumps(series([event("settled")]))

    assert "example.com" not in sent
    assert "stream filters" not in sent


def test_a_wrong_key_says_what_to_do(event: Any, web: Any, organization: Datadog) -> None:
    with pytest.raises(Undeliverable, match="The API key is wrong"):
        handler([event("settled")], settings(web, "wrong"))


def test_too_many_requests_wait(event: Any, web: Any) -> None:
    web.reply(Answer(status=429, headers={"Retry-After": "10"}, body={"errors": ["Slow down"]}))

    with pytest.raises(TryLater) as caught:
        handler([event("settled")], settings(web))
    assert caught.value.after == 10
