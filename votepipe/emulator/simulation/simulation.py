"""What all parts of one pipeline share."""

from typing import TYPE_CHECKING

from votepipe.emulator.eventbridge.transform import Whole
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.faults import Faults
from votepipe.emulator.simulation.seeded_random import Chance
from votepipe.emulator.simulation.tasks import Tasks
from votepipe.emulator.simulation.trace import Trace
from votepipe.emulator.simulation.virtual_clock import Agenda

if TYPE_CHECKING:
    from votepipe.emulator.functions.function import Invocation


class World:
    """Time, chance, faults and the trace of one pipeline.

    `order` is chance of its own for what `reorder` shuffles, so that ids stay as they were.
    `invocation` is the call of a function whose code runs right now; `refused` is what functions
    used that is not modelled, kept as their own code may swallow the error.
    """

    def __init__(self, start: float, seed: int) -> None:
        self.agenda = Agenda(start)
        self.tasks = Tasks(self.agenda)
        self.chance = Chance(seed)
        self.order = Chance(seed)
        self.faults = Faults()
        self.trace = Trace(self.agenda)
        self.invocation: Invocation | None = None
        self.refused: list[Unmodelled] = []
        self.whole = Whole()

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970."""
        return self.agenda.now

    def refuse(self, text: str) -> Unmodelled:
        """Note that something is not modelled; returns the error to raise."""
        error = Unmodelled(text)
        self.refused.append(error)
        return error
