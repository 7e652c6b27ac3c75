"""enrichers/cms.py: facts over HTTP, kept, and left out when the API is slow or down."""

from collections.abc import Iterator
from typing import Any

import pytest

from enrichers import cms
from votepipe import Vote
from votepipe.emulator.http.receiver import Answer
from votepipe.model import times

FACTS = {"author": "Ada", "section": "Streams", "id": 7}
ADDED = {"author": "Ada", "section": "Streams"}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time, in an entry that a test may change; nothing is kept from another test."""
    now = [1000.0]
    monkeypatch.setattr(times, "now", lambda: now[0])
    cms._kept.clear()
    yield now
    cms._kept.clear()


def added(web: Any, instance: str | None = "first-steps") -> Any:
    vote = Vote(widget_id="docs", vote_id="1", instance_of_joy=instance)
    return cms.enrich(vote, cms.Settings(url=f"{web.url}/articles/{{instance}}"))


def test_facts_are_added_and_kept_for_an_hour(web: Any, now: list[float]) -> None:
    web.behave("articles", lambda request: Answer(body=FACTS))

    first = [added(web), added(web)]
    now[0] += cms.KEPT
    later = added(web)

    assert [*first, later] == [ADDED] * 3
    assert [request.path for request in web.requests] == ["/articles/first-steps"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=503),
        Answer(status=404),
        Answer(disconnect=True),
        Answer(body="<html>"),
        Answer(timeout=True),
    ],
)
def test_a_failure_adds_nothing_and_is_not_repeated_for_a_minute(
    web: Any, now: list[float], monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(cms, "SECONDS", 0.05)
    web.behave("articles", lambda request: Answer(body=FACTS))
    web.reply(answer)

    at_once = [added(web), added(web)]
    asked = len(web.requests)
    now[0] += cms.AGAIN

    assert (at_once, asked, added(web)) == ([None, None], 1, ADDED)


@pytest.mark.parametrize("body", [{}, [], {"author": 5}, {"author": "\u202e"}])
def test_an_answer_without_facts_adds_nothing(web: Any, now: list[float], body: Any) -> None:
    web.behave("articles", lambda request: Answer(body=body))

    assert added(web) is None


def test_an_instance_leads_to_no_other_path(web: Any, now: list[float]) -> None:
    for instance in ("a/../b?c#d", "..", ".", None):
        added(web, instance)

    assert [request.path for request in web.requests] == ["/articles/a%2F..%2Fb%3Fc%23d"]


def test_it_keeps_so_many_and_no_more(
    web: Any, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cms, "MOST", 3)

    for number in range(5):
        added(web, str(number))

    assert len(cms._kept) == 3


def test_without_an_address_nobody_is_asked() -> None:
    vote = Vote(widget_id="docs", vote_id="1", instance_of_joy="first-steps")

    assert cms.enrich(vote, cms.Settings()) is None
