"""Cast a vote and answer questions, the way the tables of this kind are written.

The first write holds an empty map of answers; each later one the JSON text of all answers so far.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any, TypedDict


class Keys(TypedDict):
    """The key of a vote in the votes table."""

    widgetId: str
    voteId: str


def cast(
    table: Any,
    *,
    vote_type: str,
    widget_id: str = "post-footer",
    vote_id: str | None = None,
    instance_of_joy: str | None = None,
    voter: str | None = None,
) -> Keys:
    """Write a new vote into `table`, a boto3 Table; what is None or empty is left out."""
    keys: Keys = {"widgetId": widget_id, "voteId": vote_id or str(uuid.uuid4())}
    known = {"instanceOfJoy": instance_of_joy, "voter": voter}
    table.put_item(
        Item={
            **keys,
            "voteType": vote_type,
            "answers": {},
            "createdAt": datetime.now(UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            **{name: value for name, value in known.items() if value},
        }
    )
    return keys


def change(table: Any, widget_id: str, vote_id: str, vote_type: str) -> None:
    """Change what a vote says. Raises LookupError when there is no such vote."""
    keys = {"widgetId": widget_id, "voteId": vote_id}
    try:
        table.update_item(
            Key=keys,
            UpdateExpression="SET voteType = :type",
            ConditionExpression="attribute_exists(voteId)",
            ExpressionAttributeValues={":type": vote_type},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        raise LookupError(_missing(widget_id, vote_id)) from None


def withdraw(table: Any, widget_id: str, vote_id: str) -> None:
    """Delete a vote. Raises LookupError when there is no such vote."""
    keys = {"widgetId": widget_id, "voteId": vote_id}
    if "Attributes" not in table.delete_item(Key=keys, ReturnValues="ALL_OLD"):
        raise LookupError(_missing(widget_id, vote_id))


def answer(table: Any, widget_id: str, vote_id: str, field: str, text: str) -> dict[str, Any]:
    """Add one answer to a vote and return all its answers.

    Raises LookupError when there is no such vote.
    """
    keys = {"widgetId": widget_id, "voteId": vote_id}
    item = table.get_item(Key=keys, ConsistentRead=True).get("Item")
    if item is None:
        raise LookupError(_missing(widget_id, vote_id))
    stored = item.get("answers") or {}
    answers = {**(json.loads(stored) if isinstance(stored, str) else stored), field: text}
    table.update_item(
        Key=keys,
        UpdateExpression="SET answers = :answers",
        ExpressionAttributeValues={":answers": json.dumps(answers, ensure_ascii=False)},
    )
    return answers


def _missing(widget_id: str, vote_id: str) -> str:
    return f"No vote '{vote_id}' in widget '{widget_id}'. Cast it first."
