"""A DynamoDB stream in memory, beside the harness that the tests of votepipe/emulator/pipes use."""

import importlib.util
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

CONFTEST = Path(__file__).parents[2] / "emulator" / "pipes" / "conftest.py"

# Tests are no packages, so it is loaded by its path.
spec = importlib.util.spec_from_file_location("pipes_conftest", CONFTEST)
pipes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pipes)

harness, make = pipes.harness, pipes.make


def refused(code):
    """The error that boto3 raises when AWS answers with this code."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {}}, "operation")


class Stream:
    """A DynamoDB stream behind boto3's client: shards with records, parents and errors.

    `errors` holds what the next calls raise, `trimmed` how many records each shard has lost.
    """

    def __init__(self):
        self.shards = {}
        self.parents = {}
        self.closed = set()
        self.trimmed = {}
        self.errors = deque()
        self.calls = []

    def shard(self, shard_id, *numbers, parent=None, closed=False):
        self.parents[shard_id] = parent
        self.shards[shard_id] = []
        self.write(shard_id, *numbers)
        if closed:
            self.closed.add(shard_id)

    def write(self, shard_id, *numbers):
        for number in numbers:
            written = pipes.record(number)
            written["dynamodb"]["ApproximateCreationDateTime"] = datetime.fromtimestamp(
                pipes.START, UTC
            )
            self.shards[shard_id].append(written)

    def describe_stream(self, StreamArn, ExclusiveStartShardId=None):  # noqa: N803 - AWS's names
        self._call("describe_stream")
        names = list(self.shards)
        place = names.index(ExclusiveStartShardId) + 1 if ExclusiveStartShardId else 0
        found = {"ShardId": names[place], "ParentShardId": self.parents[names[place]]}
        more = {"LastEvaluatedShardId": names[place]} if place + 1 < len(names) else {}
        shards = [{key: value for key, value in found.items() if value}]
        return {"StreamDescription": {"Shards": shards, **more}}

    def get_shard_iterator(self, StreamArn, ShardId, ShardIteratorType, SequenceNumber=None):  # noqa: N803 - AWS's names
        self._call(f"{ShardIteratorType} {ShardId} {SequenceNumber or ''}".strip())
        numbers = [each["dynamodb"]["SequenceNumber"] for each in self.shards[ShardId]]
        trimmed = self.trimmed.get(ShardId, 0)
        place = {"TRIM_HORIZON": trimmed, "LATEST": len(numbers)}.get(ShardIteratorType)
        if place is None:
            if SequenceNumber not in numbers[trimmed:]:
                raise refused("TrimmedDataAccessException")
            place = numbers.index(SequenceNumber) + 1
        return {"ShardIterator": f"{ShardId}/{place}"}

    def get_records(self, ShardIterator, Limit):  # noqa: N803 - AWS's names
        self._call("get_records")
        shard_id, place = ShardIterator.split("/")
        start = int(place)
        records = self.shards[shard_id][start : start + Limit]
        end = start + len(records)
        if shard_id in self.closed and end == len(self.shards[shard_id]):
            return {"Records": records}
        return {"Records": records, "NextShardIterator": f"{shard_id}/{end}"}

    def _call(self, call):
        self.calls.append(call)
        if self.errors and (error := self.errors.popleft()):
            raise error


@pytest.fixture
def stream():
    return Stream()


@pytest.fixture(name="refused")
def refused_fixture():
    return refused
