"""DynamoDB Streams as boto3 sees them, over the records that a table's stream still has."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from votepipe.emulator.functions.calls import Operations, Parameters, Refused

PAGE = 1000  # records in one GetRecords


class Kept(Protocol):
    """A stream, and the records of its last 24 hours, oldest first."""

    arn: str

    @property
    def kept(self) -> list[dict[str, Any]]:
        """Records as a pipe delivers them."""


class DynamoDbStreams:
    """Answers the calls that read one part of a stream again."""

    def __init__(self, streams: Mapping[str, Kept]) -> None:
        self._streams = streams
        self.operations: Operations = {
            "GetShardIterator": self._iterator,
            "GetRecords": self._records,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the stream it is done to."""
        arn = parameters.get("StreamArn") or parameters["ShardIterator"].partition("|")[0]
        return [(f"dynamodb:{operation}", arn)]

    def _iterator(self, given: Parameters) -> dict[str, Any]:
        kind = given["ShardIteratorType"]
        if kind != "AT_SEQUENCE_NUMBER":
            raise Refused("ValidationException", f"The kit has no iterator of type '{kind}'.")
        self._from(given["StreamArn"], given["SequenceNumber"])
        return {"ShardIterator": f"{given['StreamArn']}|{given['SequenceNumber']}"}

    def _records(self, given: Parameters) -> dict[str, Any]:
        arn, _, sequence = given["ShardIterator"].partition("|")
        records = self._from(arn, sequence)
        page = records[: given.get("Limit", PAGE)]
        rest = records[len(page) :]
        following = rest[0]["dynamodb"]["SequenceNumber"] if rest else ""
        more = {"NextShardIterator": f"{arn}|{following}"} if rest else {}
        return {"Records": [_as_boto3_gives_it(each) for each in page], **more}

    def _from(self, arn: str, sequence: str) -> list[dict[str, Any]]:
        for stream in self._streams.values():
            if stream.arn == arn:
                kept = stream.kept
                numbers = [each["dynamodb"]["SequenceNumber"] for each in kept]
                if sequence not in numbers:
                    raise Refused("TrimmedDataAccessException", "The record is trimmed.")
                return kept[numbers.index(sequence) :]
        raise Refused("ResourceNotFoundException", "Requested resource not found")


def _as_boto3_gives_it(record: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in record.items() if name != "eventSourceARN"}
    written = datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)
    given["dynamodb"] = {**record["dynamodb"], "ApproximateCreationDateTime": written}
    if who := record.get("userIdentity"):
        given["userIdentity"] = {name[0].upper() + name[1:]: who[name] for name in who}
    return given
