"""What all parts of one pipeline share."""

import copy
import random
from typing import Self

from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.faults import Faults
from votepipe.emulator.simulation.tasks import Tasks
from votepipe.emulator.simulation.trace import Trace
from votepipe.emulator.simulation.usage import Usage
from votepipe.emulator.simulation.virtual_clock import VirtualClock


class SeededRandom(random.Random):
    """Ids, jitter and orders that are the same in every run with the same seed."""

    def uuid(self) -> str:
        """An id as AWS gives to events and messages."""
        digits = f"{self.getrandbits(128):032x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "-".join(parts)

    def token(self, bits: int = 128) -> str:
        """An id in hexadecimal."""
        return f"{self.getrandbits(bits):0{bits // 4}x}"


class Simulation:
    """Time, random values, faults, the trace and the usage of one account.

    `order` is a source of its own for what `reorder` shuffles, so that ids stay as they were.
    `refused` is what functions used that is not modelled, as their own code may swallow the error.
    """

    def __init__(self, start: float, seed: int) -> None:
        self.clock = VirtualClock(start)
        self.tasks = Tasks(self.clock)
        self.random = SeededRandom(seed)
        self.order = SeededRandom(seed)
        self.faults = Faults()
        self.trace = Trace(self.clock)
        self.usage = Usage()
        self.refused: list[Unmodelled] = []

    def beside(self) -> Self:
        """That of another account: the same time and ids, but its own faults, trace and usage."""
        other = copy.copy(self)
        other.faults, other.trace, other.usage = Faults(), Trace(self.clock), Usage()
        return other

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970."""
        return self.clock.now

    def refuse(self, text: str) -> Unmodelled:
        """Note that something is not modelled; returns the error to raise."""
        error = Unmodelled(text)
        self.refused.append(error)
        return error
