"""votepipe/enrichment/__init__.py: which record makes which event, and what every event carries."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.enrichment import handler
from votepipe.model import stored, times

STREAM = Path(__file__).parents[3] / "events/stream"


def sample(name: str) -> dict:
    (record,) = json.loads((STREAM / f"{name}.json").read_text(encoding="utf-8"))
    return record


def edited(record: dict, part: str, **attributes: object) -> dict:
    """A copy of a record with attributes of one image replaced."""
    record = copy.deepcopy(record)
    record["dynamodb"][part] |= attributes
    return record


def without(record: dict, *names: str) -> dict:
    """A copy of a record without some members of `dynamodb`, or without its own."""
    record = copy.deepcopy(record)
    for name in names:
        record.pop(name, None)
        record["dynamodb"].pop(name, None)
    return record


def event_of(record: object) -> dict:
    (event,) = handler([record], None)
    return event


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(times, "now", lambda: 1767528000)
    return "2026-01-04T12:00:00Z"


def test_events_keep_the_order_of_the_records():
    records = [sample("upsert"), "junk", sample("first-write"), sample("removed")]

    events = handler(records, None)

    assert [event["type"] for event in events] == [
        "VoteCast",
        "VoteRejected",
        "VoteCast",
        "VoteWithdrawn",
    ]


def test_a_change_says_what_changed():
    record = edited(
        sample("changed-mind"), "NewImage", voter={"S": "{{ email }}"}, complete={"BOOL": True}
    )

    assert event_of(record)["changes"] == {
        "voteType": {"from": "thumbsup", "to": "thumbsdown"},
        "voter": {"from": "reader@example.com"},
        "complete": {"from": False, "to": True},
    }


@pytest.mark.parametrize(
    "attributes",
    [
        {"answers": {"S": "{}"}},
        {"updatedAt": {"S": "2026-01-04T10:00:05Z"}},
        {"createdAt": {"S": "2026-01-04T10:00:04Z"}},
        {"createdAt": {"N": "1767520804"}},
        {"complete": {"BOOL": False}},
    ],
)
def test_a_write_that_changed_nothing_a_reader_did_is_no_event(attributes):
    record = sample("first-write") | {"eventName": "MODIFY"}
    record["dynamodb"]["OldImage"] = record["dynamodb"]["NewImage"]

    assert handler([edited(record, "NewImage", **attributes)], None) == []


@pytest.mark.parametrize("old", [{}, {"OldImage": {"voteType": {"S": "meh"}}}])
def test_without_a_readable_old_image_a_change_does_not_say_what_changed(old):
    record = without(sample("answer-1"), "OldImage")
    record["dynamodb"] |= old

    event = event_of(record)

    assert event["type"] == "VoteChanged"
    assert "changes" not in event


def test_a_removal_carries_the_vote_as_it_was():
    event = event_of(sample("removed"))

    assert event["type"] == "VoteWithdrawn"
    assert event["vote"]["voteType"] == "thumbsdown"


@pytest.mark.parametrize("old", [{}, {"OldImage": {"voteType": {"S": "meh"}}}])
def test_a_removal_without_a_readable_old_image_carries_the_keys(old):
    record = without(sample("removed"), "OldImage")
    record["dynamodb"] |= old

    event = event_of(record)

    assert event["type"] == "VoteWithdrawn"
    assert list(event["vote"]) == ["widgetId", "voteId"]


def test_a_removal_without_keys_is_rejected():
    event = event_of(without(sample("removed"), "OldImage", "Keys"))

    assert event["reasons"] == ["dynamodb.Keys: not the keys of a vote"]


def test_an_invalid_vote_is_rejected_with_keys_and_without_content():
    event = event_of(edited(sample("first-write"), "NewImage", voteType={"S": "meh"}))

    assert event["type"] == "VoteRejected"
    assert event["reasons"] == ["voteType: not one of 'thumbsup', 'thumbsdown'"]
    assert list(event["vote"]) == ["widgetId", "voteId"]
    assert "reader@example.com" not in json.dumps(event)


def test_a_stream_without_new_images_is_named():
    event = event_of(without(sample("first-write"), "NewImage"))

    assert event["reasons"] == ["dynamodb.NewImage: missing, the stream must carry new images"]


@pytest.mark.parametrize("batch", [None, 5, "text", {}, {"Records": []}])
def test_what_is_no_batch_counts_as_one_record(batch):
    (event,) = handler(batch, None)

    assert event["type"] == "VoteRejected"


@pytest.mark.parametrize("names", [(), ("expired",)])
def test_a_batch_without_votes_makes_no_events(names):
    assert handler([sample(name) for name in names], None) == []


def test_a_bug_costs_one_record_and_not_the_batch(monkeypatch, capsys):
    clean = stored.clean

    def broken(image: dict) -> object:
        return clean(image) if "voter" in image else {}["reader@example.com"]

    monkeypatch.setattr(stored, "clean", broken)

    rejected, cast = handler([sample("upsert"), sample("first-write")], None)

    assert rejected["reasons"] == ["internal error: KeyError"]
    assert cast["type"] == "VoteCast"
    logged = capsys.readouterr().out
    assert '"error": "KeyError", "at": "' in logged
    assert "reader@example.com" not in logged


def test_one_line_is_logged_with_counts_and_reasons_and_no_content(capsys):
    handler([sample("first-write"), sample("malformed"), sample("expired")], None)

    logged = json.loads(capsys.readouterr().out)
    assert logged["level"] == "WARNING"
    assert (logged["Records"], logged["Events"], logged["Rejected"]) == (3, 2, 1)
    assert [each["Name"] for each in logged["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == [
        "Records",
        "Events",
        "Rejected",
    ]
    assert logged["events"] == {"VoteCast": 1, "VoteRejected": 1}
    (rejected,) = logged["rejected"]
    assert rejected["eventId"] == sample("malformed")["eventID"]
    assert "voter: not text" in rejected["reasons"]
    assert "reader@example.com" not in json.dumps(logged)


def test_the_import_is_cheap():
    heavy = ("boto3", "botocore", "click", "jsonschema", "requests", "urllib.request", "asyncio")
    heavy += ("votepipe.delivery.leases", "votepipe.delivery")
    code = f"import sys, votepipe.enrichment; print([m for m in {heavy} if m in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert loaded.strip() == b"[]"


def test_an_insert_is_a_vote_cast():
    record = sample("first-write")

    event = event_of(record)

    assert list(event) == [
        *("eventID", "type", "time", "version", "sequence", "stream", "vote", "enrichment")
    ]
    assert (event["type"], event["version"]) == ("VoteCast", 1)
    assert event["eventID"] == record["eventID"]
    assert event["sequence"] == record["dynamodb"]["SequenceNumber"]
    assert record["eventSourceARN"].endswith(f"/stream/{event['stream']}")


TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/votes"


@pytest.mark.parametrize(
    "arn",
    [
        *(None, 5, ["/stream/x"], "", TABLE, f"{TABLE}/stream", f"{TABLE}/stream/"),
        *(f"{TABLE}/stream/{label}" for label in ("a b", "né", "a\n", "\ud800", "a" * 65)),
    ],
)
@pytest.mark.parametrize("name", ["first-write", "malformed"])
def test_a_record_whose_stream_is_not_known_makes_an_event_without_one(name, arn):
    assert "stream" not in event_of(sample(name) | {"eventSourceARN": arn})
    assert "stream" not in event_of(without(sample(name), "eventSourceARN"))


CREATED = {"createdAt": {"S": "2026-01-04T10:59:00+01:00"}}


@pytest.mark.parametrize(
    ("name", "attributes", "time"),
    [
        ("first-write", CREATED, "2026-01-04T09:59:00Z"),
        ("upsert", {}, "2026-01-04T11:12:09Z"),
        ("upsert", {"createdAt": {"S": "2020-05-01T10:00:00.123456"}}, "2026-01-04T11:12:09Z"),
        ("upsert", {"createdAt": {"N": "1588327200"}}, "2026-01-04T11:12:09Z"),
        ("answer-1", CREATED, "2026-01-04T10:00:41Z"),
    ],
    ids=["cast when created", "cast when written", "no zone", "epoch", "changed when written"],
)
def test_an_event_has_the_time_of_what_happened(name, attributes, time):
    assert event_of(edited(sample(name), "NewImage", **attributes))["time"] == time


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


def test_of_many_reasons_an_event_carries_the_first():
    answers = {f"field_{number}": 2**60 for number in range(150)}
    record = edited(sample("first-write"), "NewImage", answers={"S": json.dumps(answers)})

    reasons = event_of(record)["reasons"]

    assert reasons[0] == "answers.field_0: a number beyond 2^53"
    assert reasons[19:] == ["and 131 more"]
