"""One message for each instance, with the counts of its votes; the votes stand below it.

The counts are the tally's. What is remembered of an instance, in the deliveries table, is its
message (`parent`), the version of the counts that it shows and when they were looked up.
"""

import os
from collections.abc import Sequence
from typing import Any

from sinks.slack import api, parents
from sinks.slack.settings import Settings
from votepipe import Event
from votepipe.aws.dynamodb import composite_key, conditional_update, expiry
from votepipe.delivery.leases import SERVICE
from votepipe.model import times

# No call to Slack takes longer, so whoever posts the message has done so by then, or died.
_LEASE = 15

Item = dict[str, Any]


def below(events: Sequence[Event], settings: Settings) -> tuple[str | None, Sequence[Event]]:
    """The message to post below, and the events of which it shows the counts.

    None and nothing when the call was about that message itself.
    """
    event = events[0]
    key = composite_key("slack", "", "thread", event.vote.widget_id, _instance(event))
    _, known = _write(key, "SET #expires = :expires")
    parent = known.get("parent")
    if parent is None:
        _open(key, event, settings)
        return None, ()
    # Those that came since wait for the next look, or the last of a burst would be in no count.
    counted = [each for each in events if each.time.timestamp() <= _number(known, "shownAt")]
    if not counted and _refresh(key, known, event, settings):
        return None, ()
    return str(parent).partition(":")[2], counted or events


def _open(key: str, event: Event, settings: Settings) -> None:
    """Post the message of an instance, unless another attempt is about to."""
    now = times.now()
    mine, _ = _write(
        key,
        "SET #opening = :until, #expires = :expires",
        "attribute_not_exists(#parent) AND (attribute_not_exists(#opening) OR #opening < :now)",
        until=now + _LEASE,
        now=now,
    )
    if mine:
        counts = parents.counts_of(event)
        parent = api.post(settings, parents.message(event, counts, settings))
        _note(key, parent, counts, now)


def _refresh(key: str, known: Item, event: Event, settings: Settings) -> bool:
    """Show the counts as they are now; False when that is what is shown."""
    now, counts, parent = times.now(), parents.counts_of(event), known["parent"]
    if _number(counts, "version") <= _number(known, "shown"):
        return False
    try:
        api.update(settings, parent, parents.message(event, counts, settings))
    except (api.Gone, api.Unchangeable):
        _write(key, "SET #expires = :expires REMOVE #parent, #opening")
    else:
        _note(key, parent, counts, now)
    return True


def _note(key: str, parent: str, counts: Item, now: float) -> None:
    _write(
        key,
        "SET #parent = :parent, #shown = :shown, #shownAt = :at, #expires = :expires "
        "REMOVE #opening",
        parent=parent,
        shown=int(_number(counts, "version")),
        at=now,
    )


def _write(key: str, changes: str, condition: str = "", **values: Any) -> tuple[bool, Item]:
    """Whether the condition held, and the item as it then stands."""
    table = os.environ["DELIVERIES_TABLE"]
    return conditional_update(
        SERVICE, table, {"delivery": key}, changes, condition, expires=expiry(), **values
    )


def _number(item: Item, name: str) -> float:
    return float(item.get(name, 0))


def _instance(event: Event) -> str:
    return event.vote.instance_of_joy or ""
