"""The event buses: their rules, their archives, replays, and PutEvents."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.functions.calls import Operations, Parameters, Refused
from votepipe.emulator.patterns import Pattern
from votepipe.emulator.simulation.jsontext import last_part, parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import vote_key_of

Event = dict[str, Any]
AsText = Callable[[], str]

_REPLAY = "replay-name"
_LARGEST = 1_048_576
_SHUFFLE_SECONDS = 2.0


@dataclass(eq=False)
class Archive:
    """Keeps a bus's events, those that its pattern lets through, for replays."""

    id: str
    name: str
    arn: str
    bus: str
    pattern: Pattern | None
    days: int
    events: list[tuple[float, Event]] = field(default_factory=list)

    def keep(self, event: Event, now: float) -> None:
        """Keep an event, unless it is itself a replayed one."""
        if _REPLAY not in event and (self.pattern is None or self.pattern.matches(event)):
            self.events.append((now, event))

    def between(self, start: float, end: float, now: float) -> list[Event]:
        """The events of a span of time that are still kept, by the time they carry."""
        oldest = now - self.days * 86_400 if self.days else 0.0
        kept = [(event["time"], number, event) for number, (at, event) in enumerate(self.events)
                if at >= oldest and start <= _epoch(event["time"]) < end]  # fmt: skip
        return [event for _, _, event in sorted(kept, key=lambda each: each[:2])]


@dataclass(eq=False)
class Bus:
    """A bus of the template; `rules` get every event, by their ARN, with what writes it as text."""

    simulation: Simulation
    id: str
    name: str
    arn: str
    rules: dict[str, Callable[[Event, AsText], None]] = field(default_factory=dict)
    archives: list[Archive] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def take(self, event: Event, only: list[str] | None = None) -> None:
        """Take an event; with `only`, for the rules with these ARNs alone."""
        self.events.append(event)
        for archive in self.archives:
            archive.keep(event, self.simulation.now)
        text = cache(lambda: json.dumps(event, ensure_ascii=False, separators=(",", ":")))
        for arn, handle in self.rules.items():
            if only is None or arn in only:
                wait = (
                    self.simulation.order.uniform(0, _SHUFFLE_SECONDS)
                    if self.simulation.faults.shuffled
                    else 0.0
                )
                self.simulation.clock.at(self.simulation.now + wait, partial(handle, event, text))


class Buses:
    """EventBridge as boto3 and the pipe see it."""

    def __init__(self, simulation: Simulation, buses: Mapping[str, Bus]) -> None:
        self._simulation = simulation
        self._buses = {bus.name: bus for bus in buses.values()}
        self._replays: set[str] = set()
        self.operations: Operations = {"PutEvents": lambda given: self.put(given["Entries"])}

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the buses it is done to."""
        names = [each.get("EventBusName", "default") for each in parameters["Entries"]]
        return [("events:PutEvents", bus_arn(name)) for name in dict.fromkeys(names)]

    def put(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put up to ten entries; each is taken or refused for itself."""
        if len(entries) > 10:
            raise Refused("ValidationException", "1 validation error detected: Value at 'entries' "
                          "failed to satisfy constraint: Member must have length less than or "
                          "equal to 10")  # fmt: skip
        if sum(_size(entry) for entry in entries) > _LARGEST:
            raise Refused("ValidationException", "Total size of the entries in the request is over "
                          "the limit.")  # fmt: skip
        refused = self._simulation.faults.refused(len(entries))
        results = []
        for number, entry in enumerate(entries):
            problem = "InternalFailure" if number < refused else _problem(entry)
            if problem:
                about = vote_key_of(parsed(entry.get("Detail", "")))
                self._simulation.trace.note("refused", "PutEvents", about, why=problem)
                results.append({"ErrorCode": problem, "ErrorMessage": "The entry was refused."})
            else:
                results.append({"EventId": self._put(entry)})
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    def replay(
        self, archive: Archive, name: str, start: float, end: float, rules: list[str] | None
    ) -> None:
        """Put what an archive kept on its bus again, marked with the replay's name."""
        if name in self._replays:
            raise Refused("ResourceAlreadyExistsException", f"Replay {name} already exists.")
        bus = self._buses[archive.bus]
        events = archive.between(start, end, self._simulation.now)
        self._replays.add(name)
        self._simulation.trace.note("replayed", archive.id, name=name, events=len(events))
        for event in events:
            self._simulation.clock.soon(partial(bus.take, {**event, _REPLAY: name}, rules))

    def _put(self, entry: Mapping[str, Any]) -> str:
        event_id = self._simulation.random.uuid()
        bus = self._buses.get(last_part(entry.get("EventBusName", "default")))
        detail = json.loads(entry["Detail"])
        about = vote_key_of(detail)
        if bus is None:
            # AWS, too, reports success and drops the event.
            where = str(entry.get("EventBusName", "default"))
            self._simulation.trace.note("lost", where, about, why="There is no such bus.")
            return event_id
        bus.take(
            {
                "version": "0",
                "id": event_id,
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": ACCOUNT,
                "time": _stamp(entry.get("Time"), self._simulation.now),
                "region": REGION,
                "resources": list(entry.get("Resources", ())),
                "detail": detail,
            }
        )
        facts = {"type": entry["DetailType"], "id": event_id[:8]}
        self._simulation.trace.note("on the bus", bus.id, about, **facts)
        return event_id


def bus_arn(name: str) -> str:
    """The ARN of a bus that is named, or given by its ARN."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}"


def _problem(entry: Mapping[str, Any]) -> str | None:
    """Why the bus refuses an entry, as its ErrorCode."""
    if any(not entry.get(name) for name in ("Source", "DetailType", "Detail")):
        return "InvalidArgument"
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException"
    return None if isinstance(parsed(entry["Detail"]), dict) else "MalformedDetail"


def _size(entry: Mapping[str, Any]) -> int:
    names = ("Source", "DetailType", "Detail")
    return sum(len(str(entry.get(name, "")).encode()) for name in names) + 14


def _stamp(given: Any, now: float) -> str:
    """An event's time as the bus writes it: to the second."""
    if given is None:
        moment = now
    elif isinstance(given, datetime):
        moment = given.timestamp()
    else:
        moment = _epoch(given) if isinstance(given, str) else float(given)
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S}Z"


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
