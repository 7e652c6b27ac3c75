"""votepipe/dev/pipe_runner/stream.py: shards, iterators, and records as a pipe delivers them."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from votepipe.dev.pipe_runner.stream import Shard, ShardReader, as_delivered, shards_of


@pytest.fixture
def said():
    return []


@pytest.fixture
def read(stream, said):
    """A reader of shard 'a'."""

    def reader(after=None, start="TRIM_HORIZON"):
        return ShardReader(stream, "stream", "a", after=after, start=start, say=said.append)

    return reader


def numbers(records):
    return [each["dynamodb"]["SequenceNumber"] for each in records]


def test_lists_every_page_of_shards_with_their_parents(stream):
    stream.shard("a", closed=True)
    stream.shard("b", parent="a")

    assert shards_of(stream, "stream") == [Shard("a", None), Shard("b", "a")]


def test_reads_from_the_oldest_record(stream, read):
    stream.shard("a", 1, 2)

    assert numbers(read().read()) == ["1", "2"]


def test_goes_on_where_it_was(stream, read):
    stream.shard("a", 1)
    reader = read()
    reader.read()

    stream.write("a", 2)

    assert numbers(reader.read()) == ["2"]
    assert reader.read() == []


def test_goes_on_after_a_sequence_number(stream, read):
    stream.shard("a", 1, 2, 3)

    assert numbers(read(after="2").read()) == ["3"]


def test_starts_at_the_newest_on_demand(stream, read):
    stream.shard("a", 1)
    reader = read(start="LATEST")
    before = reader.read()

    stream.write("a", 2)

    assert (before, numbers(reader.read())) == ([], ["2"])


def test_knows_when_a_shard_has_ended(stream, read):
    stream.shard("a", 1, closed=True)
    reader = read()
    before = reader.closed

    assert numbers(reader.read()) == ["1"]
    assert (before, reader.closed) == (False, True)


def test_renews_an_iterator_that_expired(stream, read, refused):
    stream.shard("a", 1)
    reader = read()
    reader.read()
    stream.write("a", 2)
    stream.errors.append(refused("ExpiredIteratorException"))

    assert reader.read() == []
    assert numbers(reader.read()) == ["2"]
    assert "AFTER_SEQUENCE_NUMBER a 1" in stream.calls


def test_starts_over_and_says_so_when_the_place_is_gone(stream, read, said):
    stream.shard("a", 1, 2, 3)
    stream.trimmed["a"] = 2
    reader = read(after="1")

    assert reader.read() == []
    assert numbers(reader.read()) == ["3"]
    assert said == ["Shard 'a' no longer has the next record. Continuing from its oldest."]


def test_does_not_start_over_at_the_newest(stream, read):
    stream.shard("a", 5)
    reader = read(after="1", start="LATEST")

    reader.read()

    assert numbers(reader.read()) == ["5"]


def test_goes_on_after_any_other_error(stream, read, refused):
    stream.shard("a", 1)
    reader = read()
    reader.read()
    stream.write("a", 2)
    stream.errors.append(refused("InternalServerError"))

    with pytest.raises(ClientError):
        reader.read()

    assert numbers(reader.read()) == ["2"]


def test_a_record_is_delivered_as_a_pipe_does():
    given = {
        "eventID": "e1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2026, 1, 4, 10, tzinfo=UTC),
            "Keys": {"widgetId": {"S": "w"}},
            "NewImage": {
                "binary": {"B": b"\xff\x00"},
                "set": {"BS": [b"a", b"b"]},
                "deep": {"M": {"list": {"L": [{"B": b"c"}, {"N": "1.0"}, {"BOOL": True}]}}},
            },
        },
        "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
    }

    assert as_delivered(given, "arn:stream") == {
        "eventID": "e1",
        "eventSourceARN": "arn:stream",
        "dynamodb": {
            "ApproximateCreationDateTime": 1767520800,
            "Keys": {"widgetId": {"S": "w"}},
            "NewImage": {
                "binary": {"B": "/wA="},
                "set": {"BS": ["YQ==", "Yg=="]},
                "deep": {"M": {"list": {"L": [{"B": "Yw=="}, {"N": "1.0"}, {"BOOL": True}]}}},
            },
        },
        "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"},
    }


def test_a_fraction_of_a_second_is_kept():
    given = {"dynamodb": {"ApproximateCreationDateTime": datetime.fromtimestamp(1.5, UTC)}}

    assert as_delivered(given, "arn")["dynamodb"]["ApproximateCreationDateTime"] == 1.5
