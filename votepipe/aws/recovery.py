"""What a pipe gave up, copied from its stream while that still has it.

A pipe's dead letter only points into the stream, which forgets after 24 hours.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from votepipe import aws
from votepipe.aws.logs import log

Record = dict[str, Any]

LARGEST_RECORD = 1_000_000  # bytes; SQS takes 1,048,576 with the reason
FORGOTTEN = ("TrimmedDataAccessException", "ResourceNotFoundException")


def handler(event: Mapping[str, Any], _: object) -> None:
    """Send the records that a pipe's dead letter points at to the queue that keeps them.

    What the stream has forgotten stays a pointer. Raises where the next attempt may read more.
    """
    for message in event["Records"]:
        pointer = json.loads(message["body"])
        gave_up = pointer["context"]["condition"]
        records, missing = read(aws.client("dynamodbstreams"), pointer["DDBStreamBatchInfo"])
        for record in records:
            _keep(*_fitting(record, gave_up))
        if missing:
            _keep(message["body"], f"{gave_up}; {missing}")
        log(
            "Records recovered",
            level="WARNING",
            records=len(records),
            reason=gave_up,
            missing=missing or None,
        )


def read(client: Any, batch: Mapping[str, Any]) -> tuple[list[Record], str]:
    """The records that a dead letter points at, and why any are missing, or "".

    `client` is one of DynamoDB Streams, `batch` the dead letter's `DDBStreamBatchInfo`.
    Raises Temporary when DynamoDB does not answer.
    """
    records: list[Record] = []
    with aws.translate_errors("The stream"):
        try:
            for record in _from_start(client, batch):
                sequence = int(record["dynamodb"]["SequenceNumber"])
                if sequence <= int(batch["endSequenceNumber"]):
                    records.append(as_delivered(record, batch["streamArn"]))
                if sequence >= int(batch["endSequenceNumber"]):
                    return records, ""
        except client.exceptions.ClientError as error:
            if aws.error_code(error) not in FORGOTTEN:
                raise
    return records, "the stream no longer has these records, or not all of them"


def _from_start(client: Any, batch: Mapping[str, Any]) -> Iterator[Any]:
    """What the shard has from the dead letter's first record on."""
    iterator = client.get_shard_iterator(
        StreamArn=batch["streamArn"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch["startSequenceNumber"],
    ).get("ShardIterator")
    while iterator:
        answer = client.get_records(ShardIterator=iterator)
        yield from answer["Records"]
        iterator = answer.get("NextShardIterator")


def as_delivered(record: Record, stream_arn: str) -> Record:
    """A record of boto3's as the JSON that a pipe delivers."""
    delivered: Record = _plain(record)
    delivered["eventSourceARN"] = stream_arn
    if identity := delivered.get("userIdentity"):
        delivered["userIdentity"] = {
            name[0].lower() + name[1:]: value for name, value in identity.items()
        }
    return delivered


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    return value


def _fitting(record: Record, reason: str) -> tuple[str, str]:
    """A record as a message takes it, if need be without its images, and the reason with that."""
    body = json.dumps(record)
    for image in ("OldImage", "NewImage"):
        if len(body) > LARGEST_RECORD and record["dynamodb"].pop(image, None):
            reason += f"; without its {image}, too large for a message"
            body = json.dumps(record)
    return body, reason


def _keep(body: str, reason: str) -> None:
    with aws.translate_errors("The dead-letter queue"):
        aws.client("sqs").send_message(
            QueueUrl=os.environ["DEAD_LETTERS_URL"],
            MessageBody=body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
        )
