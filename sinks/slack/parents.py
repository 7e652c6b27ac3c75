"""The message above the votes of an instance, with the counts that the tally has of them."""

import os
from typing import Any

from sinks.slack.blocks import place
from sinks.slack.settings import Settings
from votepipe import Event, aws
from votepipe.aws.dynamodb import marshal_item, plain
from votepipe.slack import posted
from votepipe.tally.counted import Counted, place_key
from votepipe.tally.places import counts_in

Item = dict[str, Any]


def message(event: Event, counts: Item, settings: Settings) -> dict[str, Any]:
    """What stands above the votes of an instance."""
    known = counts_in(counts, "")
    shown = (
        [
            f"{settings.emoji_up} {known.up}",
            f"{settings.emoji_down} {known.down}",
            f"{known.answered} with answers",
        ]
        if known
        else []
    )
    return posted([": ".join(filter(None, [f"_{place(event)}_", " · ".join(shown)]))], [])


def counts_of(event: Event) -> Item:
    """The tally's item of the event's instance; {} where nothing was counted."""
    counted = Counted(
        widget_id=event.vote.widget_id,
        instance=event.vote.instance_of_joy,
        vote_type="",
        answered=False,
    )
    with aws.translate_errors("The tally"):
        answer = aws.client("dynamodb").get_item(
            TableName=os.environ["TALLY_TABLE"],
            Key=marshal_item(place_key(counted.place)),
            ConsistentRead=True,
        )
    return plain(answer.get("Item", {}))
