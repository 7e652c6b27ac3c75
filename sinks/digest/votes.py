"""The votes that a digest shows, read from the votes table: only that table keeps answers."""

import json
import os
from collections.abc import Iterable
from typing import Any

from sinks.digest.articles import PendingAnswer
from votepipe import Vote, aws
from votepipe.model.attributes import unmarshal
from votepipe.model.errors import InvalidAttribute

_AT_ONCE = 100  # the most that BatchGetItem takes

Votes = dict[tuple[str, str], Vote]


def read(pending: Iterable[PendingAnswer]) -> Votes:
    """The votes as they stand now, without those that are gone."""
    table = os.environ["VOTES_TABLE"]
    keys = [
        {"widgetId": {"S": each.widget_id}, "voteId": {"S": each.vote_id}}
        for each in pending
        if each.widget_id and each.vote_id
    ]
    found: Votes = {}
    for start in range(0, len(keys), _AT_ONCE):
        rest: dict[str, Any] = {table: {"Keys": keys[start : start + _AT_ONCE], **_PARTS}}
        with aws.translate_errors("The votes table"):
            while rest:
                answer = aws.client("dynamodb").batch_get_item(RequestItems=rest)
                for item in answer["Responses"].get(table, ()):
                    vote = _vote(item)
                    found[vote.widget_id, vote.vote_id] = vote
                rest = answer.get("UnprocessedKeys", {})
    return found


# Without the voter: a digest must not name anybody.
_PARTS = {"ProjectionExpression": "widgetId, voteId, voteType, answers", "ConsistentRead": True}


def _vote(item: dict[str, Any]) -> Vote:
    keys: dict[str, Any] = {name: item[name]["S"] for name in ("widgetId", "voteId")}
    try:
        known: dict[str, Any] = {
            name: unmarshal(item[name]) for name in ("voteType", "answers") if name in item
        }
        answers = known.get("answers") or {}
        if isinstance(answers, str):
            known["answers"] = json.loads(answers)
        return Vote.from_json({**known, **keys})
    except (InvalidAttribute, ValueError, TypeError, RecursionError):
        return Vote.from_json(keys)  # it has changed to an invalid vote since it was counted
