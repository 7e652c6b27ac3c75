"""What readers think of a widget: counts from the tally, votes page by page from the votes table.

Nothing scans the votes table: a page is a query of one widget.
"""

import base64
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.web import Refused
from votepipe import aws
from votepipe.aws.dynamodb import plain
from votepipe.model import stored

PAGE = 100
_SERVICE = "The tally"


@dataclass(frozen=True, kw_only=True)
class Article:
    """The settled votes of an instance; those without one count for the widget (None)."""

    instance: str | None
    title: str | None
    url: str | None
    up: int
    down: int
    answered: int


def by_widget() -> dict[str, list[Article]]:
    """The instances of every widget with their counts, by one query. Raises Temporary."""
    found = defaultdict[str, list[Article]](list)
    pages = aws.client("dynamodb").get_paginator("query")
    with aws.translate_errors(_SERVICE):
        for page in pages.paginate(
            TableName=os.environ["TALLY_TABLE"],
            KeyConditionExpression="tally = :articles",
            ExpressionAttributeValues={":articles": {"S": "articles"}},
        ):
            for item in map(plain, page["Items"]):
                found[item.get("widgetId", "")].append(_article(item))
    return found


def articles(widget_id: str) -> list[Article]:
    """A widget's instances with their counts. Raises Temporary."""
    return by_widget().get(widget_id, [])


def page(widget_id: str, after: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
    """Up to 100 votes of a widget, and the `after` of the next page; None at the end.

    A vote that cannot be read is left out. Raises Refused, Temporary.
    """
    start = {"ExclusiveStartKey": _key(widget_id, after)} if after else {}
    with aws.translate_errors("The votes table"):
        answer = aws.client("dynamodb").query(
            TableName=os.environ["VOTES_TABLE"],
            KeyConditionExpression="widgetId = :widget",
            ExpressionAttributeValues={":widget": {"S": widget_id}},
            Limit=PAGE,
            **start,
        )
    votes = [vote for vote, reasons in map(stored.clean, answer["Items"]) if not reasons]
    last = answer.get("LastEvaluatedKey")
    return votes, _cursor(last["voteId"]["S"]) if last else None


def _article(item: Mapping[str, Any]) -> Article:
    return Article(
        instance=item.get("instance"),
        title=item.get("title"),
        url=item.get("url"),
        up=int(item.get("up", 0)),
        down=int(item.get("down", 0)),
        answered=int(item.get("answered", 0)),
    )


def _cursor(vote_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(vote_id).encode()).decode()


def _key(widget_id: str, cursor: str) -> dict[str, Any]:
    try:
        vote_id = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        vote_id = None
    if not isinstance(vote_id, str) or not vote_id:
        raise Refused(400, "'after' is not from an earlier page. Start without it.")
    return {"widgetId": {"S": widget_id}, "voteId": {"S": vote_id}}
