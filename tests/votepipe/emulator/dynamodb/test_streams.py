"""votepipe/emulator/dynamodb/streams.py: through a boto3 client."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "raw": b"\x00"}


@pytest.fixture
def streams(chat: Pipeline) -> Any:
    return chat.client("dynamodbstreams")


def at(pipeline: Pipeline, number: int, **changes: Any) -> dict[str, Any]:
    """The parameters that point at a record of the votes table's stream."""
    record = pipeline.models.streams["VotesTable"].kept[number]
    return {
        "StreamArn": record["eventSourceARN"],
        "ShardId": "shardId-00000000000000000001",
        "ShardIteratorType": "AT_SEQUENCE_NUMBER",
        "SequenceNumber": record["dynamodb"]["SequenceNumber"],
        **changes,
    }


def test_records_come_as_boto3_gives_them_from_a_sequence_number_on(
    chat: Pipeline, streams: Any
) -> None:
    for vote_id in "abc":
        chat.put(VOTE | {"voteId": vote_id})
    chat.expire(VOTE | {"voteId": "c"})
    iterator = streams.get_shard_iterator(**at(chat, 1))["ShardIterator"]
    first = streams.get_records(ShardIterator=iterator, Limit=2)
    last = streams.get_records(ShardIterator=first["NextShardIterator"])
    found = [*first["Records"], *last["Records"]]

    assert [each["dynamodb"]["Keys"]["voteId"]["S"] for each in found] == ["b", "c", "c"]
    assert "NextShardIterator" not in last
    assert found[0]["dynamodb"]["NewImage"]["raw"] == {"B": b"\x00"}
    assert found[0]["dynamodb"]["ApproximateCreationDateTime"] == datetime(
        2026, 1, 4, 10, tzinfo=UTC
    )
    assert "eventSourceARN" not in found[0]
    assert found[2]["userIdentity"] == {
        "Type": "Service",
        "PrincipalId": "dynamodb.amazonaws.com",
    }


def test_a_record_is_forgotten_after_a_day(chat: Pipeline, streams: Any) -> None:
    chat.put(VOTE)
    pointer = at(chat, 0)
    chat.advance(hours=23)
    iterator = streams.get_shard_iterator(**pointer)["ShardIterator"]
    chat.advance(hours=1)

    for call in (
        lambda: streams.get_shard_iterator(**pointer),
        lambda: streams.get_records(ShardIterator=iterator),
    ):
        with pytest.raises(streams.exceptions.TrimmedDataAccessException):
            call()


def test_other_streams_and_iterators_are_refused(chat: Pipeline, streams: Any) -> None:
    chat.put(VOTE)
    other = "arn:aws:dynamodb:us-east-1:123456789012:table/other/stream/2026-01-01T00:00:00.000"

    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.get_shard_iterator(**at(chat, 0, StreamArn=other))
    with pytest.raises(ClientError, match="no iterator of type 'LATEST'"):
        streams.get_shard_iterator(**at(chat, 0, ShardIteratorType="LATEST"))
