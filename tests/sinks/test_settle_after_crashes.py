"""sinks/settle: what settles is the same wherever its function dies, by the defaults' times."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

# A reader votes, types for a while, and may say that they are done: one sitting. The gaps inside
# one, and the minute for which a crash holds a message back, are fewer than the quiet period.
Sitting = tuple[list[int], bool]
sittings = st.tuples(st.lists(st.sampled_from([0, 1, 20, 50]), max_size=4), st.booleans())
histories = st.lists(st.lists(sittings, min_size=1, max_size=3), min_size=1, max_size=3)
APART = 260
VOTE = {"widgetId": "docs", "voteType": "thumbsup"}

SHOWN: list[list[list[Sitting]]] = [
    [[([], False)]],
    [[([20], False)]],
    [[([0, 1], True)]],
    [[([], True), ([], True)]],
    [[([50], False), ([1], False)], [([1, 50], True)]],
]


def writes(history: list[list[Sitting]]) -> Iterator[tuple[int, str, int, bool]]:
    """Each write of all votes: when, whose, which answer, whether the reader is done."""
    for name, parts in enumerate(history):
        at = answer = 0
        for gaps, done in parts:
            for number, gap in enumerate([0, *gaps]):
                at += gap
                yield at, f"vote-{name}", answer, done and number == len(gaps)
                answer += 1
            at += APART


def settled(history: list[list[Sitting]], crash_at: int | None = None) -> tuple[Any, int]:
    """The states that settled, vote by vote, and how many steps that took."""
    with Pipeline(sinks=["settle"]) as pipeline:
        if crash_at is not None:
            pipeline.crash_at(crash_at)
        now = 0
        for at, name, answer, done in sorted(writes(history)):
            pipeline.advance(seconds=at - now)
            now = at
            answers = json.dumps({"field_1": str(answer)})
            pipeline.put({**VOTE, "voteId": name, "answers": answers, "complete": done})
        pipeline.run_until_idle()

        assert pipeline.nothing_lost()
        details = [event["detail"] for event in pipeline.events("VoteSettled")]
        # What died right behind the bus puts the same event on it once more.
        by_id = {detail["eventID"]: detail for detail in details}
        assert len(details) <= len(by_id) + (crash_at is not None)
        states = [
            (each["vote"]["voteId"], each["sequence"], each["vote"]["answers"], previous(each))
            for each in by_id.values()
        ]
        return sorted(states, key=lambda state: state[:2]), len(pipeline.steps_made)


def previous(detail: dict[str, Any]) -> str | None:
    """The sequence of the state that settled before, as the event has it."""
    found: str | None = detail.get("previous", {}).get("sequence")
    return found


@pytest.mark.parametrize("history", SHOWN)
def test_the_same_settles_after_a_crash_at_each_step(history: list[list[Sitting]]) -> None:
    wanted, steps = settled(history)
    for step in range(steps):
        assert settled(history, step)[0] == wanted, f"step {step}"


@given(histories, st.integers(0, 10_000))
def test_the_same_settles_of_any_history_after_a_crash_at_any_step(
    history: list[list[Sitting]], number: int
) -> None:
    wanted, steps = settled(history)

    assert settled(history, number % steps)[0] == wanted


def test_what_settles_next_waits_for_a_publication_that_was_cut_off() -> None:
    first = {**VOTE, "voteId": "one", "answers": {}, "complete": True}
    with Pipeline(sinks=["settle"]) as pipeline:
        pipeline.put(first)
        pipeline.run_until_idle()
        publishing = next(step for step in pipeline.steps_made if step.call == "events.PutEvents")
    with Pipeline(sinks=["settle"]) as pipeline:
        pipeline.crash_at(publishing.number)
        pipeline.put(first)
        pipeline.advance(seconds=10)
        pipeline.put({**first, "voteType": "thumbsdown"})
        pipeline.run_until_idle()

        one, two = (event["detail"] for event in pipeline.events("VoteSettled"))
        assert [one["vote"]["voteType"], two["vote"]["voteType"]] == ["thumbsup", "thumbsdown"]
        assert two["previous"]["eventID"] == one["eventID"]


def test_what_settles_next_waits_no_longer_than_a_publication_takes() -> None:
    vote = {**VOTE, "voteId": "one", "answers": {}}
    with Pipeline(sinks=["settle"], parameters={"QuietPeriodSeconds": "0"}) as pipeline:
        pipeline.latency(0.5)
        pipeline.put(vote)
        pipeline.advance(seconds=1)
        pipeline.put({**vote, "voteType": "thumbsdown"})
        pipeline.run_until_idle()

        whys = [line.get("why") for line in pipeline.lines("SettleSink")]
        times = [event["detail"]["time"] for event in pipeline.events("VoteSettled")]
        assert "The state before is not on the bus yet." in whys
        assert len(times) == 2
        assert times[1] < "2026-01-04T10:00:05"
