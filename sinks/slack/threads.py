"""One message for each instance, with the counts of its votes; the votes stand below it.

The counts are the tally's. What is remembered of an instance, in the deliveries table, is its
message (`parent`), the version of the counts that it shows and when they were looked up.
"""

import os
from collections.abc import Sequence
from typing import Any

from sinks.slack import api, parents
from sinks.slack.settings import Settings
from votepipe import Event, aws
from votepipe.delivery import leases
from votepipe.model import times

# No call to Slack takes longer, so whoever posts the message has done so by then, or died.
_LEASE = 15

Item = dict[str, Any]


def below(events: Sequence[Event], settings: Settings) -> tuple[str | None, Sequence[Event]]:
    """The message to post below, and the events of which it shows the counts.

    None and nothing when the call was about that message itself.
    """
    event = events[0]
    key = leases.named("slack", "", "thread", event.vote.widget_id, _instance(event))
    _, known = _write(key, "SET expires = :expires")
    parent = known.get("parent", {}).get("S")
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
        "SET opening = :until, expires = :expires",
        "attribute_not_exists(parent) AND (attribute_not_exists(opening) OR opening < :now)",
        {":until": {"N": str(now + _LEASE)}, ":now": {"N": str(now)}},
    )
    if mine:
        counts = parents.counts_of(event)
        parent = api.post(settings, parents.message(event, counts, settings))
        _note(key, parent, counts, now)


def _refresh(key: str, known: Item, event: Event, settings: Settings) -> bool:
    """Show the counts as they are now; False when that is what is shown."""
    now, counts, parent = times.now(), parents.counts_of(event), known["parent"]["S"]
    if _number(counts, "version") <= _number(known, "shown"):
        return False
    try:
        api.update(settings, parent, parents.message(event, counts, settings))
    except (api.Gone, api.Unchangeable):
        _write(key, "SET expires = :expires REMOVE parent, opening")
    else:
        _note(key, parent, counts, now)
    return True


def _note(key: str, parent: str, counts: Item, now: float) -> None:
    _write(
        key,
        "SET parent = :parent, shown = :shown, shownAt = :at, expires = :expires REMOVE opening",
        values={
            ":parent": {"S": parent},
            ":shown": {"N": str(int(_number(counts, "version")))},
            ":at": {"N": str(now)},
        },
    )


def _write(key: str, changes: str, condition: str = "", values: Item | None = None) -> Any:
    """Whether the condition held, and the item as it then stands."""
    expires = {"N": str(int(times.now() + leases.KEPT_SECONDS))}
    client = aws.client("dynamodb")
    with aws.asking("The deliveries table"):
        try:
            answer = client.update_item(
                TableName=os.environ["DELIVERIES_TABLE"],
                Key={"delivery": {"S": key}},
                UpdateExpression=changes,
                **({"ConditionExpression": condition} if condition else {}),
                ExpressionAttributeValues={**(values or {}), ":expires": expires},
                ReturnValues="ALL_NEW",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False, {}
    return True, answer["Attributes"]


def _number(item: Item, name: str) -> float:
    return float(item.get(name, {}).get("N", 0))


def _instance(event: Event) -> str:
    return event.vote.instance_of_joy or ""
