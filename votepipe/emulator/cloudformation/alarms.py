"""CloudWatch's alarms: which are on, by what the models know of the metrics that they look at.

AWS's own metrics are read from the trace and the queues, ours from what functions printed. What a
state machine looks at on a schedule is worked out from when pipes stood still.
"""

import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.eventbridge import cron
from votepipe.emulator.simulation.simulation import Simulation

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}
_HOPS = {"Errors": "failed", "Throttles": "throttled"}
# SQS leaves out of the oldest message's age what was received so often.
_POISON_RECEIVES = 3


class Alarms:
    """The alarms of a stack."""

    def __init__(self, simulation: Simulation, resources: Resources, models: Models) -> None:
        self._simulation = simulation
        self._resources = resources
        self._models = models

    def on(self) -> dict[str, float]:
        """The alarms that are on now, by logical id, each with the newest number that it is for."""
        found = {}
        for name, kind in self._resources.types.items():
            if kind == "AWS::CloudWatch::Alarm":
                facts = self._resources.resolved(name)
                breaching = list(self._breaching(facts))
                if len(breaching) >= facts.get("DatapointsToAlarm", facts["EvaluationPeriods"]):
                    found[name] = breaching[0]
        return found

    def _breaching(self, facts: Mapping[str, Any]) -> Iterator[float]:
        """The numbers beyond the threshold among the periods that it looks at, newest first."""
        metrics = facts.get("Metrics") or [{"Id": "m", "MetricStat": {"Metric": facts, **facts}}]
        beyond = _COMPARISONS[facts["ComparisonOperator"]]
        for number in range(facts["EvaluationPeriods"]):
            value = self._value(metrics, number)
            if value is not None and beyond(value, float(facts["Threshold"])):
                yield value

    def _value(self, metrics: list[Mapping[str, Any]], number: int) -> float | None:
        """What an alarm's metrics come to in a period, so many before the newest one."""
        stats = {each["Id"]: each["MetricStat"] for each in metrics if "MetricStat" in each}
        values = {id_: self._statistic(stat, number) for id_, stat in stats.items()}
        for each in metrics:
            if "Expression" in each:
                return computed(each["Expression"], values)
        return values["m"]

    def _statistic(self, stat: Mapping[str, Any], number: int) -> float | None:
        end = self._simulation.now - number * stat["Period"]
        data = [
            value
            for time, value in self._data(stat["Metric"], end)
            if end - stat["Period"] < time <= end
        ]
        return _STATISTICS[stat.get("Stat") or stat["Statistic"]](data) if data else None

    def _data(self, metric: Mapping[str, Any], end: float) -> Iterator[tuple[float, float]]:
        """The values of a metric with their times; those of a queue as they are at the end."""
        (dimension,) = metric["Dimensions"]
        name, value = metric["MetricName"], dimension["Value"]
        namespace = metric["Namespace"]
        if namespace == "AWS/SQS":
            yield from self._of_queue(name, value, end)
        elif namespace == "AWS/Lambda":
            yield from self._hops(value, lambda hop: hop.what == _HOPS[name])
        elif namespace == "AWS/EventBridge/Pipes":
            yield from self._of_pipe(name, value)
        elif namespace == "AWS/States":
            yield from self._of_machine(value)
        elif namespace == "votepipe":
            yield from self._printed(name, value)

    def _printed(self, metric: str, name: str) -> Iterator[tuple[float, float]]:
        for function in self._models.functions.values():
            for line in function.lines if function.name == name else ():
                if metric in line:
                    yield line["_aws"]["Timestamp"] / 1000, line[metric]

    def _of_queue(self, metric: str, name: str, end: float) -> Iterator[tuple[float, float]]:
        (queue,) = (each for each in self._models.queues.values() if each.name == name)
        held = [message for message in queue.messages if message.sent <= end]
        if metric == "ApproximateNumberOfMessagesVisible":
            yield end, len(held)
        ages = [end - each.sent for each in held if each.receives < _POISON_RECEIVES]
        if metric == "ApproximateAgeOfOldestMessage" and ages:
            yield end, max(ages)

    def _of_pipe(self, metric: str, name: str) -> Iterator[tuple[float, float]]:
        """An attempt that failed puts off, halves or gives up its records, all at one time."""
        throttled = metric == "ExecutionThrottled"
        if metric == "ExecutionTimeout":
            return  # the longest of our functions takes less than a pipe's five minutes
        yield from self._hops(
            name,
            lambda hop: "reason" in hop.facts and ("throttled" in hop.facts["reason"]) == throttled,
        )

    def _of_machine(self, arn: str) -> Iterator[tuple[float, float]]:
        """The looks of a state machine at a pipe that failed."""
        resources = self._resources
        (machine,) = (
            resources.resolved(name)
            for name, kind in resources.types.items()
            if kind == "AWS::StepFunctions::StateMachine" and resources.ref(name) == arn
        )
        states = json.loads(machine["DefinitionString"])
        for schedule in resources.of_type("AWS::Scheduler::Schedule").values():
            start = at = self._simulation.trace.start
            following = cron.parse(schedule["ScheduleExpression"], "UTC", start)
            while schedule["Target"]["Arn"] == arn and (at := following(at) or math.inf) <= (
                self._simulation.now
            ):
                if self._fails(states, machine["RoleArn"], at):
                    yield at, 1

    def _fails(self, machine: Mapping[str, Any], role: str, at: float) -> bool:
        """Whether a state machine that looks at a pipe fails at a time."""
        following = machine["StartAt"]
        found = {}
        while (state := machine["States"][following])["Type"] not in ("Succeed", "Fail"):
            if state["Type"] == "Task":
                (pipe,) = (each for each in self._models.pipes.values()
                           if each.definition.name == state["Parameters"]["Name"])  # fmt: skip
                if not self._models.roles.allows(role, "pipes:DescribePipe", pipe.definition.arn):
                    return True
                stopped = any(since <= at < until for since, until in pipe.stopped)
                found["$.CurrentState"] = "STOPPED" if stopped else "RUNNING"
            choices = (each["Next"] for each in state.get("Choices", ())
                       if found[each["Variable"]] == each["StringEquals"])  # fmt: skip
            following = next(choices, state.get("Default") or state.get("Next"))
        return bool(state["Type"] == "Fail")

    def _hops(self, name: str, wanted: Callable[[Any], bool]) -> Iterator[tuple[float, float]]:
        trace = self._simulation.trace
        ids = [each for each in self._resources.types if self._resources.name(each) == name]
        for at in sorted({hop.at for hop in trace.hops if hop.where in ids and wanted(hop)}):
            yield trace.start + at, 1


def computed(expression: str, values: Mapping[str, float | None]) -> float | None:
    """The template's own expression, in which CloudWatch's syntax is Python's."""
    try:
        result: float = eval(expression, {"FILL": _fill, "IF": _if}, values)  # noqa: S307
    except TypeError:  # there is no value where one of a metric is missing
        return None
    return result


def _fill(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _if(condition: bool, yes: float, no: float) -> float:
    return yes if condition else no
