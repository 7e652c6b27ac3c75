"""What a digest tells: places with their counts, now and when they were last told, and news."""

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
        """The share of votes that are up; None where there are none."""
        votes = self.up + self.down
        return self.up / votes if votes else None


@dataclass(frozen=True, kw_only=True)
class News:
    """A vote that got answers since the last digest; `at` in seconds since 1970."""

    widget_id: str
    vote_id: str
    place: str
    at: float
    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Place:
    """An instance in a digest: its counts now and when last told, None if never; newest news first.

    `title` and `url` are None where they are not known.
    """

    key: str
    widget_id: str
    instance: str | None
    title: str | None
    url: str | None
    counts: Counts
    told: Counts | None
    news: tuple[News, ...]


def attribute(what: str, counter: str) -> str:
    """The attribute of a place's item for a counter as it is, `frozen` or `told`."""
    return what + counter.capitalize() if what else counter


def counts_in(item: Mapping[str, Any], what: str) -> Counts | None:
    """The counts in a place's item as they are, `frozen` or `told`; None where there are none."""
    names = [attribute(what, counter) for counter in COUNTERS]
    if not all(name in item for name in names):
        return None
    return Counts(*(int(item[name]) for name in names))


def place_in(item: Mapping[str, Any], news: tuple[News, ...]) -> Place:
    """A place from its item, with its counts as they are frozen."""
    return Place(
        key=item["item"],
        widget_id=item.get("widgetId", ""),
        instance=item.get("instance"),
        title=item.get("title"),
        url=item.get("url"),
        counts=counts_in(item, "frozen") or Counts(0, 0, 0),
        told=counts_in(item, "told"),
        news=news,
    )


def weight(place: Place) -> tuple[int, str]:
    """Sorts places: those with the most new votes and answers first."""
    told = place.told or Counts(0, 0, 0)
    votes = abs(place.counts.up - told.up) + abs(place.counts.down - told.down)
    return (-votes - len(place.news), place.key)
