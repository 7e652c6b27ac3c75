"""The votes that a digest shows, read from the votes table: only that table keeps answers."""

import os
from collections.abc import Iterable
from typing import Any

from sinks.digest.articles import PendingAnswer
from votepipe import Vote, aws
from votepipe.model import stored

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
    vote, invalid = stored.clean(item)
    # It may have changed to an invalid vote since it was counted.
    return Vote.from_json(stored.keys(item) if invalid else vote)
