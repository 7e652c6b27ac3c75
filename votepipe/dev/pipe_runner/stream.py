"""Read a DynamoDB stream as a pipe does: its shards, and the records of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from votepipe.aws.recovery import as_delivered
from votepipe.emulator.pipes.records import Record

PAGE = 100  # records in one GetRecords: ten batches, so that the first is not kept waiting


@dataclass(frozen=True)
class Shard:
    """One shard as DescribeStream lists it."""

    shard_id: str
    parent_id: str | None


def shards_of(client: Any, stream_arn: str) -> list[Shard]:
    """All shards of a stream, in the order of AWS."""
    found: list[Shard] = []
    page: dict[str, str] = {}
    while True:
        facts = client.describe_stream(StreamArn=stream_arn, **page)["StreamDescription"]
        found += [Shard(each["ShardId"], each.get("ParentShardId")) for each in facts["Shards"]]
        last = facts.get("LastEvaluatedShardId")
        if not last:
            return found
        page = {"ExclusiveStartShardId": last}


class ShardReader:
    """Reads one shard from right after a sequence number, or from its start.

    `closed` turns true when the shard will never give another record.
    """

    def __init__(
        self,
        client: Any,
        stream_arn: str,
        shard_id: str,
        *,
        after: str | None,
        start: str,
        say: Callable[[str], None],
    ) -> None:
        self.closed = False
        self._client = client
        self._shard = {"StreamArn": stream_arn, "ShardId": shard_id}
        self._after = after
        self._start = start
        self._say = say
        self._iterator: str | None = None

    def read(self) -> list[Record]:
        """The next records as a pipe delivers them; none when there are none yet.

        Raises botocore's errors; the next call continues at the same place.
        """
        try:
            if self._iterator is None:
                self._iterator = self._open()
            answer = self._client.get_records(ShardIterator=self._iterator, Limit=PAGE)
        except ClientError as error:
            self._iterator = None
            code = error.response["Error"]["Code"]
            if code == "TrimmedDataAccessException":
                self._start_over()
            elif code != "ExpiredIteratorException":
                raise
            return []
        self._iterator = answer.get("NextShardIterator")
        self.closed = self._iterator is None
        records = [as_delivered(each, self._shard["StreamArn"]) for each in answer["Records"]]
        if records:
            self._after = records[-1]["dynamodb"]["SequenceNumber"]
        return records

    def _open(self) -> str:
        where = {"ShardIteratorType": self._start}
        if self._after:
            where = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "SequenceNumber": self._after,
            }
        return str(self._client.get_shard_iterator(**self._shard, **where)["ShardIterator"])

    def _start_over(self) -> None:
        self._say(
            f"Shard '{self._shard['ShardId']}' no longer has the next record. "
            "Continuing from its oldest."
        )
        self._after = None
        self._start = "TRIM_HORIZON"
