"""A rule: which events it matches, and how they reach its targets or their dead letters."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.patterns import Pattern
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey, vote_key_of

Event = dict[str, Any]
Outlet = Callable[[str, VoteKey], None]
DeadLetters = Callable[[str, VoteKey, Mapping[str, Any]], None]

_DAY = 86_400
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 900.0


class NotDelivered(Exception):
    """A target did not take an event; `final` when trying again cannot help."""

    def __init__(self, code: str, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.final = final


@dataclass(eq=False)
class Target:
    """One target of a rule or schedule; `send` raises NotDelivered.

    `dead_letters` takes a text and its attributes, if there is such a queue; `retrying`
    are the events that wait for another attempt, `lost` those given up without a dead letter, each
    with why.
    """

    simulation: Simulation
    origin: str
    origin_arn: str
    arn: str
    send: Outlet
    dead_letters: DeadLetters | None
    attempts: int
    age: float
    retrying: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)

    def deliver(self, text: str, about: VoteKey) -> None:
        """Send a text, and retry until it is taken or given up."""
        self._attempt(text, about, self.simulation.now, 0)

    def _attempt(self, text: str, about: VoteKey, first: float, retries: int) -> None:
        self.retrying.discard(about.event)
        try:
            self.send(text, about)
            return
        except NotDelivered as error:
            failure = error
        wait = min(_FIRST_WAIT * 2 ** min(retries, 20), _LONGEST_WAIT)
        wait *= self.simulation.random.uniform(0.5, 1.0)
        exhausted = None
        if not failure.final and retries >= self.attempts:
            exhausted = "MaximumRetryAttempts"
        elif not failure.final and self.simulation.now + wait - first > self.age:
            exhausted = "MaximumEventAgeInSeconds"
        if failure.final or exhausted:
            self._give_up(text, about, failure, retries, exhausted)
            return
        self.simulation.trace.note(
            "retried", self.origin, about, why=failure.code, wait=round(wait, 3)
        )
        self.retrying.add(about.event)
        self.simulation.clock.at(
            self.simulation.now + wait, lambda: self._attempt(text, about, first, retries + 1)
        )

    def _give_up(
        self,
        text: str,
        about: VoteKey,
        failure: NotDelivered,
        retries: int,
        exhausted: str | None,
    ) -> None:
        attributes = {
            "RULE_ARN": self.origin_arn,
            "TARGET_ARN": self.arn,
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": str(failure),
            "RETRY_ATTEMPTS": str(retries),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        what = "lost"
        if self.dead_letters:
            with contextlib.suppress(NotDelivered):
                self.dead_letters(text, about, attributes)
                what = "dead-lettered"
        if what == "lost":
            self.lost[about.event] = str(failure)
        self.simulation.trace.note(what, self.origin, about, why=failure.code, reason=str(failure))


@dataclass(eq=False)
class Rule:
    """A rule of the template, enabled or not."""

    simulation: Simulation
    id: str
    arn: str
    pattern: Pattern | None
    enabled: bool
    targets: list[Target] = field(default_factory=list)
    matched: list[Event] = field(default_factory=list)

    def handle(self, event: Event, as_text: Callable[[], str]) -> None:
        """Send an event to the targets if it matches."""
        if not self.enabled or self.pattern is None or not self.pattern.matches(event):
            return
        about = vote_key_of(event)
        self.matched.append(event)
        self.simulation.trace.note("matched", self.id, about, type=event["detail-type"])
        for target in self.targets:
            target.deliver(as_text(), about)
