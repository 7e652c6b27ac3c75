"""What lies in the dead-letter queues, read from MiniStack without taking it from anyone."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from votepipe.dev.console.hops import utc

# Names of the attribute with the reason: ours, and those EventBridge sets itself.
_REASONS = ("reason", "why", "error_message", "error_code")


def read(endpoint: str, queues: Sequence[str], *, timeout: float = 5) -> list[dict[str, Any]]:
    """Return the dead letters of `queues` (addresses of queues), oldest first.

    Each has `queue` (its name), `messageId`, `receivedAt` and `tries`, and where they are known
    `reason`, `eventId`, `type`, `widgetId` and `voteId`.
    Raises requests.RequestException when MiniStack at `endpoint` does not answer.
    """
    letters = []
    for queue in queues:
        reply = requests.get(
            f"{endpoint}/_ministack/sqs/messages", params={"QueueUrl": queue}, timeout=timeout
        )
        reply.raise_for_status()
        for regions in reply.json()["messages"].values():
            for messages in regions.values():
                for found in messages.values():
                    letters += [_letter(queue.rsplit("/", 1)[-1], message) for message in found]
    return sorted(letters, key=lambda letter: letter["receivedAt"])


def _letter(queue: str, message: Mapping[str, Any]) -> dict[str, Any]:
    sent = message.get("Attributes", {}).get("SentTimestamp")
    attributes = {
        name.lower(): value.get("StringValue")
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    reason = next((attributes[name] for name in _REASONS if attributes.get(name)), None)
    known = _known(message, reason)
    return {
        "queue": queue,
        "messageId": message["MessageId"],
        "receivedAt": utc(int(sent) / 1000 if sent else message.get("SentTimestamp")),
        # What a sink moved by itself tells its tries; SQS counts those of what it moved.
        "tries": int(attributes.get("tries") or message.get("ReceiveCount", 0)),
        **{name: value for name, value in known.items() if value},
    }


def _known(message: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    """What a letter tells of its event; a pipe's letter only points into the stream."""
    try:
        body = json.loads(message.get("Body", ""))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return {"reason": reason}
    detail = body.get("detail")
    detail = detail if isinstance(detail, dict) else body
    vote = detail.get("vote")
    vote = vote if isinstance(vote, dict) else {}
    context = body.get("context")
    condition = context.get("condition") if isinstance(context, dict) else None
    return {
        "reason": reason or condition,
        "eventId": detail.get("eventID"),
        "type": body.get("detail-type") or detail.get("type"),
        "widgetId": vote.get("widgetId"),
        "voteId": vote.get("voteId"),
    }
