"""A sink's queue: reading its messages, putting them back, sending them to the dead letters."""

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from votepipe import aws
from votepipe.model import times
from votepipe.model.errors import DeliveryError, InvalidEvent
from votepipe.model.events import Event, ScheduledEvent
from votepipe.model.text import clean

aws.prepare("sqs")

# SQS allows 12 hours counted from the receive, after which a function may run for 15 minutes.
MAX_VISIBILITY = 12 * 3600 - 15 * 60
MAX_BACK_OFF = 900
# A message that comes back by itself may do so this much later; a call less is worth it.
_AS_GOOD = 2.0


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a sink's queue, as Lambda hands it over; first `received` then."""

    id: str = ""
    receipt: str = ""
    body: str = ""
    receives: int = 1
    received: float = 0.0

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read one of the `Records` of an invocation."""
        return cls(
            id=record["messageId"],
            receipt=record["receiptHandle"],
            body=record["body"],
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            received=int(record["attributes"]["ApproximateFirstReceiveTimestamp"]) / 1000,
        )

    def back_off(self, failures: int) -> int:
        """Seconds to wait after so many failures: double each time, spread so that none coincide.

        The spread depends on the message and the number alone, so that a replay does the same.
        """
        longest = min(MAX_BACK_OFF, 1 << min(failures, 10))
        digest = hashlib.sha256(f"{self.id}/{failures}".encode()).digest()
        return math.ceil(longest * (1 + digest[0] / 255) / 2)

    def returns_in(self, seconds: float, hidden: float) -> bool:
        """Whether it comes back then by itself, from a queue that hides messages for so long."""
        late = self.received + hidden - times.now() - seconds
        return self.receives == 1 and 0 <= late <= _AS_GOOD


def event_in(body: str) -> Event | ScheduledEvent:
    """Read a message's body. Raises InvalidEvent."""
    try:
        content = json.loads(body)
        # Scheduler's dead letters hold the whole call that failed.
        if isinstance(content, dict) and isinstance(content.get("MessageBody"), str):
            content = json.loads(content["MessageBody"])
    except RecursionError:
        raise InvalidEvent("The message nests too deeply. Compare it with schemas/.") from None
    except ValueError:
        raise InvalidEvent("The message is not JSON. Send EventBridge's envelope.") from None
    return ScheduledEvent.from_message(content) or Event.from_envelope(content)


def change_visibility(queue: str, message: Message, seconds: float) -> None:
    """Hide the message for this long, in whole seconds, at most as long as SQS allows.

    Raises Temporary when SQS refuses; the queue's own visibility time-out then applies.
    """
    client = aws.client("sqs")
    with aws.translate_errors("The queue"):
        client.change_message_visibility(
            QueueUrl=queue,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=min(MAX_VISIBILITY, max(0, math.ceil(seconds))),
        )


def delete(queue: str, receipt: str) -> None:
    """Delete a message that nothing needs any more. It never raises: else it comes back."""
    client = aws.client("sqs")
    with contextlib.suppress(DeliveryError), aws.translate_errors("The queue"):
        client.delete_message(QueueUrl=queue, ReceiptHandle=receipt)


def send_to_dlq(dlq: str, message: Message, *, sink: str, reason: str) -> None:
    """Copy the message to the dead-letter queue, with the reason beside its unchanged body.

    Raises Temporary when SQS refuses; the message must then stay in its own queue.
    """
    texts = {"reason": clean(reason, 1000), "sink": sink}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    attributes["attempts"] = {"DataType": "Number", "StringValue": str(message.receives)}
    client = aws.client("sqs")
    with aws.translate_errors("The dead-letter queue"):
        client.send_message(QueueUrl=dlq, MessageBody=message.body, MessageAttributes=attributes)
