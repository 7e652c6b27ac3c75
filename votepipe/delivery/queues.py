"""A sink's queue: the messages that Lambda hands over, put back or moved to the dead letters."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from votepipe import aws
from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event
from votepipe.model.moments import Moment
from votepipe.model.text import clean

# SQS allows 12 hours counted from the receive, after which a function may run for 15 minutes.
LONGEST_WAIT = 12 * 3600 - 15 * 60
LONGEST_BACK_OFF = 900


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a batch; `event` is None where the body holds none, and `problem` says so.

    A sink on a schedule gets a Moment for its event.
    """

    id: str
    receipt: str
    body: str
    receives: int
    event: Event | Moment | None
    problem: InvalidEvent | None

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read one of the `Records` that Lambda hands over."""
        event: Event | Moment | None = None
        problem = None
        try:
            event = event_in(record["body"])
        except InvalidEvent as error:
            problem = error
        return cls(
            id=record["messageId"],
            receipt=record["receiptHandle"],
            body=record["body"],
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            event=event,
            problem=problem,
        )

    def back_off(self, failures: int) -> int:
        """Seconds to wait after so many failures: double each time, spread so that none coincide.

        The spread depends on the message and the number alone, so that a replay does the same.
        """
        longest = min(LONGEST_BACK_OFF, 1 << min(failures, 10))
        digest = hashlib.sha256(f"{self.id}/{failures}".encode()).digest()
        return math.ceil(longest * (1 + digest[0] / 255) / 2)


def event_in(body: str) -> Event | Moment:
    """Read a message's body. Raises InvalidEvent."""
    try:
        content = json.loads(body)
    except RecursionError:
        raise InvalidEvent("The message nests too deeply. Compare it with schemas/.") from None
    except ValueError:
        raise InvalidEvent("The message is not JSON. Send EventBridge's envelope.") from None
    return Moment.from_message(content) or Event.from_envelope(content)


def put_back(queue: str, message: Message, seconds: float) -> None:
    """Hide the message for this long, in whole seconds, at most as long as SQS allows.

    Raises Temporary when SQS refuses; the queue's own visibility time-out then applies.
    """
    client = aws.client("sqs")
    with aws.asking("The queue"):
        client.change_message_visibility(
            QueueUrl=queue,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=min(LONGEST_WAIT, max(0, math.ceil(seconds))),
        )


def move(dead_letters: str, message: Message, *, sink: str, reason: str) -> None:
    """Send the message on to the dead letters, with the reason beside its unchanged body.

    Raises Temporary when SQS refuses; the message is then still in its queue.
    """
    attributes = {"reason": clean(reason, 1000), "sink": sink}
    client = aws.client("sqs")
    with aws.asking("The dead-letter queue"):
        client.send_message(
            QueueUrl=dead_letters,
            MessageBody=message.body,
            MessageAttributes={
                **{
                    name: {"DataType": "String", "StringValue": text}
                    for name, text in attributes.items()
                },
                "tries": {"DataType": "Number", "StringValue": str(message.receives)},
            },
        )
