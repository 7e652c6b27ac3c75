"""What becomes of a message, decided by how its delivery ended.

returns                                        delivered
Skip, or delivered before                      skipped
TryLater                                       put back for as long as it says
Undeliverable, SettingsError, InvalidEvent     moved to the dead letters, with the reason
any other exception                            put back, a little longer each time;
                                               moved to the dead letters after the last try

A try is counted when it fails: being put back by TryLater is none.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from votepipe.delivery.queues import Message
from votepipe.model.errors import (
    InvalidEvent,
    SettingsError,
    Skip,
    TryLater,
    Undeliverable,
    VotepipeError,
)
from votepipe.plugins.declarations import place_of

if TYPE_CHECKING:
    from votepipe.plugins import Sink


@dataclass(frozen=True)
class Outcome:
    """What becomes of a message; `wait` is in seconds, for those that stay in the queue."""

    name: Literal["delivered", "skipped", "later", "retried", "undeliverable"]
    why: str | None = None
    wait: float = 0.0

    @property
    def stays(self) -> bool:
        """Whether the message remains in its queue."""
        return self.name in ("later", "retried")


def judge(
    error: Exception, message: Message, sink: "Sink", *, failures: int | None, most_tries: int
) -> Outcome:
    """Tell what becomes of a message whose delivery raised `error`.

    `failures` is how often it failed before; None where that is not known, and it is tried again.
    """
    why = str(error) if isinstance(error, VotepipeError) else place_of(error, sink)
    if isinstance(error, Skip):
        return Outcome("skipped", why)
    if isinstance(error, TryLater):
        return Outcome("later", why, wait=error.after)
    if isinstance(error, Undeliverable | SettingsError | InvalidEvent):
        return Outcome("undeliverable", why)
    if failures is None:
        return Outcome("retried", why, wait=message.back_off(message.receives))
    if failures + 1 >= most_tries:
        return Outcome("undeliverable", f"{why} Try {failures + 1} was the last.")
    return Outcome("retried", why, wait=message.back_off(failures + 1))
