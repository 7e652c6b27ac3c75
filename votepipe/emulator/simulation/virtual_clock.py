"""Virtual time, and what is to be done at which moment of it."""

import heapq
import itertools
from collections.abc import Callable

from votepipe.emulator.simulation.errors import KitError

_MOST_AT_ONCE = 1_000_000


class Timer:
    """Something to be done at a moment; `do` is None once it was done or called off."""

    __slots__ = ("do", "recurring", "when")

    def __init__(self, when: float, do: Callable[[], None], recurring: bool) -> None:
        self.when = when
        self.do: Callable[[], None] | None = do
        self.recurring = recurring


class VirtualClock:
    """Does everything in the order of its time; what is due at one moment, first come first served.

    `now` is in seconds since 1970 and moves only here.
    """

    def __init__(self, start: float) -> None:
        self.now = start
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._waiting = 0  # entries of things that come to an end

    def at(self, when: float, do: Callable[[], None], *, recurring: bool = False) -> Timer:
        """Have it done at that moment, or now if that is past.

        What is `recurring` goes on for ever and keeps nothing from coming to rest.
        """
        timer = Timer(max(when, self.now), do, recurring)
        heapq.heappush(self._heap, (timer.when, next(self._numbers), timer))
        self._waiting += not recurring
        return timer

    def soon(self, do: Callable[[], None]) -> Timer:
        """Have it done at this moment, after what is due already."""
        return self.at(self.now, do)

    def cancel(self, timer: Timer) -> None:
        """Call it off; fine when it was done already."""
        if timer.do is not None:
            timer.do = None
            self._waiting -= not timer.recurring

    @property
    def idle(self) -> bool:
        """Whether nothing is left but what recurs."""
        return self._waiting == 0

    def run_until(self, when: float) -> None:
        """Do all that is due up to that moment, which it then is."""
        self._run(when, until_idle=False)
        self.now = max(self.now, when)

    def run_until_idle(self, until: float) -> bool:
        """Do all that is due until nothing is left but what recurs; False if that is after `until`.

        Time then stands where the last of it was done.
        """
        self._run(until, until_idle=True)
        return self.idle

    def run_next(self) -> None:
        """Do what is due next, whenever that is. Raises KitError when nothing is."""
        if not self._heap:
            raise KitError("Nothing is left to do, so nothing more will come.")
        self._run(self._heap[0][0], until_idle=False)

    def _run(self, until: float, *, until_idle: bool) -> None:
        at_once = 0
        while self._heap and self._heap[0][0] <= until and not (until_idle and self.idle):
            when, _, timer = heapq.heappop(self._heap)
            do, timer.do = timer.do, None
            if do is None:
                continue
            self._waiting -= not timer.recurring
            at_once = at_once + 1 if when == self.now else 0
            if at_once > _MOST_AT_ONCE:
                raise KitError(
                    "The pipeline goes round in circles: "
                    f"{_MOST_AT_ONCE:,} things were due at one moment. Look at its trace."
                )
            self.now = when
            do()
