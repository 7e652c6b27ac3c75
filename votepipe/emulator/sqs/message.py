"""A message in a queue."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.trace import VoteKey
from votepipe.emulator.simulation.virtual_clock import Entry


@dataclass(slots=True, eq=False)
class Message:
    """One message; times are in seconds since 1970, `attributes` as boto3 gives them to SQS.

    `source` is the ARN of the queue it was moved from; `twin` marks a second delivery of it.
    """

    id: str
    body: str
    attributes: Mapping[str, Mapping[str, Any]]
    sent: float
    vote_key: VoteKey
    sender: str
    source: str | None = None
    receives: int = 0
    first_received: float = 0.0
    received: float = 0.0
    receipt: str = ""
    shows: Entry | None = None
    twin: bool = False

    @property
    def system_attributes(self) -> dict[str, str]:
        """What SQS itself says of it."""
        return {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(int(self.sent * 1000)),
            "SenderId": self.sender,
            "ApproximateFirstReceiveTimestamp": str(int(self.first_received * 1000)),
            **({"DeadLetterQueueSourceArn": self.source} if self.source else {}),
        }


def reason_of(message: Message) -> str:
    """Why a message is in a dead-letter queue, in the words that came with it."""
    texts = {name: str(each.get("StringValue")) for name, each in message.attributes.items()}
    for name in ("reason", "ERROR_MESSAGE", "ERROR_CODE"):
        if texts.get(name):
            return texts[name]
    content = parsed(message.body)
    context = content.get("context") if isinstance(content, dict) else None
    if isinstance(context, dict) and "condition" in context:
        return str(context["condition"])
    return f"It was received {message.receives} times." if message.source else ""


def record_of(message: Message, queue_arn: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": message.system_attributes,
        "messageAttributes": {
            name: {
                "stringValue": facts.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": facts["DataType"],
            }
            for name, facts in message.attributes.items()
        },
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
