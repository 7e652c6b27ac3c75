"""All that waits in a queue, out of others' sight until it is deleted or released."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Self

from botocore.exceptions import ClientError

_HIDDEN = 900  # seconds in which no other run receives what this one sends


class Received:
    """The messages of a queue, by iterating once; at its block's end those left are visible."""

    def __init__(self, sqs: Any, queue: str) -> None:
        self._sqs, self._queue = sqs, queue
        self._left: dict[str, None] = {}  # by their handles, in order

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._left:
            with contextlib.suppress(ClientError):  # it may be visible again already
                self._sqs.change_message_visibility(
                    QueueUrl=self._queue, ReceiptHandle=handle, VisibilityTimeout=0
                )

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        while messages := self._sqs.receive_message(
            QueueUrl=self._queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN,
            WaitTimeSeconds=2,
        ).get("Messages"):
            self._left |= {message["ReceiptHandle"]: None for message in messages}
            yield from messages

    def delete(self, handle: str) -> None:
        """Delete a message."""
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=handle)
        del self._left[handle]
