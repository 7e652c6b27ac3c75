"""The event buses: their rules, their archives, replays, and PutEvents."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.cloudformation.roles import BusPolicies
from votepipe.emulator.eventbridge.rule import NotDelivered
from votepipe.emulator.functions.calls import Operations, Parameters, Refused
from votepipe.emulator.patterns import Pattern
from votepipe.emulator.simulation.jsontext import last_part, parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import vote_key_of
from votepipe.emulator.simulation.usage import EVENTS, REQUEST, units

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
    """EventBridge of one account as boto3, the pipe and the rules of all accounts see it.

    `everywhere` has that of every account by its number; this one adds itself.
    """

    def __init__(
        self,
        simulation: Simulation,
        buses: Mapping[str, Bus],
        policies: BusPolicies,
        everywhere: "dict[str, Buses]",
        account: str = ACCOUNT,
    ) -> None:
        self._simulation = simulation
        self._by_arn = {bus.arn: bus for bus in buses.values()}
        self._policies = policies
        self._everywhere = everywhere
        self._account = account
        self._forwarded: set[str] = set()
        self._replays: set[str] = set()
        self.operations: Operations = {"PutEvents": lambda given: self.put(given["Entries"])}
        everywhere[account] = self

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the buses it is done to."""
        arns = [self._arn(entry) for entry in parameters["Entries"]]
        return [("events:PutEvents", arn) for arn in dict.fromkeys(arns)]

    def put(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Put up to ten entries; each is taken or refused for itself."""
        if len(entries) > 10:
            raise Refused("ValidationException", "1 validation error detected: Value at 'entries' "
                          "failed to satisfy constraint: Member must have length less than or "
                          "equal to 10")  # fmt: skip
        sizes = [_size(entry) for entry in entries]
        if sum(sizes) > _LARGEST:
            raise Refused("ValidationException", "Total size of the entries in the request is over "
                          "the limit.")  # fmt: skip
        refused = self._simulation.faults.refused(len(entries))
        results = []
        for number, (entry, size) in enumerate(zip(entries, sizes, strict=True)):
            detail = parsed(entry.get("Detail", ""))
            problem = "InternalFailure" if number < refused else _problem(entry, detail)
            if problem:
                results.append(self._refused(detail, problem))
            else:
                results.append(self._put(entry, detail, size))
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    def forward(self, arn: str, event: Event) -> None:
        """Put a rule's event on another bus, of this account or another. Raises NotDelivered."""
        if event["id"] in self._forwarded:
            raise NotDelivered(
                "THIRD_ACCOUNT_HOP_DETECTED", "A rule put it on this bus already.", final=True
            )
        home = self._everywhere.get(_account_of(arn))
        if home is None or not home.has(arn):
            raise NotDelivered("NO_RESOURCE", f"There is no bus '{arn}'.", final=True)
        if not home.lets_in(self._account, arn, event, by_rule=True):
            raise NotDelivered("NO_PERMISSIONS", f"The policy of '{arn}' forbids it.", final=True)
        self._simulation.trace.note("forwarded", arn, vote_key_of(event))
        home.take(arn, event | {"id": self._simulation.random.uuid()}, forwarded=True)

    def has(self, arn: str) -> bool:
        """Whether this account has the bus, and no test took it away."""
        bus = self._by_arn.get(arn)
        return bus is not None and bus.id not in self._simulation.faults.away

    def lets_in(self, account: str, arn: str, event: Event, *, by_rule: bool) -> bool:
        """Whether an account may put an event on a bus; this one may, by its roles."""
        if account == self._account:
            return True
        context = {
            "events:source": event["source"],
            "events:detail-type": event["detail-type"],
            "events:eventBusInvocation": str(by_rule).lower(),
        }
        away = self._simulation.faults.away
        return self.has(arn) and self._policies.lets_in(account, arn, context, away)

    def take(self, arn: str, event: Event, *, forwarded: bool = False) -> None:
        """Put an event on the bus with that ARN; where there is none, it is lost."""
        about = vote_key_of(event)
        if not self.has(arn):
            # AWS, too, reports success and drops the event.
            self._simulation.trace.note("lost", arn, about, why="There is no such bus.")
            return
        if forwarded:
            self._forwarded.add(event["id"])
        bus = self._by_arn[arn]
        bus.take(event)
        facts = {"type": event["detail-type"], "id": event["id"][:8]}
        self._simulation.trace.note("on the bus", bus.id, about, **facts)

    def replay(
        self, archive: Archive, name: str, start: float, end: float, rules: list[str] | None
    ) -> None:
        """Put what an archive kept on its bus again, marked with the replay's name."""
        if name in self._replays:
            raise Refused("ResourceAlreadyExistsException", f"Replay {name} already exists.")
        (bus,) = (bus for bus in self._by_arn.values() if bus.name == archive.bus)
        events = archive.between(start, end, self._simulation.now)
        self._replays.add(name)
        self._simulation.trace.note("replayed", archive.id, name=name, events=len(events))
        for event in events:
            self._simulation.clock.soon(partial(bus.take, {**event, _REPLAY: name}, rules))

    def _put(self, entry: Mapping[str, Any], detail: Event, size: int) -> dict[str, str]:
        arn, event = self._arn(entry), self._event(entry, detail)
        home = self._everywhere.get(_account_of(arn), self)
        if not home.lets_in(self._account, arn, event, by_rule=False):
            return self._refused(detail, "AccessDeniedException")
        self._simulation.usage.add(EVENTS, units(size, REQUEST), who=last_part(arn))
        home.take(arn, event)
        return {"EventId": event["id"]}

    def _refused(self, detail: Any, problem: str) -> dict[str, str]:
        self._simulation.trace.note("refused", "PutEvents", vote_key_of(detail), why=problem)
        return {"ErrorCode": problem, "ErrorMessage": "The entry was refused."}

    def _event(self, entry: Mapping[str, Any], detail: Event) -> Event:
        return {
            "version": "0",
            "id": self._simulation.random.uuid(),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._account,
            "time": _stamp(entry.get("Time"), self._simulation.now),
            "region": REGION,
            "resources": list(entry.get("Resources", ())),
            "detail": detail,
        }

    def _arn(self, entry: Mapping[str, Any]) -> str:
        """The ARN of an entry's bus, which may be given by its name."""
        name = str(entry.get("EventBusName", "default"))
        if name.startswith("arn:"):
            return name
        return f"arn:aws:events:{REGION}:{self._account}:event-bus/{name}"


def _account_of(arn: str) -> str:
    return arn.split(":")[4]


def _problem(entry: Mapping[str, Any], detail: Any) -> str | None:
    """Why the bus refuses an entry, as its ErrorCode."""
    if any(not entry.get(name) for name in ("Source", "DetailType", "Detail")):
        return "InvalidArgument"
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException"
    return None if isinstance(detail, dict) else "MalformedDetail"


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
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")[:-6] + "Z"


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
