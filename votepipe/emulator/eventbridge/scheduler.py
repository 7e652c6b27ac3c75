"""Schedules: those of the template, those of rules, and those that functions make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.eventbridge import cron
from votepipe.emulator.eventbridge.rule import Rule, Target
from votepipe.emulator.services.calls import Refused
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import NO_VOTE, vote_key_of
from votepipe.emulator.simulation.virtual_clock import Entry

Parameters = Mapping[str, Any]

# AWS calls within the minute after the time that is set.
_PRECISION = 60.0


@dataclass(eq=False)
class Timer:
    """Calls `fire` with the time that was set, each time that comes round, until called off."""

    simulation: Simulation
    next: cron.Next
    recurring: bool
    fire: Callable[[float], None]
    over: Callable[[], None] = lambda: None
    _entry: Entry | None = None

    def start(self, after: float | None = None) -> None:
        """Wait for the next time."""
        due = self.next(self.simulation.now if after is None else after)
        if due is None:
            self.over()
            return
        late = self.simulation.random.uniform(0, _PRECISION)
        self._entry = self.simulation.clock.at(
            due + late, lambda: self._ring(due), recurring=self.recurring
        )

    def stop(self) -> None:
        """Wait no longer."""
        if self._entry:
            self.simulation.clock.cancel(self._entry)

    def _ring(self, due: float) -> None:
        self.fire(due)
        self.start(after=due)


class Scheduler:
    """EventBridge Scheduler as boto3 sees it."""

    def __init__(
        self, simulation: Simulation, target: Callable[[str, str, Mapping[str, Any]], Target]
    ) -> None:
        self._simulation = simulation
        self._target = target
        self._schedules: dict[tuple[str, str], tuple[dict[str, Any], Timer | None]] = {}
        self.operations: Mapping[str, Callable[[Parameters], dict[str, Any]]] = {
            "CreateSchedule": self._create,
            "UpdateSchedule": self._update,
            "DeleteSchedule": self._delete,
            "GetSchedule": self._get,
            "ListSchedules": self._list,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the schedule it is done to; making one hands a role on, too."""
        if operation == "ListSchedules":
            return [("scheduler:ListSchedules", "*")]
        needed = [(f"scheduler:{operation}", _arn(*_key(parameters)))]
        if role := parameters.get("Target", {}).get("RoleArn"):
            needed.append(("iam:PassRole", role))
        return needed

    def make(self, name: str, group: str, facts: Mapping[str, Any]) -> None:
        """Make the schedule that has these properties."""
        timer = None
        if facts.get("State", "ENABLED") == "ENABLED":
            timer = self._timer(name, group, facts)
        self._schedules[group, name] = (dict(facts), timer)
        if timer:
            timer.start()

    def _timer(self, name: str, group: str, facts: Mapping[str, Any]) -> Timer:
        arn = _arn(group, name)
        target = self._target(name, arn, facts["Target"])
        expression = facts["ScheduleExpression"]
        zone = facts.get("ScheduleExpressionTimezone", "UTC")
        first, last = (_moment(facts.get(each)) for each in ("StartDate", "EndDate"))
        next_ = cron.parse(expression, zone, first or self._simulation.now)
        once = expression.startswith("at(")

        def within(after: float) -> float | None:
            due = next_(max(after, (first or 0.0) - 1e-6))
            return None if due is None or (last is not None and due > last) else due

        def fire(due: float) -> None:
            text = _input(facts["Target"].get("Input"), arn, due, self._simulation)
            about = vote_key_of(parsed(text))
            self._simulation.trace.note("fired", name, about, schedule=expression)
            target.deliver(text, about)

        def over() -> None:
            if facts.get("ActionAfterCompletion") == "DELETE":
                self._schedules.pop((group, name), None)

        return Timer(self._simulation, within, not once, fire, over)

    def _create(self, given: Parameters) -> dict[str, Any]:
        group, name = _key(given)
        if (group, name) in self._schedules:
            raise Refused("ConflictException", f"Schedule {name} already exists.", 409)
        self._make(given)
        return {"ScheduleArn": _arn(group, name)}

    def _update(self, given: Parameters) -> dict[str, Any]:
        self._stop(given)
        self._make(given)
        return {"ScheduleArn": _arn(*_key(given))}

    def _delete(self, given: Parameters) -> dict[str, Any]:
        self._stop(given)
        del self._schedules[_key(given)]
        return {}

    def _get(self, given: Parameters) -> dict[str, Any]:
        facts, _ = self._known(given)
        return {**facts, "Arn": _arn(*_key(given))}

    def _list(self, given: Parameters) -> dict[str, Any]:
        start = given.get("NamePrefix", "")
        wanted = given.get("GroupName")
        return {
            "Schedules": [
                {"Name": name, "GroupName": group, "Arn": _arn(group, name)}
                for group, name in sorted(self._schedules)
                if name.startswith(start) and wanted in (None, group)
            ]
        }

    def _make(self, given: Parameters) -> None:
        group, name = _key(given)
        try:
            self.make(name, group, given)
        except Unmodelled as error:
            raise Refused("ValidationException", str(error)) from None

    def _stop(self, given: Parameters) -> None:
        _, timer = self._known(given)
        if timer:
            timer.stop()

    def _known(self, given: Parameters) -> tuple[dict[str, Any], Timer | None]:
        if _key(given) not in self._schedules:
            raise Refused("ResourceNotFoundException", "Schedule does not exist.", 404)
        return self._schedules[_key(given)]


def ring(simulation: Simulation, rule: Rule, expression: str) -> None:
    """Have a rule send its own event each time that its schedule comes round."""

    def fire(due: float) -> None:
        moment = f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}"
        event = {
            "version": "0",
            "id": simulation.random.uuid(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": moment,
            "region": REGION,
            "resources": [rule.arn],
            "detail": {},
        }
        simulation.trace.note("fired", rule.id, schedule=expression)
        rule.fire(event, NO_VOTE)

    Timer(simulation, cron.parse(expression, start=simulation.now), True, fire).start()


def _key(given: Parameters) -> tuple[str, str]:
    return given.get("GroupName", "default"), given["Name"]


def _arn(group: str, name: str) -> str:
    return f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}"


def _moment(given: Any) -> float | None:
    if given is None:
        return None
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    return float((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _input(text: str | None, arn: str, due: float, simulation: Simulation) -> str:
    """The text for the target, with the words that the scheduler fills in."""
    known = {
        "schedule-arn": arn,
        "scheduled-time": f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": simulation.random.uuid(),
        "attempt-number": "1",
    }
    filled = text or "{}"
    for name, value in known.items():
        filled = filled.replace(f"<aws.scheduler.{name}>", value)
    return filled
