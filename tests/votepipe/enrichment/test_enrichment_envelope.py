"""votepipe/enrichment.py: what every event carries: id, time, sequence, and no more than fits."""

import copy
import json
from pathlib import Path

import pytest

from votepipe.enrichment import LARGEST_EVENT, handler
from votepipe.model import times

STREAM = Path(__file__).parents[3] / "events/stream"


def sample(name: str) -> dict:
    (record,) = json.loads((STREAM / f"{name}.json").read_text(encoding="utf-8"))
    return record


def edited(record: dict, part: str, **attributes: object) -> dict:
    """A copy of a record with attributes of one image replaced."""
    record = copy.deepcopy(record)
    record["dynamodb"][part] |= attributes
    return record


def event_of(record: object) -> dict:
    (event,) = handler([record], None)
    return event


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(times, "now", lambda: 1767528000)
    return "2026-01-04T12:00:00Z"


def test_an_insert_is_a_vote_cast():
    event = event_of(sample("first-write"))

    assert list(event) == [
        "eventID",
        "type",
        "time",
        "version",
        "sequence",
        "vote",
        "enrichment",
    ]
    assert event["type"] == "VoteCast"
    assert event["version"] == 1


def test_the_id_and_the_sequence_are_the_records():
    record = sample("first-write")

    event = event_of(record)

    assert event["eventID"] == record["eventID"]
    assert event["sequence"] == record["dynamodb"]["SequenceNumber"]


def test_a_vote_was_cast_when_the_table_says_so():
    record = edited(sample("first-write"), "NewImage", createdAt={"S": "2026-01-04T10:59:00+01:00"})

    assert event_of(record)["time"] == "2026-01-04T09:59:00Z"


def test_a_vote_without_created_at_was_cast_when_it_was_written():
    assert event_of(sample("upsert"))["time"] == "2026-01-04T11:12:09Z"


@pytest.mark.parametrize("time", [1767525129, 1767525129.0, "2026-01-04T11:12:09Z"])
def test_the_time_of_a_write_may_be_a_number_or_a_text(time):
    record = sample("upsert")
    record["dynamodb"]["ApproximateCreationDateTime"] = time

    assert event_of(record)["time"] == "2026-01-04T11:12:09Z"


@pytest.mark.parametrize("time", [None, "soon", -5, 1e300])
def test_a_record_that_knows_no_time_gets_the_present(time, noon):
    record = sample("upsert")
    record["dynamodb"]["ApproximateCreationDateTime"] = time

    assert event_of(record)["time"] == noon


def test_a_change_happens_when_it_is_written():
    assert event_of(sample("answer-1"))["time"] == "2026-01-04T10:00:41Z"


@pytest.mark.parametrize(
    "number", [None, 111, "", "x", "1" * 41, "-1", "٣"], ids=lambda number: repr(number)[:9]
)
def test_a_record_that_cannot_be_ordered_is_rejected(number):
    record = sample("first-write")
    record["dynamodb"]["SequenceNumber"] = number

    event = event_of(record)

    assert event["sequence"] == "0"
    assert event["reasons"] == ["dynamodb.SequenceNumber: not the text of a number"]


@pytest.mark.parametrize("own", [None, "", 5, "x" * 257, "\ud800"], ids=lambda own: repr(own)[:9])
def test_a_record_without_an_id_gets_one_from_its_content(own):
    record = sample("first-write") | {"eventID": own}

    first, again = event_of(record), event_of(copy.deepcopy(record))
    turned = event_of(dict(reversed(record.items())))
    other = event_of(edited(record, "NewImage", voter={"S": "someone@example.com"}))

    assert len(first["eventID"]) == 32
    assert again["eventID"] == turned["eventID"] == first["eventID"]
    assert other["eventID"] != first["eventID"]


def answered(count: int) -> dict:
    answers = {f"field_{number}": "ä" * 5000 for number in range(count)}
    return edited(sample("first-write"), "NewImage", answers={"S": json.dumps(answers)})


def test_a_large_vote_passes():
    event = event_of(answered(9))

    assert event["type"] == "VoteCast"
    assert 90_000 < len(json.dumps(event, ensure_ascii=False).encode()) <= LARGEST_EVENT


def test_a_vote_too_large_for_the_bus_is_rejected():
    event = event_of(answered(10))

    assert event["reasons"] == ["event: larger than 100000 bytes of JSON"]


def test_of_many_reasons_an_event_carries_the_first():
    answers = {f"field_{number}": 2**60 for number in range(150)}
    record = edited(sample("first-write"), "NewImage", answers={"S": json.dumps(answers)})

    reasons = event_of(record)["reasons"]

    assert reasons[0] == "answers.field_0: a number beyond 2^53"
    assert reasons[19:] == ["and 131 more"]
