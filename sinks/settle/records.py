"""The reads and writes of a vote's item.

Each write is conditional; whichever order changes come in, however often, the item ends the same.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sinks.settle.state import State
from votepipe import Event
from votepipe.aws.dynamodb import conditional_update, expiry, plain, read_item
from votepipe.delivery.leases import SERVICE, lease_key
from votepipe.delivery.messages import Message
from votepipe.model import times
from votepipe.model.events import SETTLED_SUFFIX

_NEWEST = "attribute_not_exists(#latest) OR #latest < :it"
_OPEN = "#latest = :it AND (attribute_not_exists(#settled) OR #settled < :it)"


def read(event: Event) -> State:
    """How the vote's item stands."""
    return State.of(plain(read_item(SERVICE, os.environ["DELIVERIES_TABLE"], _key(event))))


def note(event: Event, message: Message) -> tuple[State, str | None]:
    """Record a change if it is the newest; returns how the item then stands.

    With it the receipt of the message that no longer needs to wait.
    """
    noted, old = _update(
        event,
        "SET #latest = :it, #changedAt = :seen, #openSince = if_not_exists(#openSince, :seen), "
        "#receipt = :receipt, #expires = :expires",
        _NEWEST,
        returning="ALL_OLD",
        seen=message.received,
        receipt=message.receipt,
        expires=expiry(),
    )
    if not noted:
        return old, None
    seen = message.received
    since = old.open_since or seen
    return replace(old, latest=event.sort_key, changed_at=seen, open_since=since), old.receipt


def withdraw(event: Event) -> None:
    """Record that the vote is gone: nothing of it settles any more."""
    changes = (
        "SET #latest = :it, #settled = :it, #expires = :expires "
        "REMOVE #openSince, #publishing, #receipt"
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
        "#settledAs = :as, #expires = :expires REMOVE #openSince, #receipt",
        _OPEN,
        **{"none": None, "as": settled_as, "expires": expiry()},
    )
    return state if settled else None


def published(event: Event) -> None:
    """Record that the settled state went on the bus."""
    _update(event, "REMOVE #publishing", "#publishing = :it")


def _update(event: Event, changes: str, condition: str, **values: Any) -> tuple[bool, State]:
    """Whether the condition held, and the item as it stands."""
    table = os.environ["DELIVERIES_TABLE"]
    held, item = conditional_update(
        SERVICE, table, _key(event), changes, condition, it=event.sort_key, **values
    )
    return held, State.of(item)


def _key(event: Event) -> dict[str, str]:
    return {"delivery": lease_key(event, "settle", "vote")}
