"""votepipe/enrichment/run.py: enrichers that take their time, and the thread they take it in."""

import json
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from votepipe import Vote, enricher
from votepipe.enrichment.run import MOST_HUNG, Enriching
from votepipe.plugins import Enricher

PATIENCE = 30.0  # seconds that a batch has, where time is not what a test is about


def made(name: str, enrich: Callable[..., Any], **mark: Any) -> Enricher:
    """An enricher of this name."""
    enrich.__module__, enrich.__name__ = f"enrichers.{name}", "enrich"
    return enricher(**{"adds": {}, "timeout": 10, **mark})(enrich).enricher


def event(vote_id: str = "1") -> dict[str, Any]:
    vote = {"widgetId": "docs", "voteId": vote_id, "voteType": "thumbsup", "answers": {}}
    return {"eventID": "e1", "vote": vote, "enrichment": {}}


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """What a hanging enricher waits for; set at the end, so that its thread ends."""
    released = threading.Event()
    yield released
    released.set()


def test_one_thread_serves_batch_after_batch() -> None:
    enriching = Enriching([made("thread", lambda vote: threading.get_ident() % 2**50)])
    events = [event(), event(), event()]
    for each in events:
        enriching.add([each], monotonic() + PATIENCE)

    threads = {each["enrichment"]["thread"] for each in events}
    assert len(threads) == 1
    assert threading.get_ident() % 2**50 not in threads


def test_one_that_hangs_is_left_out_and_holds_up_no_other(
    hold: threading.Event, lines: Any
) -> None:
    slow = made("slow", lambda vote: hold.wait(), timeout=0.05)
    enriching = Enriching(
        [
            made("before", lambda vote: 1),
            slow,
            made("after", lambda vote, before, slow: [before, slow], needs=["before", "slow"]),
        ]
    )
    one = event()

    enriching.add([one], monotonic() + PATIENCE)

    assert one["enrichment"] == {"before": 1, "after": [1, None]}
    assert lines()[0]["why"] == "It took longer than 0.05 s."


def test_one_that_only_hangs_is_soon_no_longer_called(hold: threading.Event, lines: Any) -> None:
    calls = []

    def enrich(vote: Vote) -> None:
        calls.append(vote.vote_id)
        hold.wait()

    enriching = Enriching([made("slow", enrich, timeout=0.02)])
    enriching.add([event() for _ in range(MOST_HUNG + 3)], monotonic() + PATIENCE)

    assert len(calls) <= MOST_HUNG
    assert [line["why"] for line in lines()[MOST_HUNG:]] == [f"{MOST_HUNG} calls of it hang."] * 3


def test_once_its_calls_end_it_is_called_again() -> None:
    hold = threading.Event()
    enriching = Enriching([made("slow", lambda vote: {"went": hold.wait()})])
    before = set(threading.enumerate())
    for _ in range(MOST_HUNG):
        enriching.add([event()], monotonic() + 0.02)
    hold.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    one = event()

    enriching.add([one], monotonic() + PATIENCE)

    assert one["enrichment"] == {"slow": {"went": True}}


def test_when_the_batch_has_no_time_left_the_rest_is_left_out(lines: Any) -> None:
    enriching = Enriching([made("mood", lambda vote: {}, required=True)])

    reasons = enriching.add([event(), event()], monotonic())

    assert reasons == [["enrichment.mood: No time was left for it."]] * 2


def test_where_no_thread_can_be_had_all_are_left_out(
    monkeypatch: pytest.MonkeyPatch, lines: Any
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    one = event()

    Enriching([made("mood", lambda vote: {})]).add([one], monotonic() + PATIENCE)

    assert one["enrichment"] == {}
    assert lines()[0]["why"] == "No thread was left for it."


def test_no_result_of_a_batch_that_was_cut_off_reaches_the_next(hold: threading.Event) -> None:
    enriching = Enriching(
        [made("slow", lambda vote: hold.wait() if vote.vote_id == "1" else vote.vote_id, timeout=9)]
    )
    enriching.add([event("1")], monotonic() + 0.05)
    one = event("2")

    enriching.add([one], monotonic() + PATIENCE)

    assert one["enrichment"] == {"slow": "2"}
