"""The loss report: what became of every vote at every sink."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.eventbridge.rule import Rule
from votepipe.emulator.eventbridge.targets import is_bus
from votepipe.emulator.functions.function import Function
from votepipe.emulator.pipes.pipe import Pipe
from votepipe.emulator.simulation.trace import Trace, VotePath
from votepipe.emulator.sqs.queue import Queue, reason_of
from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event

# How the library ends the reason why it skips an event; any other is the sink's own decision.
_SEEN = "delivered before."


@dataclass(frozen=True)
class Lost:
    """A vote whose last state did not arrive at `sink`, and is in no DLQ with a reason.

    What a pipe drops, or a rule for another bus, has its logical id in place of a sink.
    """

    sink: str
    why: str
    way: VotePath

    def __str__(self) -> str:
        return f"{self.sink}: {self.why}\n{self.way}"


@dataclass(frozen=True)
class Report:
    """True when nothing is lost; as text, each vote that is, and where it stopped."""

    lost: tuple[Lost, ...]
    votes: int

    def __bool__(self) -> bool:
        return not self.lost

    def __str__(self) -> str:
        if not self.lost:
            return f"nothing lost of {self.votes} votes"
        return "\n\n".join(str(each) for each in self.lost)

    __repr__ = __str__


@dataclass(frozen=True)
class _Sink:
    """A sink as the template wires it."""

    name: str
    rules: tuple[Rule, ...]
    queue: Queue
    function: Function
    dead_letters: tuple[Queue, ...]


def report(trace: Trace, models: Models, dead_letters: Callable[[str], list[Queue]]) -> Report:
    """Look for every vote at every sink and every other bus that its events were for.

    `dead_letters` gives the dead-letter queues of a sink.
    """
    lost = [*_in_pipes(trace, models.pipes.values()), *_forwarded(trace, models.rules.values())]
    for name, mapping in models.fed.items():
        sink = _Sink(
            name,
            tuple(
                rule
                for rule in models.rules.values()
                if any(target.arn == mapping.queue.arn for target in rule.targets)
            ),
            mapping.queue,
            mapping.function,
            tuple(dead_letters(name)),
        )
        lost += _at_sink(trace, sink)
    return Report(tuple(lost), sum(1 for _ in trace.paths()))


def _in_pipes(trace: Trace, pipes: Iterable[Pipe]) -> Iterator[Lost]:
    """Records that a pipe dropped."""
    for pipe in pipes:
        for about, fate in pipe.fates.items():
            if fate == "dropped":
                why = "The pipe dropped a record, as it has no dead letters."
                yield Lost(pipe.id, why, trace.path(*about.key))


def _forwarded(trace: Trace, rules: Iterable[Rule]) -> Iterator[Lost]:
    """Events that another bus did not take and no dead letters hold."""
    for rule in rules:
        for target in rule.targets:
            for last in _last_events([rule]).values() if target.lost and is_bus(target.arn) else ():
                if why := target.lost.get(last.id):
                    path = trace.path(last.vote.widget_id, last.vote.vote_id)
                    yield Lost(rule.id, why, path)


def _at_sink(trace: Trace, sink: _Sink) -> Iterator[Lost]:
    outcomes = _outcomes(sink.function)
    waiting = {message.vote_key.event for message in sink.queue.messages}
    dead = {
        message.vote_key.event: reason_of(message)
        for queue in sink.dead_letters
        for message in queue.messages
    }
    for last in _last_events(sink.rules).values():
        key = (last.vote.widget_id, last.vote.vote_id)
        if last.id in dead:
            if not dead[last.id]:
                yield Lost(
                    sink.name, "It is in the dead letters without a reason.", trace.path(*key)
                )
        elif last.id not in waiting and not _retrying(sink.rules, last.id):
            missing = _missing(outcomes.get(last.id, set()), sink)
            if missing:
                yield Lost(sink.name, missing, trace.path(*key))


def _missing(seen: Collection[str], sink: _Sink) -> str | None:
    """Why the last event of a vote cannot count as delivered, by what its sink logged."""
    if "delivered" in seen or "declined" in seen:
        return None
    if "skipped" in seen:
        return "Its last state was skipped, though it was never delivered."
    if not any("outcome" in each for each in sink.function.lines):
        return None  # a function without the library logs no outcomes
    return "Its last state was not delivered."


def _outcomes(function: Function) -> dict[str, set[str]]:
    """What became of each event at a sink, by its log, and by what it was about to mark."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in function.lines:
        if "outcome" in line and "eventId" in line:
            by_library = str(line.get("why", "")).endswith(_SEEN)
            declined = line["outcome"] == "skipped" and not by_library
            found[line["eventId"]].add("declined" if declined else line["outcome"])
    for event_id in function.marked:
        found[event_id].add("delivered")
    return found


def _last_events(rules: Iterable[Rule]) -> dict[tuple[str, ...], Event]:
    """The last event of each vote that was for a sink, by the order of its changes."""
    last: dict[tuple[str, ...], Event] = {}
    for rule in rules:
        for envelope in rule.matched:
            try:
                event = Event.from_envelope(envelope)
                order = event.sort_key
            except InvalidEvent:
                continue
            # A rejected record is no state of its vote: it counts by itself.
            rejected = (event.id,) if event.type == "VoteRejected" else ()
            key = (event.vote.widget_id, event.vote.vote_id, *rejected)
            if key not in last or last[key].sort_key <= order:
                last[key] = event
    return last


def _retrying(rules: Iterable[Rule], event_id: str) -> bool:
    return any(event_id in target.retrying for rule in rules for target in rule.targets)
