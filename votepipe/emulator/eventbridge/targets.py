"""What rules and schedules can send to: queues, functions and buses."""

import json
from collections.abc import Mapping
from typing import Any

from votepipe.emulator.eventbridge.asynchronous import Asynchronous
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.eventbridge.rule import (
    SCHEDULE_TARGET,
    DeadLetters,
    NotDelivered,
    Outlet,
    Target,
    check_target,
    put,
    retry_policy,
)
from votepipe.emulator.functions.function import Function
from votepipe.emulator.services.calls import Allows
from votepipe.emulator.services.roles import QueuePolicies
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey
from votepipe.emulator.sqs.queue import Queue


class Targets:
    """Makes targets of their properties."""

    def __init__(
        self,
        simulation: Simulation,
        queues: Mapping[str, Queue],
        functions: Mapping[str, Function],
        buses: Buses,
        policies: QueuePolicies,
        allows: Allows,
        asynchronous: Asynchronous,
    ) -> None:
        self._simulation = simulation
        self._queues = {queue.arn: queue for queue in queues.values()}
        self._functions = {function.arn: function for function in functions.values()}
        self._buses = buses
        self._policies = policies
        self._allows = allows
        self._asynchronous = asynchronous

    def of_rule(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Target:
        """The target of a rule with these properties; queues must let the rule in."""
        check_target(origin, facts)

        def allowed(queue: Queue) -> bool:
            return self._policies.lets_in("events.amazonaws.com", origin_arn, queue.url, queue.arn)

        arn = facts["Arn"]
        outlet: Outlet
        if arn in self._queues:
            queue = self._queues[arn]
            outlet = _into(queue, allowed(queue))
        elif arn in self._functions:
            outlet = self._asynchronous.caller(self._functions[arn])
        elif ":event-bus/" in arn:
            outlet = self._forwarder(arn)
        else:
            raise Unmodelled(f"'{origin}' has a target that the kit does not model: '{arn}'.")
        dead_letters = self._dead_letters(origin, facts)
        filler = _filler(dead_letters, allowed(dead_letters)) if dead_letters else None
        return self._target(origin, origin_arn, facts, outlet, filler)

    def of_schedule(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Target:
        """The target of a schedule, whose role must allow what it does."""
        check_target(origin, facts, SCHEDULE_TARGET)
        arn, role = facts["Arn"], facts["RoleArn"]

        def may(action: str, resource: str) -> bool:
            return self._allows(role, action, resource)

        outlet: Outlet
        if arn in self._queues:
            outlet = _into(self._queues[arn], may("sqs:SendMessage", arn))
        elif arn in self._functions:
            outlet = self._asynchronous.caller(
                self._functions[arn], may("lambda:InvokeFunction", arn)
            )
        elif ":event-bus/" in arn and "EventBridgeParameters" in facts:
            outlet = self._entry(arn, facts["EventBridgeParameters"], may("events:PutEvents", arn))
        else:
            raise Unmodelled(f"'{origin}' has a target that the kit does not model: '{arn}'.")
        dead_letters = self._dead_letters(origin, facts)
        filler = None
        if dead_letters:
            filler = _filler(dead_letters, may("sqs:SendMessage", dead_letters.arn))
        return self._target(origin, origin_arn, facts, outlet, filler)

    def _target(
        self,
        origin: str,
        origin_arn: str,
        facts: Mapping[str, Any],
        outlet: Outlet,
        dead_letters: DeadLetters | None,
    ) -> Target:
        attempts, age = retry_policy(facts)
        return Target(
            self._simulation,
            origin,
            origin_arn,
            facts["Arn"],
            facts,
            outlet,
            dead_letters,
            attempts,
            age,
        )

    def _dead_letters(self, origin: str, facts: Mapping[str, Any]) -> Queue | None:
        arn = facts.get("DeadLetterConfig", {}).get("Arn")
        if arn is not None and arn not in self._queues:
            raise Unmodelled(f"'{origin}' has dead letters outside of the template.")
        return self._queues.get(arn or "")

    def _forwarder(self, bus_arn: str) -> Outlet:
        """Puts a rule's events on another bus."""

        def send(text: str, about: VoteKey) -> None:
            event = parsed(text)
            self._put(
                {
                    "EventBusName": bus_arn,
                    "Source": event["source"],
                    "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]),
                    "Time": event["time"],
                    "Resources": event["resources"],
                }
            )

        return send

    def _entry(self, bus_arn: str, parameters: Mapping[str, str], allowed: bool) -> Outlet:
        def send(text: str, about: VoteKey) -> None:
            if not allowed:
                raise NotDelivered("NO_PERMISSIONS", "The role does not let it.", final=True)
            self._put(
                {
                    "EventBusName": bus_arn,
                    "Source": parameters["Source"],
                    "DetailType": parameters["DetailType"],
                    "Detail": text,
                }
            )

        return send

    def _put(self, entry: Mapping[str, Any]) -> None:
        result = self._buses.put([entry])["Entries"][0]
        if "ErrorCode" in result:
            raise NotDelivered(result["ErrorCode"], "The bus refused the event.")


def _into(queue: Queue, allowed: bool) -> Outlet:
    return lambda text, about: put(queue, allowed, text, about, {})


def _filler(queue: Queue, allowed: bool) -> DeadLetters:
    return lambda text, about, attributes: put(queue, allowed, text, about, attributes)
