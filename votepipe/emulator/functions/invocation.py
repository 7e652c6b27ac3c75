"""A running call of a function."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.functions.process import Process
from votepipe.emulator.simulation.errors import TimedOut
from votepipe.emulator.simulation.simulation import Simulation


class Abandoned(BaseException):
    """Ends work that took longer than its caller waits."""


@dataclass(eq=False, kw_only=True)
class Invocation:
    """One call of a function; `id`, `sink`, `role` and `timeout` are the function's.

    `marked` gets the ids of events that it is about to mark as delivered; `events` are those that
    the sink's own function is delivering, `last_part` the part of the library that made the last
    call. `limit` is when work that it waits for is abandoned. `leave` switches back to the process
    that ran before.
    """

    simulation: Simulation
    process: Process
    id: str
    sink: str
    role: str
    timeout: float
    deadline: float
    request_id: str
    marked: set[str] = field(default_factory=set)
    events: Any = None
    last_part: str = ""
    limit: float = math.inf
    leave: Callable[[], None] = lambda: None

    def get_remaining_time_in_millis(self) -> int:
        """As in Lambda's context, in virtual time."""
        return max(0, round((self.deadline - self.simulation.now) * 1000))

    def limited(self, seconds: float, work: Callable[[], None]) -> None:
        """Do work, and abandon it after so many seconds."""
        self.limit = self.simulation.now + seconds
        try:
            work()
        except Abandoned:
            pass
        finally:
            self.limit = math.inf


class Current:
    """The invocation whose code runs right now, if there is one."""

    def __init__(self) -> None:
        self.invocation: Invocation | None = None

    def require(self) -> Invocation:
        """It, where there must be one."""
        if self.invocation is None:  # a thread outlived its function
            raise RuntimeError("no function is running")
        return self.invocation

    def wait(self, seconds: float) -> None:
        """Let virtual time pass for it while others run.

        No time passes in a thread that the function started. Raises TimedOut at the time-out, and
        Abandoned at the limit.
        """
        invocation = self.require()
        simulation = invocation.simulation
        if not simulation.tasks.mine:
            return
        left = min(invocation.deadline, invocation.limit) - simulation.now
        if seconds > 0 or left < seconds:
            self.invocation = None
            invocation.leave()
            try:
                simulation.tasks.wait(min(seconds, left))
            finally:
                invocation.leave = invocation.process.enter()
                self.invocation = invocation
        if seconds >= left:
            if invocation.limit < invocation.deadline:
                raise Abandoned
            invocation.process.dead = True
            raise TimedOut(f"Task timed out after {invocation.timeout:.2f} seconds")
