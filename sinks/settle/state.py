"""What is known of a vote until it has settled: one item in the deliveries table.

    latest       sort key of the newest change seen     changedAt   when it was seen, seconds
    openSince    when the first change was seen that has not settled, seconds
    settled      sort key of the last state that settled
    settledAs    how that went on the bus               previous    the same, of the one before
    publishing   sort key of a settled state that may not have reached the bus

Each function makes one conditional write; whichever order changes come in, however often, the
item ends the same.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from votepipe import Event
from votepipe.aws.dynamodb import Item, conditional_update, expiry
from votepipe.delivery.leases import SERVICE, lease_key
from votepipe.model import times
from votepipe.model.events import SETTLED_SUFFIX

_NEWEST = "attribute_not_exists(#latest) OR #latest < :it"
_OPEN = "#latest = :it AND (attribute_not_exists(#settled) OR #settled < :it)"


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
        )


def note(event: Event) -> State:
    """Record a change if it is the newest; returns how the item then stands."""
    _, state = _update(
        event,
        "SET #latest = :it, #changedAt = :now, #openSince = if_not_exists(#openSince, :now), "
        "#expires = :expires",
        _NEWEST,
        now=times.now(),
        expires=expiry(),
    )
    return state


def withdraw(event: Event) -> None:
    """Record that the vote is gone: nothing of it settles any more."""
    changes = (
        "SET #latest = :it, #settled = :it, #expires = :expires REMOVE #openSince, #publishing"
    )
    _update(event, changes, _NEWEST, expires=expiry())


def settle(event: Event) -> State | None:
    """Record that this state settles and is about to be published.

    None when a newer change came, or another attempt settled it.
    """
    now = datetime.fromtimestamp(times.now(), UTC).isoformat(timespec="milliseconds")
    settled_as = {
        "eventID": f"{event.id}{SETTLED_SUFFIX}",
        "time": now.replace("+00:00", "Z"),
        "sequence": str(event.sequence),
        **({"stream": event.stream} if event.stream else {}),
        "voteType": str(event.vote.vote_type),
    }
    settled, state = _update(
        event,
        "SET #settled = :it, #publishing = :it, #previous = if_not_exists(#settledAs, :none), "
        "#settledAs = :as, #expires = :expires REMOVE #openSince",
        _OPEN,
        **{"none": None, "as": settled_as, "expires": expiry()},
    )
    return state if settled else None


def published(event: Event) -> None:
    """Record that the settled state went on the bus."""
    _update(event, "REMOVE #publishing", "#publishing = :it")


def _update(event: Event, changes: str, condition: str, **values: Any) -> tuple[bool, State]:
    """Whether the condition held, and the item as it stands."""
    key = {"delivery": lease_key(event, "settle", "vote")}
    table = os.environ["DELIVERIES_TABLE"]
    held, item = conditional_update(
        SERVICE, table, key, changes, condition, it=event.sort_key, **values
    )
    return held, State.of(item)
