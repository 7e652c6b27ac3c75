"""sinks/pagerduty.py: an incident for a thumbs-down, at a server that acts like PagerDuty."""

import json
from typing import Any

import pytest

from sinks.pagerduty import Settings, body, handler
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request

KEY = "0" * 32


class PagerDuty:
    """A service with one integration: the summaries of the incidents that are open, by key."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}

    def __call__(self, request: Request) -> Answer:
        """Answer as the Events API does."""
        if request.path != "/v2/enqueue":
            return Answer(status=404, body="404 page not found")
        if errors := [*self._errors(request)]:
            text = {"status": "invalid event", "message": "Event object is invalid"}
            return Answer(status=400, body=text | {"errors": errors})
        sent = request.json
        if sent["event_action"] == "resolve":
            self.open.pop(sent["dedup_key"], None)
        else:
            self.open[sent["dedup_key"]] = sent["payload"]["summary"]
        done = {"status": "success", "message": "Event processed"}
        return Answer(status=202, body=done | {"dedup_key": sent["dedup_key"]})

    def _errors(self, request: Request) -> Any:
        sent = request.json
        if sent["routing_key"] != KEY:
            yield "Invalid routing key"
        if len(sent["dedup_key"]) > 255:
            yield "'dedup_key' is too long"
        if len(request.content) > 512 * 1024:
            yield "the event is too large"
        if sent["event_action"] == "trigger":
            payload = sent["payload"]
            if not 0 < len(payload["summary"]) <= 1024 or not payload["source"]:
                yield "'payload.summary' or 'payload.source' is missing or too long"
            if payload["severity"] not in ("critical", "error", "warning", "info"):
                yield "'payload.severity' is invalid"
        elif sent["event_action"] != "resolve":
            yield "'event_action' is invalid"


@pytest.fixture
def service(web: Any) -> PagerDuty:
    made = PagerDuty()
    web.behave("v2", made)
    return made


def settings(web: Any, key: str = KEY) -> Settings:
    return Settings(routing_key=Secret(key), api_url=web.url)


def test_a_thumbs_down_opens_one_incident_and_a_change_of_mind_closes_it(
    event: Any, web: Any, service: PagerDuty
) -> None:
    for _ in range(2):
        handler(event("settled"), settings(web))
    opened = list(service.open.values())
    handler(event("settled", voteType="thumbsup"), settings(web))

    assert opened == ["Using DynamoDB streams got a 👎"]
    assert service.open == {}


def test_the_incident_has_the_answers_but_not_the_voter(event: Any) -> None:
    sent = body(event("settled"), Settings(routing_key=Secret(KEY), severity="warning"))

    assert sent["payload"] == {
        "summary": "Using DynamoDB streams got a 👎",
        "source": "docs-feedback",
        "severity": "warning",
        "timestamp": event("settled").detail["time"],
        "class": "thumbsdown",
        "custom_details": {
            "What would make this better?": "More examples of stream filters.",
            "How did you find this page?": "A colleague sent me the link ✨",
        },
    }
    assert sent["links"][0]["href"] == "https://blog.example.com/using-dynamodb-streams"
    assert "reader@example.com" not in json.dumps(sent)


def test_a_wrong_key_says_what_to_do(event: Any, web: Any, service: PagerDuty) -> None:
    with pytest.raises(Undeliverable, match="The integration key may be wrong"):
        handler(event("settled"), settings(web, "wrong"))


def test_too_many_events_wait(event: Any, web: Any) -> None:
    web.reply(Answer(status=429, body={"status": "throttle exceeded"}))

    with pytest.raises(TryLater) as caught:
        handler(event("settled"), settings(web))
    assert caught.value.after == 30
