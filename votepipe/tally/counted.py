"""What a vote counts as, and the keys of TallyTable (see `votepipe.tally`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from votepipe import words
from votepipe.aws.dynamodb import composite_key
from votepipe.model.events import Vote

COUNTERS = ("up", "down", "answered")
SHARDS = "0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a vote counts as; `instance` is None where it is not known."""

    widget_id: str
    instance: str | None
    vote_type: str
    answered: bool

    @classmethod
    def of(cls, vote: Vote) -> Self | None:
        """What this vote counts as; None if it counts as nothing."""
        if vote.vote_type is None:
            return None
        answers, _ = words.answers(vote, most=1)
        return cls(
            widget_id=vote.widget_id,
            instance=vote.instance_of_joy,
            vote_type=vote.vote_type,
            answered=bool(answers),
        )

    @property
    def article(self) -> str:
        """The key of its article: the instance, or the widget where the instance is unknown."""
        known = [] if self.instance is None else [self.instance]
        return composite_key("article", self.widget_id, *known)

    @property
    def amounts(self) -> dict[str, int]:
        """What it adds to each counter."""
        up = self.vote_type == "thumbsup"
        return dict(zip(COUNTERS, (int(up), int(not up), int(self.answered)), strict=True))


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A vote's item as it was read; `version` is 0 and `order` "" when it did not exist."""

    widget_id: str
    vote_id: str
    version: int
    order: str
    counted: Counted | None

    @property
    def key(self) -> dict[str, str]:
        """The key of its item."""
        return vote_key(self.widget_id, self.vote_id)

    @classmethod
    def of(cls, widget_id: str, vote_id: str, item: Mapping[str, Any]) -> Self:
        """Read a vote's item; {} when nothing was counted."""
        counted = None
        if "voteType" in item:
            counted = Counted(
                widget_id=widget_id,
                instance=item.get("instance"),
                vote_type=item["voteType"],
                answered=item["answered"],
            )
        return cls(
            widget_id=widget_id,
            vote_id=vote_id,
            version=int(item.get("version", 0)),
            order=item.get("order", ""),
            counted=counted,
        )


def vote_key(widget_id: str, vote_id: str) -> dict[str, str]:
    """The key of a vote's item."""
    return {"tally": composite_key("vote", widget_id, vote_id), "item": "vote"}


def article_key(article: str) -> dict[str, str]:
    """The key of an article's counters."""
    return {"tally": "articles", "item": article}


def pending_key(article: str, shard: str) -> str:
    """The hash key of an article's pending answers whose votes fall to one of SHARDS."""
    return composite_key("pending", article, shard)


def changes(
    before: Counted | None, after: Counted | None, *, answers: int = 0
) -> Iterator[tuple[str, Counted, dict[str, int]]]:
    """The counters that change: their key, a vote of that article, and by how much.

    `answers` is 1 where the answers of `after` are pending, which its article counts as well.
    """
    sums: dict[str, tuple[Counted, dict[str, int]]] = {}
    for counted, sign in ((before, -1), (after, 1)):
        if counted is not None:
            _, amounts = sums.setdefault(counted.article, (counted, dict.fromkeys(COUNTERS, 0)))
            for name, amount in counted.amounts.items():
                amounts[name] += sign * amount
    if answers and after:
        sums[after.article][1]["answers"] = answers
    for article, (about, amounts) in sums.items():
        if any(amounts.values()):
            yield article, about, amounts
