"""The template's schedules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from votepipe.emulator.eventbridge import cron
from votepipe.emulator.eventbridge.rule import Target
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import vote_key_of

# AWS calls within the minute after the time that is set.
_PRECISION = 60.0


class Schedule:
    """Sends its input to its target each time it is due."""

    def __init__(
        self, simulation: Simulation, name: str, arn: str, facts: Mapping[str, Any], target: Target
    ) -> None:
        self._simulation = simulation
        self._name = name
        self._arn = arn
        self._expression = str(facts["ScheduleExpression"])
        self._input = str(facts["Target"].get("Input", "{}"))
        self._target = target
        zone = facts.get("ScheduleExpressionTimezone", "UTC")
        self._next = cron.parse(self._expression, zone, simulation.now)
        if facts.get("State", "ENABLED") == "ENABLED":
            self._wait(simulation.now)

    def _wait(self, after: float) -> None:
        due = self._next(after)
        if due is not None:
            late = self._simulation.random.uniform(0, _PRECISION)
            recurring = not self._expression.startswith("at(")
            self._simulation.clock.at(due + late, lambda: self._fire(due), recurring=recurring)

    def _fire(self, due: float) -> None:
        text = self._text(due)
        about = vote_key_of(parsed(text))
        self._simulation.trace.note("fired", self._name, about, schedule=self._expression)
        self._target.deliver(text, about)
        self._wait(due)

    def _text(self, due: float) -> str:
        """The input, with the words that the scheduler fills in."""
        words = {
            "schedule-arn": self._arn,
            "scheduled-time": f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "execution-id": self._simulation.random.uuid(),
            "attempt-number": "1",
        }
        text = self._input
        for name, value in words.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text
