"""How a delivery ended, and what that means for its message.

returns                                        delivered
Skip, or delivered before                      skipped
TryLater                                       put back for as long as it says
Undeliverable, SettingsError, InvalidEvent     sent to the dead letters, with the reason
any other exception                            put back, a little longer each time;
                                               sent to the dead letters after the last attempt

An attempt counts when it fails: a message that TryLater puts back keeps all its attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from votepipe.delivery.messages import Message
from votepipe.model.errors import (
    InvalidEvent,
    SettingsError,
    Skip,
    TryLater,
    Undeliverable,
    VotepipeError,
)
from votepipe.model.events import Event
from votepipe.plugins import Sink, error_location


@dataclass(frozen=True)
class Outcome:
    """How a delivery ended; `wait` is in seconds, for messages that stay in the queue."""

    name: Literal["delivered", "skipped", "later", "retried", "undeliverable"]
    why: str | None = None
    wait: float = 0.0

    @property
    def stays(self) -> bool:
        """Whether the message remains in its queue."""
        return self.name in ("later", "retried")

    @classmethod
    def of_error(
        cls, error: Exception, sink: Sink, message: Message, *, failures: int | None, attempts: int
    ) -> Self:
        """What an error means for a message that failed so often before, of `attempts` in all.

        Without `failures`, where nothing could count them, there is always another attempt.
        """
        why = str(error) if isinstance(error, VotepipeError) else error_location(error, sink)
        if isinstance(error, Skip):
            return cls("skipped", why)
        if isinstance(error, TryLater):
            return cls("later", why, wait=error.after)
        if isinstance(error, Undeliverable | SettingsError | InvalidEvent):
            return cls("undeliverable", why)
        if failures is None:
            return cls("retried", why, wait=message.back_off(message.receives))
        if failures + 1 >= attempts:
            return cls("undeliverable", f"{why} Attempt {failures + 1} was the last.")
        return cls("retried", why, wait=message.back_off(failures + 1))


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What a sink that takes batches returns when it delivered only these of its events.

    `remote_id` is the receiver's id of what was sent, for each of them. The others are put back to
    come together again, those in `separate` each by itself where there is a rate limit. Without
    `sent` the call cost nothing, and the next one need not wait.
    """

    events: Sequence[Event]
    remote_id: str | None = None
    separate: Sequence[Event] = ()
    sent: bool = True

    @classmethod
    def of(cls, result: object, events: Sequence[Any]) -> "Delivered":
        """What a sink's function returned, for all of these events unless it says otherwise."""
        if isinstance(result, cls):
            return result
        return cls(events=events, remote_id=result if isinstance(result, str) else None)
