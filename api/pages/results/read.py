"""The votes of a widget that a page shows, searched, and by reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api import results

MOST = 1_000

Vote = Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """Votes that were read; `more` is true if there are others."""

    votes: list[Vote]
    more: bool


def read(widget_id: str, most: int = MOST) -> Read:
    """A widget's votes, newest first. Raises Temporary."""
    votes: list[Vote] = []
    after: str | None = None
    while True:
        found, after = results.page(widget_id, after)
        votes += found
        if after is None or len(votes) >= most:
            break
    votes.sort(key=lambda vote: str(vote.get("createdAt", "")), reverse=True)
    return Read(votes, more=after is not None)


def matching(votes: Iterable[Vote], searched: str, instance: str | None) -> list[Vote]:
    """The votes for an instance that have a text anywhere."""
    wanted = searched.casefold()
    return [
        vote
        for vote in votes
        if (instance is None or vote.get("instanceOfJoy", "") == instance)
        and (not wanted or any(wanted in text.casefold() for text in _texts(vote)))
    ]


def _texts(vote: Vote) -> list[str]:
    answers = (str(value) for value in vote.get("answers", {}).values())
    return [vote.get("voter", ""), vote.get("instanceOfJoy", ""), *answers]


@dataclass
class Reader:
    """What one reader did."""

    name: str
    up: int = 0
    down: int = 0
    answers: int = 0
    last: str = ""


def readers(votes: Iterable[Vote]) -> list[Reader]:
    """Readers with a name, newest first, as the votes must be."""
    found: dict[str, Reader] = {}
    for vote in votes:
        if name := vote.get("voter"):
            reader = found.setdefault(name, Reader(name, last=vote.get("createdAt", "")))
            reader.up += vote["voteType"] == "thumbsup"
            reader.down += vote["voteType"] == "thumbsdown"
            reader.answers += len(vote.get("answers", {}))
    return [*found.values()]
