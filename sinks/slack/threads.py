"""One message for each instance, with the counts of its votes; the votes stand below it.

The counts come from the tally. The deliveries table keeps an instance's message (`parent`), the
version of the counts that it shows, and when they were read.
"""

import os
from collections.abc import Sequence
from typing import Any

from sinks.slack import messages
from sinks.slack.settings import Settings
from votepipe import Event
from votepipe.aws.dynamodb import composite_key, conditional_update, expiry, plain, read_item
from votepipe.delivery.leases import SERVICE
from votepipe.model import times
from votepipe.slack import Bot, Gone, Unchangeable
from votepipe.tally.counted import Counted, article_key

# No call to Slack takes longer, so whoever posts the message has done so by then, or died.
_LEASE = 15
# The tally has counted a settled vote by then, also after a crash: it gathers votes for five
# seconds, and what a dying function held is back after 35.
COUNTED_SECONDS = 50

Events = Sequence[Event]
Item = dict[str, Any]


def below(events: Events, settings: Settings, bot: Bot) -> tuple[str | None, Events]:
    """The message to post below, and the events that its counts include.

    None and nothing when the call was about that message itself.
    """
    event = events[0]
    instance = event.vote.instance_of_joy or ""
    key = composite_key("slack", "", "thread", event.vote.widget_id, instance)
    _, known = _write(key, "SET #expires = :expires")
    parent = known.get("parent")
    if parent is None:
        _open(key, event, settings, bot)
        return None, ()
    # Later ones wait for the next refresh, or the counts would lack the last of a burst.
    since = _number(known, "shownAt") - COUNTED_SECONDS
    counted = [
        each for each in events if each.type in messages.PREVIEWS or each.time.timestamp() <= since
    ]
    if not counted and _refresh(key, known, event, settings, bot):
        return None, ()
    return str(parent).partition(":")[2], counted or events


def _open(key: str, event: Event, settings: Settings, bot: Bot) -> None:
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
        counts = _counts(event)
        _note(key, bot.post(messages.above(event, counts, settings)), counts, now)


def _refresh(key: str, known: Item, event: Event, settings: Settings, bot: Bot) -> bool:
    """Show the counts as they are now; False when the message already shows them."""
    now, counts, parent = times.now(), _counts(event), known["parent"]
    if _number(counts, "version") <= _number(known, "shown"):
        return False
    try:
        bot.update(parent, messages.above(event, counts, settings))
    except (Gone, Unchangeable):
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


def _counts(event: Event) -> Item:
    """The tally's item of the event's article; {} when nothing was counted."""
    vote = event.vote
    counted = Counted(
        widget_id=vote.widget_id, instance=vote.instance_of_joy, vote_type="", answered=False
    )
    key = article_key(counted.article)
    return plain(read_item("The tally", os.environ["TALLY_TABLE"], key))


def _write(key: str, changes: str, condition: str = "", **values: Any) -> tuple[bool, Item]:
    """Whether the condition held, and the item as it then stands."""
    table = os.environ["DELIVERIES_TABLE"]
    return conditional_update(
        SERVICE, table, {"delivery": key}, changes, condition, expires=expiry(), **values
    )


def _number(item: Item, name: str) -> float:
    return float(item.get(name, 0))
