"""All that waits in a dead-letter queue, out of others' sight until it is deleted or released."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, Self, TypeVar

from botocore.exceptions import ClientError

HIDDEN = 900  # seconds in which no other run receives what this one sends
LONGEST, LOOK = 60, 2  # seconds: for a queue to become empty, between two looks
NO_EVENT, OLDER = "not an event", "older than --since"

B = TypeVar("B", bound=Sized)


class Received:
    """The dead letters of a queue; a context manager.

    In its block no other run receives them; at its end those left are visible.
    `to_send` is in the order of what happened, `delivered` has the handles of those that need not
    go again, `kept` counts what stays, by reason.
    """

    def __init__(self, name: str, sqs: Any, queue: str) -> None:
        self.name = name
        self.to_send: list[Any] = []
        self.delivered: list[str] = []
        self.kept: Counter[str] = Counter()
        self.sent = 0
        self._sqs, self._queue = sqs, queue
        self._left: dict[str, None] = {}  # by their handles, in order

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as released:
            released.push(self)
            for message in self._messages():
                self._sort(message)
            released.pop_all()
        self.to_send.sort(key=lambda each: each.order)
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._left:
            with contextlib.suppress(ClientError):  # it may be visible again already
                self._sqs.change_message_visibility(
                    QueueUrl=self._queue, ReceiptHandle=handle, VisibilityTimeout=0
                )

    @property
    def plan(self) -> str:
        """What would happen to them, in a sentence."""
        counts = {"to send": len(self.to_send), "delivered already": len(self.delivered)}
        counts |= {f"to stay ({reason})": count for reason, count in self.kept.items()}
        parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        total = sum(counts.values())
        if not total:
            return f"'{self.name}' has no dead letters."
        return f"{total} dead letter{'s' if total > 1 else ''} of '{self.name}': {parts}."

    def _sort(self, message: Mapping[str, Any]) -> None:
        """Decide what to do with a message."""
        raise NotImplementedError

    def _messages(self) -> Iterator[Mapping[str, Any]]:
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN,
            WaitTimeSeconds=2,
        ).get("Messages"):
            self._left |= {message["ReceiptHandle"]: None for message in messages}
            yield from messages

    def _delete(self, handle: str) -> None:
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=handle)
        del self._left[handle]


def paced(batches: Iterable[B], pace: float) -> Iterator[B]:
    """Batches of which so many members go out a second."""
    wait = 0.0
    for batch in batches:
        time.sleep(wait)
        yield batch
        wait = len(batch) / pace


def let_empty(sqs: Any, queue: str) -> None:
    """Wait until a queue shows no message, or for a minute."""
    for _ in range(LONGEST // LOOK):
        time.sleep(LOOK)
        if not waiting(sqs, queue):
            return


def waiting(sqs: Any, queue: str) -> int:
    """How many messages a queue shows, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)
