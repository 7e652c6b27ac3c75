"""The moments right before and right after each call that a function makes, and crashes at them.

Every boto3 call and every HTTP request is a call. A function that dies between two of its calls
looks from outside as if it had died at one of these moments: so crashing at each of them once is
crashing everywhere.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Literal, NamedTuple

from votepipe.aws import secrets
from votepipe.delivery import leases, messages
from votepipe.emulator.functions.invocation import Invocation
from votepipe.emulator.simulation.errors import Crash

Moment = Literal["before", "after"]

# By identity: hashing a code object hashes all of its bytecode.
PARTS: Mapping[int, str] = {
    id(function.__code__): part
    for function, part in (
        (leases.Leases.take, "lease"),
        (leases.Leases.mark, "mark"),
        (leases.Leases.release, "release"),
        (messages.send_to_dlq, "send to dlq"),
        (messages.change_visibility, "put back"),
        (secrets.read, "settings"),
    )
}


# Calls that send no message to a receiver, so they need no owner.
_SILENT = ("dynamodb.", "events.", "scheduler.", "secretsmanager.", "sqs.")


class Step(NamedTuple):
    """One moment of one function's work.

    `part` is what the library is about: 'settings', 'lease', 'deliver' (the sink's own function),
    'mark', 'release', 'send to dlq' or 'put back'; '' for any other code. `request` is the id of
    the function's invocation.
    """

    number: int
    function: str
    moment: Moment
    call: str
    part: str
    request: str

    def __str__(self) -> str:
        part = f" ({self.part})" if self.part else ""
        return f"step {self.number}: {self.function} {self.moment} {self.call}{part}"


@dataclass
class Between:
    """A crash before a call of part `second` that follows one of part `first`."""

    first: str
    second: str
    times: int


@dataclass
class CrashPoints:
    """All steps that functions made so far, and where to crash."""

    made: list[Step] = field(default_factory=list)
    crash_at: set[int] = field(default_factory=set)
    between: list[Between] = field(default_factory=list)

    def before(self, invocation: Invocation, call: str) -> str:
        """Note that a call is about to be made, and return the part it belongs to.

        Raises Crash where the test wants one.
        """
        part, frame = whereabouts(invocation.process.code)
        invocation.events = None
        if frame is not None and part == "deliver" and not call.startswith(_SILENT):
            invocation.events = frame.f_locals.get(frame.f_code.co_varnames[0])
        elif frame is not None and part == "mark":
            invocation.marked.add(frame.f_locals["delivery"].event.id)
        self._reach(invocation, "before", call, part)
        return part

    def after(self, invocation: Invocation, call: str, part: str) -> None:
        """Note that a call was made. Raises Crash where the test wants one."""
        self._reach(invocation, "after", call, part)
        invocation.last_part = part or invocation.last_part

    def _reach(self, invocation: Invocation, moment: Moment, call: str, part: str) -> None:
        step = Step(len(self.made), invocation.id, moment, call, part, invocation.request_id)
        self.made.append(step)
        if invocation.process.dead or self._crashes(step, invocation.last_part):
            invocation.process.dead = True
            raise Crash("Runtime exited")

    def _crashes(self, step: Step, last_part: str) -> bool:
        if step.number in self.crash_at:
            return True
        for plan in self.between:
            if plan.times and step.moment == "before" and step.part == plan.second:
                if last_part != plan.first:
                    continue
                plan.times -= 1
                return True
        return False


def distinct(steps: Iterable[Step]) -> list[Step]:
    """The steps at which crashes differ.

    From right after a call to right before the next one nothing changes outside of the function.
    """
    found: list[Step] = []
    request = ""
    for step in steps:
        if step.moment == "after" or step.request != request:
            found.append(step)
        request = step.request
    return found


def whereabouts(sink: CodeType | None) -> tuple[str, FrameType | None]:
    """The part of the library, or the sink's own function, that the caller's code is in."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if id(code) in PARTS:
            return PARTS[id(code)], frame
        if code is sink:
            return "deliver", frame
        frame = frame.f_back
    return "", None
