"""A digest: what changed in the tally since the last one, held still while it is sent.

The digest of a scheduled time begins once; later attempts find when it began, what it holds and
who has it. It freezes the counts of its articles, so that all receivers read the same, and these
become the reported counts only when all receivers have it. So the next digest holds what a failed
one should have reported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import aws
from votepipe.aws.dynamodb import Item, conditional_update, plain
from votepipe.model import times
from votepipe.model.errors import Skip, Temporary
from votepipe.model.events import ScheduledEvent
from votepipe.tally import SERVICE, Tally
from votepipe.tally.articles import (
    Article,
    Counts,
    PendingAnswer,
    article_in,
    attribute,
    counts_in,
    weight,
)
from votepipe.tally.counted import COUNTERS, article_key

_DELETED_AT_ONCE = 25  # the most that BatchWriteItem takes
# Answers of the last seconds wait for the next digest: others as old may not be written yet.
_GRACE = 10.0


@dataclass
class Digest:
    """The digest of one scheduled time by one sink. Each method raises Temporary.

    `sent` names the receivers that have it; once it is `closed`, no article joins it any more.
    """

    tally: Tally
    sink: str
    scheduled: ScheduledEvent
    as_of: float
    sent: set[str]
    closed: bool

    @classmethod
    def begin(cls, tally: Tally, sink: str, scheduled: ScheduledEvent) -> "Digest":
        """Begin it, or continue it. Raises Skip when a later one has begun."""
        item = _advance(
            tally,
            {"tally": "digest", "item": sink},
            "SET #scheduled = :scheduled, #asOf = :now REMOVE #sent, #closed",
            "scheduled",
            scheduled,
            now=times.now() - _GRACE,
        )
        sent = set(item.get("sent", ()))
        return cls(tally, sink, scheduled, float(item["asOf"]), sent, "closed" in item)

    def articles(self) -> list[Article]:
        """The articles with anything new, those with the most new votes first."""
        pending: dict[str, list[PendingAnswer]] = {}
        for each in self._pending():
            pending.setdefault(each.article, []).append(each)
        found = []
        for item in list(self._all_of("articles")):
            key = item["item"]
            frozen = item.get("frozenFor") == self.scheduled.id
            changed = counts_in(item, "") != (counts_in(item, "reported") or Counts(0, 0, 0))
            if not frozen and (self.closed or not (changed or key in pending)):
                continue
            item = item if frozen else self._freeze(item)
            found.append(article_in(item, tuple(pending.get(key, ()))))
        if found and not self.closed:
            self._note("SET #closed = :value", True)
            self.closed = True
        return sorted(found, key=weight)

    def mark_sent(self, receiver: str) -> None:
        """Record that a receiver has it."""
        self._note("ADD #sent :value", {receiver})
        self.sent.add(receiver)

    def finish(self, articles: Sequence[Article]) -> None:
        """Make the frozen counts the reported ones, once all receivers have these articles."""
        self._delete_pending(articles)
        reported = ", ".join(
            f"#{attribute('reported', name)} = #{attribute('frozen', name)}" for name in COUNTERS
        )
        frozen = ", ".join(f"#{attribute('frozen', name)}" for name in COUNTERS)
        for article in articles:
            # If the condition fails, another attempt of the same digest did it.
            conditional_update(
                SERVICE,
                self.tally.table,
                article_key(article.key),
                f"SET {reported} REMOVE {frozen}, #frozenFor",
                "#frozenFor = :scheduled",
                scheduled=self.scheduled.id,
            )

    def _note(self, changes: str, value: Any) -> None:
        conditional_update(
            SERVICE,
            self.tally.table,
            {"tally": "digest", "item": self.sink},
            changes,
            "#scheduled = :scheduled",
            value=value,
            scheduled=self.scheduled.id,
        )

    def _freeze(self, item: Item) -> Item:
        copies = ", ".join(f"#{attribute('frozen', name)} = #{name}" for name in COUNTERS)
        return _advance(
            self.tally,
            article_key(item["item"]),
            f"SET #frozenFor = :scheduled, {copies}",
            "frozenFor",
            self.scheduled,
        )

    def _pending(self) -> list[PendingAnswer]:
        """The votes whose answers came before it began, each once, the newest first."""
        found: dict[tuple[str, str], PendingAnswer] = {}
        for item in self._pending_items():
            answer = PendingAnswer(
                widget_id=item["widgetId"],
                vote_id=item["voteId"],
                article=item["article"],
                at=float(item["at"]),
                labels=item["labels"],
            )
            vote = (answer.widget_id, answer.vote_id)
            if vote not in found or found[vote].at < answer.at:
                found[vote] = answer
        return sorted(found.values(), key=lambda answer: -answer.at)

    def _pending_items(self) -> Iterator[Item]:
        return (item for item in self._all_of("pending") if item["at"] <= self.as_of)

    def _delete_pending(self, articles: Sequence[Article]) -> None:
        reported = {
            (answer.widget_id, answer.vote_id): answer.at
            for article in articles
            for answer in article.pending
        }
        keys = [
            {name: {"S": item[name]} for name in ("tally", "item")}
            for item in self._pending_items()
            if item["at"] <= reported.get((item["widgetId"], item["voteId"]), 0)
        ]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = keys[start : start + _DELETED_AT_ONCE]
            deletes = {self.tally.table: [{"DeleteRequest": {"Key": key}} for key in some]}
            with aws.translate_errors(SERVICE):
                answer = self.tally.client.batch_write_item(RequestItems=deletes)
            if answer.get("UnprocessedItems"):
                # AWS asks for a growing wait, which the next attempt has anyway.
                raise Temporary(f"{SERVICE} was too busy to delete all that was reported.")

    def _all_of(self, kind: str) -> Iterator[Item]:
        pages = self.tally.client.get_paginator("query").paginate(
            TableName=self.tally.table,
            KeyConditionExpression="tally = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )
        with aws.translate_errors(SERVICE):
            for page in pages:
                yield from map(plain, page["Items"])


def _advance(
    tally: Tally,
    key: Mapping[str, str],
    changes: str,
    attribute: str,
    scheduled: ScheduledEvent,
    **values: Any,
) -> Item:
    """Write once what belongs to a scheduled time. Raises Skip when a later digest has begun."""
    condition = f"attribute_not_exists(#{attribute}) OR #{attribute} < :scheduled"
    held, item = conditional_update(
        SERVICE, tally.table, key, changes, condition, scheduled=scheduled.id, **values
    )
    if not held and item.get(attribute) != scheduled.id:
        raise Skip("A later digest has begun.")
    return item
