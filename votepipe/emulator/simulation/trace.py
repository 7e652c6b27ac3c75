"""What happened to each vote, hop by hop."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from votepipe.emulator.simulation.virtual_clock import Agenda


class Subject(NamedTuple):
    """What a record, an event or a message is about: a vote's keys and the event's id."""

    widget: str
    vote: str
    event: str

    @property
    def key(self) -> tuple[str, str]:
        """The vote's keys."""
        return (self.widget, self.vote)


NOBODY = Subject("", "", "")


def subject_of(content: Any) -> Subject:
    """Whom JSON is about, as far as it says: an event's envelope, its detail, or a vote's keys."""
    if not isinstance(content, dict):
        return NOBODY
    detail = content.get("detail")
    if isinstance(detail, dict):
        return subject_of(detail)
    vote = content.get("vote")
    keys = vote if isinstance(vote, dict) else content
    names = (keys.get("widgetId"), keys.get("voteId"), content.get("eventID"))
    widget, vote_id, event = (name if isinstance(name, str) else "" for name in names)
    return Subject(widget, vote_id, event)


class Hop(NamedTuple):
    """One thing that happened: `at` in seconds since the pipeline's start, `what` and `where`."""

    at: float
    what: str
    where: str
    subject: Subject
    facts: dict[str, Any]

    def __str__(self) -> str:
        facts = "  ".join(f"{name}={_text(fact)}" for name, fact in self.facts.items())
        return f"{self.at:12.3f}  {self.what:<14} {self.where:<24} {facts}".rstrip()


@dataclass(frozen=True)
class Way:
    """The hops of one vote, in order; as text, a line for each and where it stopped."""

    widget: str
    vote: str
    hops: tuple[Hop, ...]

    def __str__(self) -> str:
        title = f"vote {self.vote} of widget {self.widget}"
        if not self.hops:
            return f"{title}: nothing is known of it"
        lines = [f"{hop}  event={hop.subject.event[:8]}" for hop in self.hops]
        last = self.hops[-1]
        return "\n".join([title, *lines, f"  stopped at {last.where}: {last.what}"])


@dataclass
class Trace:
    """All hops of a pipeline; as text, the same bytes in every run with the same seed."""

    agenda: Agenda
    hops: list[Hop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._start = self.agenda.now
        self._ways: dict[tuple[str, str], list[Hop]] = defaultdict(list)

    def note(self, what: str, where: str, subject: Subject = NOBODY, **facts: Any) -> None:
        """Note that it happened now."""
        hop = Hop(round(self.agenda.now - self._start, 6), what, where, subject, facts)
        self.hops.append(hop)
        if subject.vote:
            self._ways[subject.widget, subject.vote].append(hop)

    def way(self, widget: str, vote: str) -> Way:
        """The way of one vote."""
        return Way(widget, vote, tuple(self._ways.get((widget, vote), ())))

    def ways(self) -> Iterator[Way]:
        """The ways of all votes, in the order in which they first appeared."""
        for widget, vote in list(self._ways):
            yield self.way(widget, vote)

    def __str__(self) -> str:
        return "".join(f"{hop}  {_name(hop.subject)}\n" for hop in self.hops)


def _name(subject: Subject) -> str:
    return "/".join(part or "-" for part in subject)


def _text(fact: Any) -> str:
    return fact if isinstance(fact, str) else json.dumps(fact, sort_keys=True, default=str)
