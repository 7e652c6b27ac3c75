"""What all parts of one pipeline share."""

from votepipe.testing.agenda import Agenda
from votepipe.testing.chance import Chance
from votepipe.testing.faults import Faults
from votepipe.testing.tasks import Tasks
from votepipe.testing.trace import Trace


class World:
    """Time, chance, faults and the trace of one pipeline.

    `order` is chance of its own for what `reorder` shuffles, so that ids stay as they were.
    """

    def __init__(self, start: float, seed: int) -> None:
        self.agenda = Agenda(start)
        self.tasks = Tasks(self.agenda)
        self.chance = Chance(seed)
        self.order = Chance(seed)
        self.faults = Faults()
        self.trace = Trace(self.agenda)

    @property
    def now(self) -> float:
        """Virtual time in seconds since 1970."""
        return self.agenda.now
