"""Stream records on their way through a pipe, and the pointer that stands for lost ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from votepipe.emulator.pipes.definition import PipeDefinition

Record = dict[str, Any]

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


@dataclass(slots=True, eq=False)
class Held:
    """A record that passed the filter, with what the engine needs to know of it.

    `created` and `arrived` are epoch seconds, `size` is in bytes of JSON.
    `settles` is the sequence number that is settled along with it: its own, or that of the last
    record after it that the filter skipped.
    """

    record: Record
    event_id: str
    sequence: str
    created: float
    arrived: float
    size: int
    settles: str

    @classmethod
    def of(cls, record: Record, arrived: float) -> "Held":
        """Hold a record as a pipe delivers it."""
        facts = record["dynamodb"]
        return cls(
            record=record,
            event_id=record["eventID"],
            sequence=facts["SequenceNumber"],
            created=float(facts.get("ApproximateCreationDateTime", arrived)),
            arrived=arrived,
            size=len(json.dumps(record).encode()),
            settles=facts["SequenceNumber"],
        )


def keys_of(record: Record) -> dict[str, Any]:
    """The item's keys without their DynamoDB types."""
    keys = record["dynamodb"].get("Keys", {})
    return {name: next(iter(value.values())) for name, value in keys.items()}


def pointer(
    pipe: PipeDefinition, shard_id: str, lost: Sequence[Held], condition: str, now: float
) -> dict[str, Any]:
    """The message a pipe sends to its dead-letter queue: where the records are, not what they are.

    `condition` is 'RetryAttemptsExhausted' or 'RecordAgeExceeded'.
    """
    return {
        "context": {"partnerResourceArn": pipe.arn, "condition": condition},
        "version": "1.0",
        "timestamp": _iso(now),
        "DDBStreamBatchInfo": {
            "shardId": shard_id,
            "startSequenceNumber": lost[0].sequence,
            "endSequenceNumber": lost[-1].sequence,
            "approximateArrivalOfFirstRecord": _iso(lost[0].created),
            "approximateArrivalOfLastRecord": _iso(lost[-1].created),
            "batchSize": len(lost),
            "streamArn": pipe.stream_arn,
        },
    }


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
