"""What a digest shows of an article: its counts now and in the last digest, pending answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from votepipe.tally.counted import COUNTERS


class Counts(NamedTuple):
    """How many votes are up and down, and how many have answers."""

    up: int
    down: int
    answered: int

    @property
    def ratio(self) -> float | None:
        """The share of votes that are up; None without votes."""
        votes = self.up + self.down
        return self.up / votes if votes else None


@dataclass(frozen=True, kw_only=True)
class PendingAnswer:
    """A vote whose answers no digest had yet; `at` in seconds since 1970."""

    widget_id: str
    vote_id: str
    article: str
    at: float
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Article:
    """An article in a digest: its counts now and in the last digest, and its pending answers.

    `title` and `url` are None where they are not known, `reported` where no digest had the article
    yet. The newest answer comes first.
    """

    key: str
    widget_id: str
    instance: str | None
    title: str | None
    url: str | None
    counts: Counts
    reported: Counts | None
    pending: tuple[PendingAnswer, ...]


def attribute(prefix: str, counter: str) -> str:
    """A counter's attribute in an article's item; `prefix` is "frozen", "reported" or ""."""
    return prefix + counter.capitalize() if prefix else counter


def counts_in(item: Mapping[str, Any], prefix: str) -> Counts | None:
    """The counts in an article's item with this prefix; None unless all are there."""
    names = [attribute(prefix, counter) for counter in COUNTERS]
    if not all(name in item for name in names):
        return None
    return Counts(*(int(item[name]) for name in names))


def article_in(item: Mapping[str, Any], pending: tuple[PendingAnswer, ...]) -> Article:
    """An article from its item, with its counts as they are frozen."""
    return Article(
        key=item["item"],
        widget_id=item.get("widgetId", ""),
        instance=item.get("instance"),
        title=item.get("title"),
        url=item.get("url"),
        counts=counts_in(item, "frozen") or Counts(0, 0, 0),
        reported=counts_in(item, "reported"),
        pending=pending,
    )


def weight(article: Article) -> tuple[int, str]:
    """A sort key: articles with the most new votes and answers come first."""
    reported = article.reported or Counts(0, 0, 0)
    votes = abs(article.counts.up - reported.up) + abs(article.counts.down - reported.down)
    return (-votes - len(article.pending), article.key)
