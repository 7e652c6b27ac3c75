"""What a digest says: its articles with their counts now and in the last digest, and its sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

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


class PendingAnswer(NamedTuple):
    """A vote whose answers no digest had yet."""

    widget_id: str
    vote_id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Article:
    """An article in a digest: its counts now and in the last digest, and its pending answers.

    `title` and `url` are None where they are not known. `answers` is how many are pending: those
    that came after `since`, the last at `answered_at`. `pending` has the newest, which come first.
    """

    key: str
    widget_id: str
    instance: str | None
    title: str | None
    url: str | None
    counts: Counts
    reported: Counts
    answers: int
    since: float
    answered_at: float = field(compare=False)  # it goes on while a digest is sent
    pending: tuple[PendingAnswer, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """An article from its item, with its counts as a digest froze them."""
        counts, reported = counts_in(item, "reported"), counts_in(item, "before")
        answers = int(item["reportedAnswers"]) - int(item["beforeAnswers"])
        return cls(
            key=item["item"],
            widget_id=item.get("widgetId", ""),
            instance=item.get("instance"),
            title=item.get("title"),
            url=item.get("url"),
            counts=counts,
            reported=reported,
            # Tallies of earlier versions did not count how often answers came.
            answers=max(answers, counts.answered - reported.answered),
            since=float(item["beforeAt"]),
            answered_at=float(item.get("answeredAt", 0)),
        )


@dataclass
class Report:
    """A digest's sums over its `total` articles, and those with the most new votes.

    `first` says that no digest came before.
    """

    total: int = 0
    up: int = 0
    down: int = 0
    answers: int = 0
    first: bool = True
    articles: tuple[Article, ...] = ()

    def add(self, article: Article) -> None:
        """Add an article to the sums."""
        self.total += 1
        self.up += article.counts.up - article.reported.up
        self.down += article.counts.down - article.reported.down
        self.answers += article.answers


def counts_in(item: Mapping[str, Any], prefix: str = "") -> Counts:
    """The counts in an article's item: now, as "reported" by a digest, or by the one "before"."""
    names = [prefix + counter.capitalize() if prefix else counter for counter in COUNTERS]
    return Counts(*(int(item.get(name, 0)) for name in names))


def is_new(item: Mapping[str, Any]) -> bool:
    """Whether an article's counts have changed since a digest froze them, or answers came."""
    changed = counts_in(item) != counts_in(item, "reported")
    return changed or item.get("answeredAt", 0) > item.get("reportedAt", 0)


def weight(article: Article) -> tuple[int, str]:
    """A sort key: articles with the most new votes and answers come first."""
    now, then = article.counts, article.reported
    return (-abs(now.up - then.up) - abs(now.down - then.down) - article.answers, article.key)
