"""Send the last vote through one sink again, as it is after its file was changed."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.recovery.backfill import Backfill, Item, fillable
from votepipe.model.errors import VotepipeError
from votepipe.project.names import meant


class NotSent(VotepipeError):
    """Nothing was sent to the sink; the text says why."""


def send_last(found: Deployment, name: str, votes: Iterable[Mapping[str, Any]]) -> str:
    """Send the last of these votes that is in the table to a sink alone; returns its id.

    They are as the journal has them. What the sink delivered of it is forgotten. Raises NotSent.
    """
    on = found.sinks
    sinks = {each: sink for each, sink in fillable().items() if on.get(each)}
    if name not in sinks:
        raise NotSent(f"No sink '{name}' is on that takes votes. {meant(name, sinks)}")
    item = _first(found, sorted(votes, key=_written, reverse=True))
    if item is None:
        raise NotSent("There is no vote yet. Cast one.")
    fill = Backfill(found, sinks[name].spec, found.table.name)
    fill.to_send = [item]
    fill.forget(item)
    fill.send(math.inf, lambda count: None)
    if not fill.sent:
        raise NotSent(f"The last vote is not for '{name}': its rule leaves it out. Cast another.")
    return str(item["voteId"]["S"])


def _written(vote: Mapping[str, Any]) -> str:
    """When a reader wrote last, which sinks that settle or try again do not change."""
    return max((hop["at"] for hop in vote["hops"] if hop["stage"] == "filter"), default="")


def _first(found: Deployment, votes: Iterable[Mapping[str, Any]]) -> Item | None:
    client: Any = found.session.client("dynamodb")
    for vote in votes:
        key = {name: {"S": vote[name]} for name in ("widgetId", "voteId")}
        answer = client.get_item(TableName=found.table.name, Key=key, ConsistentRead=True)
        if "Item" in answer:
            item: Item = answer["Item"]
            return item
    return None
