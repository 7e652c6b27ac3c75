"""votepipe/enrichment/__init__.py: what enrichers add to events, and what a large event drops."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe import enricher, enrichment
from votepipe.emulator.pipes.entries import requests
from votepipe.enrichment import LARGEST_EVENT, handler
from votepipe.enrichment.run import Enriching

STREAM = Path("events/stream")


def sample(name: str) -> Any:
    (record,) = json.loads((STREAM / f"{name}.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture
def enrichers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Enrich with these functions, each under its name; `required` names a required one."""

    def use(required: str = "", **functions: Callable[..., Any]) -> None:
        found = []
        for name, function in functions.items():
            function.__module__, function.__name__ = f"enrichers.{name}", "enrich"
            mark = enricher(adds={}, timeout=10, required=name == required)
            found.append(mark(function).enricher)
        monkeypatch.setattr(enrichment, "ENRICHING", Enriching(found))

    return use


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def answered(size: int) -> Any:
    """A reader's answers change from a few words to about `size` bytes."""
    record = copy.deepcopy(sample("answer-1"))
    answers = {f"field_{number}": "x" * 9_000 for number in range(size // 9_000)}
    record["dynamodb"]["NewImage"]["answers"] = {"S": json.dumps(answers)}
    return record


def size(event: Any) -> int:
    return len(json.dumps(event, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", ["first-write", "answer-1", "removed"])
def test_each_event_with_a_full_vote_is_enriched(enrichers: Callable[..., None], name: str) -> None:
    enrichers(mood=lambda vote: vote.vote_type)

    (event,) = handler([sample(name)], None)

    assert event["enrichment"] == {"mood": event["vote"]["voteType"]}


def test_a_rejection_is_not_enriched(enrichers: Callable[..., None]) -> None:
    enrichers(mood=lambda vote: vote.vote_type)

    (event,) = handler([sample("malformed")], None)

    assert event["enrichment"] == {}


def test_a_removal_that_knows_only_keys_is_not_enriched(enrichers: Callable[..., None]) -> None:
    enrichers(mood=lambda vote: 1)
    record = sample("removed")
    del record["dynamodb"]["OldImage"]

    (event,) = handler([record], None)

    assert (event["type"], event["enrichment"]) == ("VoteWithdrawn", {})


def test_without_what_is_required_a_vote_is_rejected_with_its_keys(
    enrichers: Callable[..., None], lines: Any
) -> None:
    enrichers(required="mood", mood=lambda vote: {vote.voter})

    (event,) = handler([sample("first-write")], None)

    assert event["type"] == "VoteRejected"
    assert event["eventID"] == sample("first-write")["eventID"]
    assert event["reasons"] == ["enrichment.mood: It returned what JSON cannot hold."]
    assert list(event["vote"]) == ["widgetId", "voteId"]
    assert event["enrichment"] == {}
    left_out, enriched = lines()
    assert left_out["eventId"] == enriched["rejected"][0]["eventId"] == event["eventID"]


def test_of_an_event_too_large_the_largest_enrichment_goes_first(
    enrichers: Callable[..., None], lines: Any
) -> None:
    enrichers(small=lambda vote: 1, large=lambda vote: "x" * 40_000, late=lambda vote: 2)

    (event,) = handler([answered(36_000)], None)

    assert event["enrichment"] == {"small": 1, "late": 2}
    assert event["changes"]
    assert lines()[0]["enricher"] == "large"


def test_then_go_the_changes(enrichers: Callable[..., None], lines: Any) -> None:
    enrichers(small=lambda vote: 1)

    (event,) = handler([answered(63_000)], None)

    assert event["type"] == "VoteChanged"
    assert "changes" not in event
    assert event["enrichment"] == {}
    assert len(event["vote"]["answers"]) == 7
    assert [line["message"] for line in lines()[:2]] == ["enricher left out", "changes left out"]


def test_what_is_required_stays_and_the_changes_go(enrichers: Callable[..., None]) -> None:
    enrichers(required="small", small=lambda vote: 1, other=lambda vote: 2)

    (event,) = handler([answered(63_000)], None)

    assert event["enrichment"] == {"small": 1}
    assert "changes" not in event


def test_a_vote_that_is_too_large_by_itself_is_rejected(enrichers: Callable[..., None]) -> None:
    enrichers(small=lambda vote: 1)

    (event,) = handler([answered(108_000)], None)

    assert event["reasons"] == ["event: larger than 99000 bytes of JSON"]


def test_an_event_that_just_fits_keeps_everything(enrichers: Callable[..., None]) -> None:
    enrichers(fill=lambda vote: "")
    (bare,) = handler([answered(45_000)], None)
    fill = LARGEST_EVENT - size(bare)
    enrichers(fill=lambda vote: "x" * fill)

    (event,) = handler([answered(45_000)], None)

    assert size(event) == LARGEST_EVENT
    assert event["changes"]


def test_ten_of_the_largest_fit_one_put_events(enrichers: Callable[..., None]) -> None:
    enrichers(fill=lambda vote: "")
    (bare,) = handler([answered(45_000)], None)
    fill = LARGEST_EVENT - size(bare)
    enrichers(fill=lambda vote: "x" * fill)

    events = handler([answered(45_000)] * 10, None)

    assert [size(event) for event in events] == [LARGEST_EVENT] * 10
    entries = [
        {
            "Source": "votepipe",
            "DetailType": event["type"],
            "Time": event["time"],
            # With spaces, which a pipe may leave out.
            "Detail": json.dumps(event, ensure_ascii=False),
        }
        for event in events
    ]
    assert len(list(requests(entries))) == 1


@pytest.mark.parametrize(("left", "enriched"), [(30_000, {"mood": 1}), (4_000, {})])
def test_enrichers_leave_time_for_the_rest(
    enrichers: Callable[..., None], left: int, enriched: Any
) -> None:
    enrichers(mood=lambda vote: 1)

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return left

    (event,) = handler([sample("first-write")], Context())

    assert event["enrichment"] == enriched
