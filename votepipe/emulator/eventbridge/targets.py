"""What rules and schedules can send to: queues, and for rules other buses too."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from votepipe.emulator.cloudformation.roles import QueuePolicies
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.eventbridge.rule import DeadLetters, NotDelivered, Outlet, Target
from votepipe.emulator.functions.calls import Allows
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey
from votepipe.emulator.sqs.queue import Queue, QueueError

_DAY = 86_400
_COMMON = {"Arn", "DeadLetterConfig", "RetryPolicy", "RoleArn"}
_OF_RULES = _COMMON | {"Id"}
_OF_SCHEDULES = _COMMON | {"Input"}


class Targets:
    """Makes targets of their properties."""

    def __init__(
        self,
        simulation: Simulation,
        queues: Mapping[str, Queue],
        buses: Buses,
        policies: QueuePolicies,
        allows: Allows,
    ) -> None:
        self._simulation = simulation
        self._queues = {queue.arn: queue for queue in queues.values()}
        self._buses = buses
        self._policies = policies
        self._allows = allows

    def of_rule(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Target:
        """The target of a rule with these properties; queues must let the rule in."""
        _check(origin, facts, _OF_RULES)

        def allowed(queue: Queue) -> bool:
            return self._policies.lets_in("events.amazonaws.com", origin_arn, queue.url, queue.arn)

        forward = self._forwards(origin, origin_arn, facts) if is_bus(facts["Arn"]) else None
        return self._target(origin, origin_arn, facts, allowed, forward)

    def of_schedule(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Target:
        """The target of a schedule, whose role must allow what it does."""
        _check(origin, facts, _OF_SCHEDULES)

        def allowed(queue: Queue) -> bool:
            return self._allows(facts["RoleArn"], "sqs:SendMessage", queue.arn)

        target = self._target(origin, origin_arn, facts, allowed, None)
        if keep := target.dead_letters:
            target.dead_letters = partial(_keep_call, keep, self._queues[facts["Arn"]].url)
        return target

    def _target(
        self,
        origin: str,
        origin_arn: str,
        facts: Mapping[str, Any],
        allowed: Callable[[Queue], bool],
        forward: Outlet | None,
    ) -> Target:
        arn = facts["Arn"]
        send = forward
        if queue := self._queues.get(arn):
            send = partial(_send, queue, allowed(queue))
        if send is None:
            raise Unmodelled(f"'{origin}' has a target that the kit does not model: '{arn}'.")
        dead_letters = self._dead_letters(origin, facts)
        return Target(
            self._simulation,
            origin,
            origin_arn,
            arn,
            send,
            partial(_send, dead_letters, allowed(dead_letters)) if dead_letters else None,
            *retry_policy(facts),
        )

    def _dead_letters(self, origin: str, facts: Mapping[str, Any]) -> Queue | None:
        arn = facts.get("DeadLetterConfig", {}).get("Arn")
        if arn is not None and arn not in self._queues:
            raise Unmodelled(f"'{origin}' has dead letters outside of the template.")
        return self._queues.get(arn or "")

    def _forwards(self, origin: str, origin_arn: str, facts: Mapping[str, Any]) -> Outlet:
        """Put a rule's event on another bus, by the target's role."""
        arn, role = facts["Arn"], facts.get("RoleArn")
        if role is None and arn.split(":")[4] != origin_arn.split(":")[4]:
            raise Unmodelled(
                f"AWS refuses '{origin}': a bus of another account needs the target's 'RoleArn'. "
                "Correct the template."
            )

        def forward(text: str, about: VoteKey) -> None:
            if role and not self._allows(role, "events:PutEvents", arn):
                why = f"The role '{role}' does not allow events:PutEvents on '{arn}'."
                raise NotDelivered("NO_PERMISSIONS", why, final=True)
            self._buses.forward(arn, json.loads(text))

        return forward


def is_bus(arn: str) -> bool:
    """Whether a target is a bus."""
    return ":event-bus/" in arn


def retry_policy(facts: Mapping[str, Any]) -> tuple[int, float]:
    """How often and for how long a target's failed deliveries are repeated; 185 times in a day."""
    policy = facts.get("RetryPolicy", {})
    attempts = int(policy.get("MaximumRetryAttempts", 185))
    return attempts, float(policy.get("MaximumEventAgeInSeconds", _DAY))


def _check(origin: str, facts: Mapping[str, Any], supported: set[str]) -> None:
    """Refuse what is not modelled of a target."""
    if unknown := sorted(set(facts) - supported):
        raise Unmodelled(
            f"A target of '{origin}' has '{unknown[0]}', which the kit does not model. Remove it."
        )


def _keep_call(
    keep: DeadLetters, url: str, text: str, about: VoteKey, attributes: Mapping[str, Any]
) -> None:
    """Put into the dead letters what Scheduler does: the call, and the schedule's ARN."""
    call = json.dumps({"MessageBody": text, "QueueUrl": url})
    named = {name.replace("RULE", "SCHEDULE"): value for name, value in attributes.items()}
    keep(call, about, named)


def _send(
    queue: Queue,
    allowed: bool,
    text: str,
    about: VoteKey,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Send a text with attributes. Raises NotDelivered."""
    if not allowed:
        raise NotDelivered("NO_PERMISSIONS", f"Sending to '{queue.id}' is not allowed.", final=True)
    if queue.simulation.faults.next(queue.id):
        raise NotDelivered("INTERNAL_ERROR", f"'{queue.id}' did not answer.")
    typed = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (attributes or {}).items()
    }
    try:
        queue.send(text, attributes=typed, sender="AIDAEVENTS", vote_key=about)
    except QueueError as error:
        raise NotDelivered("INVALID_PARAMETER", str(error), final=True) from None
