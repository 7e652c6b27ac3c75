"""Moments: what a sink on a schedule gets in the place of events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from votepipe.model import times
from votepipe.model.errors import InvalidEvent

SOURCE = "aws.scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time that a sink's schedule named, in UTC.

    The call comes a little later, or much later after failures; `time` is the same on every
    attempt. `id` is that time as text; `sequence` orders moments, in seconds since 1970.
    """

    time: datetime
    type: ClassVar[str] = "Moment"

    @classmethod
    def from_message(cls, message: Any) -> Self | None:
        """Read what EventBridge Scheduler sends: `{"source": "aws.scheduler", "time": …}`.

        None when it is no such message. Raises InvalidEvent when its time is none.
        """
        if not isinstance(message, Mapping) or message.get("source") != SOURCE:
            return None
        text = message.get("time")
        read = times.utc(text) if isinstance(text, str) else None
        if read is None:
            raise InvalidEvent("The schedule's message has no time. Run: votepipe sync")
        return cls(time=datetime.fromisoformat(read).replace(microsecond=0))

    @property
    def id(self) -> str:
        """The time as RFC 3339, such as `2026-01-04T08:00:00Z`."""
        return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def sequence(self) -> int:
        """The time in seconds since 1970."""
        return int(self.time.timestamp())
