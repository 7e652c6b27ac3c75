"""sinks/tally.py: on virtual time, from the write to the counts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from votepipe.emulator.simulation import usage
from votepipe.testing import Pipeline


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """The pipeline with this sink and what it counts."""
    with Pipeline(sinks=["settle", "tally"]) as made:
        yield made


def vote(name: str, kind: str = "thumbsup", **more: Any) -> dict[str, Any]:
    return {"widgetId": "w", "voteId": name, "voteType": kind, "instanceOfJoy": "a"} | more


def counts(pipeline: Pipeline) -> dict[str, tuple[int, int, int]]:
    """Up, down, answered of each instance."""
    return {
        item["instance"]["S"]: tuple(int(item[n]["N"]) for n in ("up", "down", "answered"))
        for item in pipeline.models.tables["TallyTable"].items.values()
        if item["tally"]["S"] == "articles"
    }


def test_votes_are_counted_as_their_newest_settled_states(pipeline: Pipeline) -> None:
    pipeline.put(vote("v1"))
    pipeline.put(vote("v2", answers=json.dumps({"field_1": "More"})))
    pipeline.put(vote("v2", "thumbsdown", answers=json.dumps({"field_1": "More"})))
    pipeline.put(vote("v3"))
    pipeline.remove(vote("v3"))
    pipeline.run_until_idle()

    assert counts(pipeline) == {"a": (1, 1, 1)}


def test_each_settled_state_is_one_transaction(pipeline: Pipeline) -> None:
    for number in range(4):
        pipeline.put(vote("v1", answers=json.dumps({"field_1": number * "x"})))
        pipeline.advance(seconds=20)
    pipeline.run_until_idle()

    assert pipeline.usage()["tally"][usage.CALLS] == 1
    assert pipeline.usage()["tally"][usage.WRITES] == 6


def test_a_settled_vote_that_is_withdrawn_no_longer_counts(pipeline: Pipeline) -> None:
    pipeline.put(vote("v1"))
    pipeline.put(vote("v2"))
    pipeline.run_until_idle()
    pipeline.remove(vote("v1"))
    pipeline.run_until_idle()

    assert counts(pipeline) == {"a": (1, 0, 0)}


def test_an_invalid_vote_counts_nothing(pipeline: Pipeline) -> None:
    pipeline.put(vote("v1", "sideways"))
    pipeline.run_until_idle()

    assert counts(pipeline) == {}


def test_many_votes_at_once_are_all_counted(pipeline: Pipeline) -> None:
    for number in range(50):
        pipeline.put(vote(f"v{number}", "thumbsdown" if number % 5 else "thumbsup"))
    pipeline.run_until_idle()

    assert counts(pipeline) == {"a": (10, 40, 0)}
