"""Recount all votes of a table, while new ones arrive.

First the votes: one that the tally counts differently from the table is moved, in the same
transaction as by an event. It keeps its order, so an event that is still to come can move it
again. The vote is read after its item, and written only if the item has not changed since: this
never undoes a change that was counted meanwhile.

Then the counters: each must be the sum of its votes' items. A sum holds when no vote of the
article moved meanwhile, which the counter's version shows; otherwise it is summed up again.

Answers that earlier versions left to the next digest, all under one key, are left to it anew.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from votepipe import aws
from votepipe.aws.dynamodb import Item, conditional_update, marshal_item, plain
from votepipe.model import stored
from votepipe.model.errors import VotepipeError
from votepipe.model.events import Vote
from votepipe.tally import SERVICE, Tally
from votepipe.tally.counted import COUNTERS, Counted, Seen, article_key, vote_key

T = TypeVar("T")

FIRST = "0" * 40  # before all orders that events have
_PASSES = 5
_ATTEMPTS = 20
_BATCH = 100  # the most that BatchGetItem takes


class RecountError(VotepipeError):
    """The recount could not finish; the text says what to do."""


@dataclass
class Result:
    """How many votes were counted, how many of them differently before, how many are not votes.

    `counters` were not the sum of their votes; those of `busy` articles changed during the count,
    so they are not checked. `pending` answers were moved to where the digest now looks for them.
    """

    votes: int = 0
    moved: int = 0
    unreadable: int = 0
    counters: int = 0
    busy: int = 0
    pending: int = 0


@dataclass
class Recount:
    """Recounts the table `votes` with the tally's DynamoDB client."""

    tally: Tally
    votes: str
    result: Result = field(default_factory=Result)

    def run(self) -> Result:
        """Recount all of them. Raises RecountError, Temporary."""
        for chunk in _chunks(self._scan(self.votes)):
            self._correct_stored(chunk)
        for counted in _chunks(self._counted_votes()):
            self._correct_deleted(counted)
        self._sum_up()
        self._move_pending()
        return self.result

    def _correct_stored(self, images: list[Mapping[str, Any]]) -> None:
        """Move the votes that are counted differently from the table."""
        keys = [vote_key(image["widgetId"]["S"], image["voteId"]["S"]) for image in images]
        stored_keys = [marshal_item(key) for key in keys]
        found = map(plain, self._batch(self.tally.table, stored_keys))
        items = {item["tally"]: item for item in found}
        for key, image in zip(keys, images, strict=True):
            widget_id, vote_id = image["widgetId"]["S"], image["voteId"]["S"]
            readable, counted = _counts_as(image)
            if not readable:
                self.result.unreadable += 1
                continue
            self.result.votes += 1
            item = items.get(key["tally"], {})
            if Seen.of(widget_id, vote_id, item).counted != counted:
                self._correct(widget_id, vote_id)

    def _correct_deleted(self, items: list[Item]) -> None:
        """Uncount the votes that are no longer in the table."""
        keys = [
            marshal_item({name: item[name] for name in ("widgetId", "voteId")}) for item in items
        ]
        there = {_pair(image) for image in self._batch(self.votes, keys)}
        for key in keys:
            if _pair(key) not in there:
                self._correct(*_pair(key))

    def _correct(self, widget_id: str, vote_id: str) -> None:
        key = {"widgetId": {"S": widget_id}, "voteId": {"S": vote_id}}
        for _ in range(_ATTEMPTS):
            seen = self.tally.see(widget_id, vote_id)
            with aws.translate_errors("The votes table"):
                answer = self.tally.client.get_item(
                    TableName=self.votes, Key=key, ConsistentRead=True
                )
            readable, counted = _counts_as(answer["Item"]) if "Item" in answer else (True, None)
            if not readable or seen.counted == counted:
                return
            if self.tally.move(seen, counted, seen.order or FIRST):
                self.result.moved += 1
                return
        raise RecountError(
            f"A vote changed in all of {_ATTEMPTS} attempts to recount it. Run it again."
        )

    def _sum_up(self) -> None:
        unchecked: set[str] | None = None
        for _ in range(_PASSES):
            before, sums, after = self._counters(), self._sums(), self._counters()
            articles = {*before, *sums, *after}
            if unchecked is not None:
                articles &= unchecked
            unchecked = {
                article
                for article in articles
                if _version(before.get(article)) != _version(after.get(article))
                or not self._set(article, before.get(article), sums.get(article, Counter()))
            }
            if not unchecked:
                break
        self.result.busy = len(unchecked or ())

    def _move_pending(self) -> None:
        """Leave answers to the next digest under the keys where it looks; or to the next run."""
        for item in self._query("pending"):
            seen = self.tally.see(item["widgetId"], item["voteId"])
            counted = seen.counted
            if counted and counted.answered:
                if not self.tally.move(seen, counted, seen.order, labels=item["labels"]):
                    continue
                self.result.pending += 1
            with aws.translate_errors(SERVICE):
                self.tally.client.delete_item(
                    TableName=self.tally.table,
                    Key=marshal_item({name: item[name] for name in ("tally", "item")}),
                )

    def _sums(self) -> dict[str, Counter[str]]:
        sums: dict[str, Counter[str]] = {}
        for item in self._counted_votes():
            counted = Seen.of(item["widgetId"], item["voteId"], item).counted
            if counted is not None:
                sums.setdefault(counted.article, Counter()).update(counted.amounts)
        return sums

    def _set(self, article: str, item: Item | None, sums: Counter[str]) -> bool:
        """Set the counters to their sums; False when they changed meanwhile."""
        known = item or {}
        if all(known.get(name, 0) == sums[name] for name in COUNTERS):
            return True
        changed, _ = conditional_update(
            SERVICE,
            self.tally.table,
            article_key(article),
            "SET " + ", ".join(f"#{name} = :{name}" for name in COUNTERS) + " ADD #version :one",
            "#version = :version" if item else "attribute_not_exists(#version)",
            one=1,
            **dict[str, Any]({name: sums[name] for name in COUNTERS}),
            **dict[str, Any]({"version": _version(item)} if item else {}),
        )
        self.result.counters += changed
        return changed

    def _counters(self) -> dict[str, Item]:
        return {item["item"]: item for item in self._query("articles")}

    def _query(self, kind: str) -> Iterator[Item]:
        pages = self.tally.client.get_paginator("query").paginate(
            TableName=self.tally.table,
            KeyConditionExpression="tally = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )
        with aws.translate_errors(SERVICE):
            yield from (plain(item) for page in pages for item in page["Items"])

    def _counted_votes(self) -> Iterator[Item]:
        found = self._scan(
            self.tally.table,
            FilterExpression="#item = :vote AND attribute_exists(voteType)",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":vote": {"S": "vote"}},
        )
        return map(plain, found)

    def _scan(self, table: str, **only: Any) -> Iterator[Mapping[str, Any]]:
        paginator = self.tally.client.get_paginator("scan")
        with aws.translate_errors("DynamoDB"):
            for page in paginator.paginate(TableName=table, ConsistentRead=True, **only):
                yield from page["Items"]

    def _batch(self, table: str, keys: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
        rest = {table: {"Keys": keys, "ConsistentRead": True}}
        with aws.translate_errors("DynamoDB"):
            while rest:
                answer = self.tally.client.batch_get_item(RequestItems=rest)
                yield from answer["Responses"].get(table, ())
                rest = answer.get("UnprocessedKeys", {})


def _counts_as(image: Mapping[str, Any]) -> tuple[bool, Counted | None]:
    """Whether a stored vote can be read, and what it counts as."""
    vote, reasons = stored.clean(image)
    return (False, None) if reasons else (True, Counted.of(Vote.from_json(vote)))


def _pair(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["widgetId"]["S"], item["voteId"]["S"]


def _version(item: Item | None) -> int:
    return int(item["version"]) if item else 0


def _chunks(items: Iterator[T]) -> Iterator[list[T]]:
    while chunk := list(islice(items, _BATCH)):
        yield chunk
