"""What rules and schedules can send to: queues, functions and buses."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from votepipe.testing.bus import Buses
from votepipe.testing.errors import Closed, Unmodelled
from votepipe.testing.function import Function, FunctionError, Throttled
from votepipe.testing.queue import Queue
from votepipe.testing.roles import QueuePolicies
from votepipe.testing.rule import (
    NotDelivered,
    Outlet,
    Target,
    check_target,
    into_queue,
    put,
    retry_policy,
)
from votepipe.testing.trace import Subject, subject_of
from votepipe.testing.words import parsed
from votepipe.testing.world import World

# After an asynchronous call failed, Lambda tries it again twice: a minute later, then two.
_ASYNC_WAITS = (60.0, 120.0)


class Targets:
    """Makes targets of their properties."""

    def __init__(
        self,
        world: World,
        queues: Mapping[str, Queue],
        functions: Mapping[str, Function],
        buses: Buses,
        policies: QueuePolicies,
    ) -> None:
        self._world = world
        self._queues = {queue.arn: queue for queue in queues.values()}
        self._functions = {function.arn: function for function in functions.values()}
        self._buses = buses
        self._policies = policies

    def target(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Target:
        """The target of a rule with these properties."""
        check_target(origin, facts)
        dead_letters = None
        if arn := facts.get("DeadLetterConfig", {}).get("Arn"):
            queue = self._queue(origin, arn)
            dead_letters = self._filler(queue, self._lets_in(origin_arn, queue))
        attempts, age = retry_policy(facts)
        return Target(
            self._world,
            origin,
            origin_arn,
            facts["Arn"],
            facts,
            self._outlet(origin, origin_arn, facts["Arn"]),
            dead_letters,
            attempts,
            age,
        )

    def _outlet(self, origin: str, origin_arn: str, arn: str) -> Outlet:
        if arn in self._queues:
            queue = self._queues[arn]
            return into_queue(queue, self._lets_in(origin_arn, queue))
        if arn in self._functions:
            function = self._functions[arn]
            return lambda text, about: self._call(function, text, 0)
        if ":event-bus/" in arn:
            return lambda text, about: self._forward(arn, text)
        raise Unmodelled(f"'{origin}' has a target that the kit does not model: '{arn}'.")

    def _queue(self, origin: str, arn: str) -> Queue:
        if arn not in self._queues:
            raise Unmodelled(f"'{origin}' has dead letters outside of the template.")
        return self._queues[arn]

    def _lets_in(self, origin_arn: str, queue: Queue) -> bool:
        return self._policies.lets_in("events.amazonaws.com", origin_arn, queue.url, queue.arn)

    def _filler(
        self, queue: Queue, allowed: bool
    ) -> Callable[[str, Subject, Mapping[str, Any]], None]:
        return lambda text, about, attributes: put(queue, allowed, text, about, attributes)

    def _forward(self, bus_arn: str, text: str) -> None:
        event = parsed(text)
        entry = {
            "EventBusName": bus_arn,
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Time": event["time"],
            "Resources": event["resources"],
        }
        result = self._buses.put([entry])["Entries"][0]
        if "ErrorCode" in result:
            raise NotDelivered(result["ErrorCode"], "The bus refused the event.")

    def _call(self, function: Function, text: str, tries: int) -> None:
        """Call a function asynchronously: Lambda takes the event, and tries it by itself."""
        self._world.agenda.soon(
            lambda: self._world.tasks.run(lambda: self._attempt(function, text, tries))
        )

    def _attempt(self, function: Function, text: str, tries: int) -> None:
        about = subject_of(parsed(text))
        self._world.trace.note("called", function.id, about, attempt=tries + 1)
        try:
            function.invoke(parsed(text))
        except Closed:
            return
        except (FunctionError, Throttled) as error:
            if tries < len(_ASYNC_WAITS):
                when = self._world.now + _ASYNC_WAITS[tries]
                self._world.agenda.at(when, lambda: self._call(function, text, tries + 1))
            else:
                self._world.trace.note("lost", function.id, about, why=str(error))
