"""app.py: whatever comes, however often and in whatever order, the newest state stays."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

EVENTS = Path(__file__).parent / "events"
STORY = ["cast", "changed", "settled", "withdrawn"]  # what happened to one vote


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module, with an empty table."""
    monkeypatch.setenv("VOTES_TABLE", "votes")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    keys = {"widgetId": "HASH", "voteId": "RANGE"}
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="votes",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        )
        import app

        yield app


def envelope(name: str, vote: dict[str, Any] | None = None, **detail: Any) -> dict[str, Any]:
    """A sample event, with these members of its vote and its detail."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    event["detail"] |= detail
    event["detail"]["vote"] |= vote or {}
    return event


def deliver(app: Any, *envelopes: Any) -> list[str]:
    """Call the function as Lambda does; returns the numbers of the messages that failed."""
    records = [
        {"messageId": str(number), "body": json.dumps(each)}
        for number, each in enumerate(envelopes)
    ]
    answer = app.handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def rows(app: Any) -> list[dict[str, Any]]:
    """The table."""
    found: list[dict[str, Any]] = app.votes.scan()["Items"]
    return found


def test_a_settled_vote_is_a_row(app: Any) -> None:
    assert deliver(app, envelope("settled", {"answers": {"field_1": ["text", 0.5]}})) == []

    (row,) = rows(app)
    assert row == {
        "widgetId": "docs-feedback",
        "voteId": "6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
        "order": "2026-01-01T00:00:00.000 0000000000004421584500000000017450439203 VoteSettled",
        "eventID": "ca4152fe6cdd26b77be8fde30204524d-settled",
        "type": "VoteSettled",
        "time": "2026-01-04T10:03:58Z",
        "voteType": "thumbsdown",
        "instanceOfJoy": "using-dynamodb-streams",
        "reader": "r1_gnmqottd3r7aqujrwrttfmd23u",
        "answers": '{"field_1": ["text", 0.5]}',
    }


@pytest.mark.parametrize("length", range(1, 5))
def test_the_newest_state_stays_in_any_order_and_twice(app: Any, length: int) -> None:
    happened = STORY[:length]
    for number, arrived in enumerate(itertools.permutations(happened)):
        vote = {"voteId": f"vote-{number}"}

        failed = deliver(app, *(envelope(name, vote) for name in arrived * 2))

        assert failed == []
    assert {row["eventID"] for row in rows(app)} == {envelope(happened[-1])["detail"]["eventID"]}


def test_of_a_withdrawn_vote_only_its_keys_remain_and_expire(app: Any) -> None:
    deliver(app, *map(envelope, STORY))

    (row,) = rows(app)
    assert set(row) == {"widgetId", "voteId", "order", "eventID", "type", "time", "expires"}


def test_a_withdrawal_may_come_with_keys_only(app: Any) -> None:
    event = envelope("withdrawn")
    event["detail"]["vote"] = {"widgetId": "w", "voteId": "v"}

    assert deliver(app, event) == []


def test_sequences_are_compared_as_numbers_within_a_stream(app: Any) -> None:
    deliver(app, envelope("changed", sequence="10"), envelope("changed", sequence="9"))
    assert rows(app)[0]["order"].split()[1].lstrip("0") == "10"

    deliver(app, envelope("changed", sequence="1", stream="2026-02-01T00:00:00.000"))
    assert rows(app)[0]["order"].split()[1].lstrip("0") == "1"


def test_a_stream_without_a_label_is_the_oldest(app: Any) -> None:
    unlabelled = envelope("withdrawn", sequence="9" * 40)
    del unlabelled["detail"]["stream"]

    deliver(app, unlabelled, envelope("cast"), unlabelled)

    assert [row["type"] for row in rows(app)] == ["VoteCast"]


def test_what_fails_fails_alone(app: Any) -> None:
    assert deliver(app, envelope("cast"), {"detail": {}}, envelope("changed")) == ["1"]

    assert [row["type"] for row in rows(app)] == ["VoteChanged"]


def test_while_the_table_is_away_everything_waits(app: Any) -> None:
    app.votes.delete()

    assert deliver(app, *map(envelope, STORY)) == ["0", "1", "2", "3"]


def test_what_readers_wrote_stays_out_of_the_log(app: Any, caplog: Any) -> None:
    app.votes.delete()

    deliver(app, envelope("settled", {"answers": {"field_1": "a reader's words"}}))

    assert "Message 0 was not stored" in caplog.text
    assert "a reader's words" not in caplog.text
