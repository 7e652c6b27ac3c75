"""Keep the newest state of each vote in a table, from the events of a votepipe feed.

An event may come more than once, and after a newer one of its vote. One conditional write makes
both harmless: a row is only replaced by a state that comes later in `order`.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Attr

if TYPE_CHECKING:
    from models.votes import VoteEvent

# Longer than any event waits in a queue, so that none brings a withdrawn vote back.
WITHDRAWN_FOR = 90 * 24 * 3600  # seconds
log = logging.getLogger(__name__)
votes = boto3.resource("dynamodb").Table(os.environ["VOTES_TABLE"])


def handler(batch: dict[str, Any], context: object) -> dict[str, Any]:
    """Store each event of a batch; what fails stays in the queue, alone."""
    failed = []
    for message in batch["Records"]:
        try:
            store(json.loads(message["body"])["detail"])
        except Exception:
            # Not the event itself: what readers wrote stays out of logs.
            log.exception("Message %s was not stored", message["messageId"])
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def store(event: VoteEvent) -> None:
    """Write the vote's row, unless it has this state or a newer one."""
    item = row(event)
    is_newer = Attr("order").not_exists() | Attr("order").lt(item["order"])
    try:
        votes.put_item(Item=item, ConditionExpression=is_newer)
    except votes.meta.client.exceptions.ConditionalCheckFailedException:
        log.info("Event %s is not news", event["eventID"])


def row(event: VoteEvent) -> dict[str, Any]:
    """What the table holds of a vote: take out what you do not need, such as the pseudonym."""
    state = {
        "widgetId": event["vote"]["widgetId"],
        "voteId": event["vote"]["voteId"],
        "order": order(event),
        "eventID": event["eventID"],
        "type": event["type"],
        "time": event["time"],
    }
    if event["type"] == "VoteWithdrawn":
        return {**state, "expires": int(time.time()) + WITHDRAWN_FOR}
    vote = event["vote"]
    return {
        **state,
        "voteType": vote["voteType"],
        "instanceOfJoy": vote.get("instanceOfJoy"),
        "reader": vote.get("reader"),
        "answers": json.dumps(vote["answers"]),
    }


def order(event: VoteEvent) -> str:
    """Text that sorts as what happened to a vote: by stream as text, then sequence as a number.

    A settled state has the sequence of its change, and the alphabet puts it after that one.
    """
    return f"{event.get('stream', '')} {event['sequence']:0>40} {event['type']}"
