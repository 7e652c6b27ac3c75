"""Fault injection: what fails on demand, and how often."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["error", "throttle"]


@dataclass
class Fault:
    """One thing that fails, the next `times` times."""

    kind: FaultKind
    times: int
    error: str


@dataclass
class PutFault:
    """Entries of the next `times` PutEvents that the bus refuses; all of them when None."""

    times: int
    entries: int | None


@dataclass
class Faults:
    """All faults of an account.

    `duplicates` is the share of messages that a queue hands out twice; `late` is how many seconds
    later the second time is. With `shuffled`, order is random. `takes` is how long each
    call of a function takes before its code runs, and `latency` each call that its code makes.
    `away` are buses and bus policies that are not there, by logical id.
    """

    of: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    puts: deque[PutFault] = field(default_factory=deque)
    duplicates: float = 0.0
    late: float = 0.0
    shuffled: bool = False
    takes: dict[str, float] = field(default_factory=dict)
    latency: tuple[float, float] = (0.0, 0.0)
    away: set[str] = field(default_factory=set)

    def next(self, name: str) -> Fault | None:
        """How this call of a function or queue fails, if it does."""
        waiting = self.of.get(name)
        if not waiting:
            return None
        fault = waiting[0]
        fault.times -= 1
        if fault.times <= 0:
            waiting.popleft()
        return fault

    def refused(self, entries: int) -> int:
        """How many entries of this PutEvents the bus refuses."""
        if not self.puts:
            return 0
        fault = self.puts[0]
        fault.times -= 1
        if fault.times <= 0:
            self.puts.popleft()
        return entries if fault.entries is None else min(entries, fault.entries)
