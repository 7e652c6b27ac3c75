"""What happened to each vote, hop by hop."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from votepipe.emulator.simulation.virtual_clock import VirtualClock


class VoteKey(NamedTuple):
    """What a record, an event or a message is about: the vote, and the id of its event."""

    widget: str
    vote: str
    event: str

    @property
    def key(self) -> tuple[str, str]:
        """The vote's keys."""
        return (self.widget, self.vote)


NO_VOTE = VoteKey("", "", "")


def vote_key_of(content: Any) -> VoteKey:
    """What JSON is about, as far as it says: a stream record, an envelope, its detail, or keys."""
    if not isinstance(content, dict):
        return NO_VOTE
    record = content.get("dynamodb")
    if isinstance(record, dict):
        keys = {
            name: next(iter(value.values()), None)
            for name, value in (record.get("Keys") or {}).items()
            if isinstance(value, dict)
        }
        return vote_key_of({**keys, "eventID": content.get("eventID")})
    detail = content.get("detail")
    if isinstance(detail, dict):
        return vote_key_of(detail)
    vote = content.get("vote")
    keys = vote if isinstance(vote, dict) else content
    names = (keys.get("widgetId"), keys.get("voteId"), content.get("eventID"))
    widget, vote_id, event = (name if isinstance(name, str) else "" for name in names)
    return VoteKey(widget, vote_id, event)


class Hop(NamedTuple):
    """One thing that happened: `at` in seconds since the pipeline's start, `what` and `where`."""

    at: float
    what: str
    where: str
    vote_key: VoteKey
    facts: dict[str, Any]

    def __str__(self) -> str:
        facts = "  ".join(f"{name}={_text(fact)}" for name, fact in self.facts.items())
        return f"{self.at:12.3f}  {self.what:<14} {self.where:<24} {facts}".rstrip()


@dataclass(frozen=True)
class VotePath:
    """The hops of one vote, in order; as text, a line for each and where it stopped."""

    widget: str
    vote: str
    hops: tuple[Hop, ...]

    def __str__(self) -> str:
        title = f"vote {self.vote} of widget {self.widget}"
        if not self.hops:
            return f"{title}: nothing happened to it"
        lines = [f"{hop}  event={hop.vote_key.event[:8]}" for hop in self.hops]
        last = self.hops[-1]
        return "\n".join([title, *lines, f"  stopped at {last.where}: {last.what}"])


@dataclass
class Trace:
    """All hops of a pipeline; as text, the same bytes in every run with the same seed."""

    clock: VirtualClock
    hops: list[Hop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.clock.now
        self._paths: dict[tuple[str, str], list[Hop]] = defaultdict(list)

    def note(self, what: str, where: str, vote_key: VoteKey = NO_VOTE, **facts: Any) -> None:
        """Note that it happened now."""
        hop = Hop(round(self.clock.now - self.start, 6), what, where, vote_key, facts)
        self.hops.append(hop)
        if vote_key.vote:
            self._paths[vote_key.widget, vote_key.vote].append(hop)

    def path(self, widget: str, vote: str) -> VotePath:
        """The path of one vote."""
        return VotePath(widget, vote, tuple(self._paths.get((widget, vote), ())))

    def paths(self) -> Iterator[VotePath]:
        """The paths of all votes, in the order in which they first appeared."""
        for widget, vote in list(self._paths):
            yield self.path(widget, vote)

    def __str__(self) -> str:
        names = ("/".join(part or "-" for part in hop.vote_key) for hop in self.hops)
        return "".join(f"{hop}  {name}\n" for hop, name in zip(self.hops, names, strict=True))


def _text(fact: Any) -> str:
    return fact if isinstance(fact, str) else json.dumps(fact, sort_keys=True, default=str)
