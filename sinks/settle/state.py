"""What is known of a vote until it has settled: one item in the deliveries table.

latest       sort key of the newest change seen     changedAt   when it was seen, seconds
openSince    when the first change was seen that has not settled, seconds
settled      sort key of the last state that settled
settledAs    how that went on the bus               previous    the same, of the one before
publishing   sort key of a settled state that may not have reached the bus
receipt      of the message that waits with the newest change, until that settles
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from votepipe import Event
from votepipe.aws.dynamodb import Item


@dataclass(frozen=True, kw_only=True)
class State:
    """A vote's item as it stands; sort keys are "" where they are not known.

    `settled_as` and `previous` are what the schema of VoteSettled calls `previous`.
    """

    latest: str
    settled: str
    publishing: str
    changed_at: float
    open_since: float
    settled_as: dict[str, str]
    previous: dict[str, str]
    receipt: str | None

    @property
    def settled_at(self) -> float:
        """When it settled last, in seconds since 1970; 0 for never."""
        time = self.settled_as.get("time")
        return datetime.fromisoformat(time).timestamp() if time else 0.0

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read an item of the deliveries table."""
        return cls(
            latest=item.get("latest", ""),
            settled=item.get("settled", ""),
            publishing=item.get("publishing", ""),
            changed_at=float(item.get("changedAt", 0)),
            open_since=float(item.get("openSince", 0)),
            settled_as=item.get("settledAs") or {},
            previous=item.get("previous") or {},
            receipt=item.get("receipt"),
        )

    def due(self, quiet: float, maximum: float) -> float:
        """When it settles, in seconds since 1970, after so many seconds without a change."""
        return min(self.changed_at + quiet, self.open_since + maximum)

    def detail(self, event: Event) -> dict[str, Any]:
        """The detail of VoteSettled, from the event of the change that settled."""
        detail = {name: value for name, value in event.detail.items() if name != "changes"}
        detail |= {
            "type": "VoteSettled",
            "eventID": self.settled_as["eventID"],
            "time": self.settled_as["time"],
        }
        return detail | ({"previous": self.previous} if self.previous else {})
