"""A digest: what changed in the tally since the last one, held still while it is sent.

The digest of a scheduled time begins once; later attempts find when it began, what it holds and
who has it. It freezes the counts of its articles, so that all receivers read the same; until all
have it, the counts before these stay the reported ones. So the next digest holds what a failed one
should have reported.

It reads articles page by page, and of pending answers only those it shows: a counter has how many
there are, and they expire by themselves. When a function's time ends, the next call goes on with
the articles that are not frozen yet.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sinks.digest import reads
from sinks.digest.articles import Article, Report, counts_in, is_new, weight
from votepipe.aws.dynamodb import Item, conditional_update
from votepipe.model import times
from votepipe.model.errors import Skip
from votepipe.model.events import ScheduledEvent
from votepipe.tally import SERVICE, Tally
from votepipe.tally.counted import COUNTERS, article_key

SECONDS = 200.0  # to freeze articles, of the function's 300
# Later answers wait for the next digest: the tally's function may still be writing older ones.
GRACE = 30.0
_DAY = 86_400.0
_NAMES = [(name, name.capitalize()) for name in (*COUNTERS, "answers")]
_KEEP = "".join(
    f"#before{name} = if_not_exists(#reported{name}, :none), "
    for name in (*(name for _, name in _NAMES), "At")
)
_FREEZE = "#digest = :scheduled, #reportedAt = :at, " + ", ".join(
    f"#reported{name} = if_not_exists(#{counter}, :none)" for counter, name in _NAMES
)


class Digest:
    """The digest of one scheduled time by one sink. Each method raises Temporary.

    `sent` names the receivers that have it; once it is `closed`, no article joins it any more.
    """

    def __init__(self, tally: Tally, sink: str, scheduled: ScheduledEvent) -> None:
        """Begin it, or continue it. Raises Skip when a later one has begun."""
        self._tally, self._id, self._until = tally, scheduled.id, times.now() + SECONDS
        self._key = {"tally": "digest", "item": sink}
        begin = "SET #scheduled = :scheduled, #asOf = :now REMOVE #sent, #closed"
        item = self._advance(self._key, begin, "scheduled", now=times.now() - GRACE)
        self._as_of, self._finished = float(item["asOf"]), item.get("finished", "")
        self.closed, self.sent = "closed" in item, set(item.get("sent", ()))

    def report(self, *, articles: int, answers: int) -> Report:
        """What is new: its sums, and so many articles with so many of their newest answers.

        Raises TryLater when the function's time ends before.
        """
        report = Report()
        shown = heapq.nsmallest(articles, self._articles(report), key=weight)
        if report.total and not self.closed:
            self._note("SET #closed = :value", True)
            self.closed = True
        report.articles = tuple(self._with_pending(each, report, answers) for each in shown)
        return report

    def mark_sent(self, receiver: str) -> None:
        """Record that a receiver has it."""
        self._note("ADD #sent :value", {receiver})
        self.sent.add(receiver)

    def finish(self) -> None:
        """Make its counts the reported ones, once all receivers have it."""
        self._note("SET #finished = :value", self._id)

    def _articles(self, report: Report) -> Iterator[Article]:
        """All its articles, each frozen, and added to the report."""
        for item in reads.articles(self._tally, self._until):
            digest = item.get("digest", "")
            # The counts of a digest that failed, or of this one, are not reported yet.
            known = "before" if digest > self._finished else "reported"
            report.first = report.first and not any(counts_in(item, known))
            if digest != self._id:
                if self.closed or not (known == "before" or is_new(item)):
                    continue
                changes = f"SET {_KEEP if known == 'reported' else ''}{_FREEZE}"
                key = article_key(item["item"])
                item = self._advance(key, changes, "digest", at=self._as_of, none=0)
            article = Article.of(item)
            report.add(article)
            yield article

    def _with_pending(self, article: Article, report: Report, most: int) -> Article:
        """The article with its newest votes whose answers came before the digest began."""
        since = max(article.since, self._as_of - _DAY if report.first else 0)
        if article.answered_at <= since:
            return article
        newest, again = reads.pending(self._tally, article.key, since, self._as_of, most)
        # The counter has a vote whose answers came twice as two.
        twice = min(again, article.answers)
        report.answers -= twice
        return replace(article, answers=article.answers - twice, pending=tuple(newest[:most]))

    def _note(self, changes: str, value: Any) -> None:
        self._write(self._key, changes, "#scheduled = :scheduled", value=value)

    def _advance(self, key: Mapping[str, str], changes: str, attribute: str, **values: Any) -> Item:
        """Write once what belongs to its time. Raises Skip when a later digest has begun."""
        condition = f"attribute_not_exists(#{attribute}) OR #{attribute} < :scheduled"
        held, item = self._write(key, changes, condition, **values)
        if not held and item.get(attribute) != self._id:
            raise Skip("A later digest has begun.")
        return item

    def _write(self, key: Mapping[str, str], *expressions: str, **values: Any) -> tuple[bool, Item]:
        table = self._tally.table
        return conditional_update(SERVICE, table, key, *expressions, scheduled=self._id, **values)
