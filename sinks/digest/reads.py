"""What a digest reads of the tally: articles page by page, and of pending answers the newest."""

from collections.abc import Iterator, Mapping

from sinks.digest.articles import PendingAnswer
from votepipe import aws
from votepipe.aws.dynamodb import Item, marshal_item, plain
from votepipe.model import times
from votepipe.model.errors import TryLater
from votepipe.tally import SERVICE, Tally
from votepipe.tally.counted import SHARDS, pending_key


def articles(tally: Tally, until: float) -> Iterator[Item]:
    """The items of all articles. Raises TryLater when the time is over before."""
    pages = tally.client.get_paginator("query").paginate(
        TableName=tally.table,
        KeyConditionExpression="tally = :kind",
        ExpressionAttributeValues={":kind": {"S": "articles"}},
        ConsistentRead=True,
        PaginationConfig={"PageSize": 1000},
    )
    with aws.translate_errors(SERVICE):
        for page in pages:
            for item in page["Items"]:
                if times.now() > until:
                    raise TryLater("It has more articles than one call can freeze.", after=1)
                yield plain(item)


def pending(
    tally: Tally, article: str, since: float, until: float, most: int
) -> tuple[list[PendingAnswer], int]:
    """The newest votes whose answers came in this time, and how often a vote's came again."""
    # "~" sorts after all that follows the time in a key.
    between = {":since": f"{since:017.6f}~", ":until": f"{until:017.6f}~"}
    items = [
        item
        for shard in SHARDS
        for item in _newest(tally, {":key": pending_key(article, shard), **between}, most)
    ]
    newest: dict[tuple[str, str], PendingAnswer] = {}
    for item in sorted(items, key=lambda item: str(item["item"]), reverse=True):
        vote = (item["widgetId"], item["voteId"])
        newest.setdefault(vote, PendingAnswer(*vote, item["labels"]))
    return list(newest.values()), len(items) - len(newest)


def _newest(tally: Tally, values: Mapping[str, str], most: int) -> Iterator[Item]:
    with aws.translate_errors(SERVICE):
        answer = tally.client.query(
            TableName=tally.table,
            KeyConditionExpression="tally = :key AND #item BETWEEN :since AND :until",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues=marshal_item(values),
            ScanIndexForward=False,
            Limit=most,
            ConsistentRead=True,
        )
    return map(plain, answer["Items"])
