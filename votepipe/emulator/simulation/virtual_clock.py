"""Virtual time, and what happens when."""

import heapq
import itertools
from collections.abc import Callable

from votepipe.emulator.simulation.errors import KitError

_MOST_AT_ONCE = 1_000_000


class Timer:
    """A callback due at a moment; `do` is None once it ran or was cancelled."""

    __slots__ = ("do", "recurring", "when")

    def __init__(self, when: float, do: Callable[[], None], recurring: bool) -> None:
        self.when = when
        self.do: Callable[[], None] | None = do
        self.recurring = recurring


class VirtualClock:
    """Runs timers in the order of their time, those of one moment in the order they were set.

    `now` is in seconds since 1970 and moves only here.
    """

    def __init__(self, start: float) -> None:
        self.now = start
        self._heap: list[tuple[float, int, Timer]] = []
        self._numbers = itertools.count()
        self._waiting = 0  # entries of things that come to an end

    def at(self, when: float, do: Callable[[], None], *, recurring: bool = False) -> Timer:
        """Run a callback at that moment, or now if that is past.

        A `recurring` one does not keep the clock from being idle.
        """
        timer = Timer(max(when, self.now), do, recurring)
        heapq.heappush(self._heap, (timer.when, next(self._numbers), timer))
        self._waiting += not recurring
        return timer

    def at_latest(self, when: float, do: Callable[[], None], timer: Timer | None) -> Timer:
        """A pending timer if it is due by then, else a new one in its place."""
        if timer is not None and timer.do is not None:
            if timer.when <= when:
                return timer
            self.cancel(timer)
        return self.at(when, do)

    def soon(self, do: Callable[[], None]) -> Timer:
        """Run a callback at this moment, after what is due already."""
        return self.at(self.now, do)

    def cancel(self, timer: Timer) -> None:
        """Cancel a timer; one that ran already is ignored."""
        if timer.do is not None:
            timer.do = None
            self._waiting -= not timer.recurring

    @property
    def idle(self) -> bool:
        """Whether only recurring timers are left."""
        return self._waiting == 0

    def run_until(self, when: float) -> None:
        """Run all that is due up to that moment, and set the time to it."""
        self._run(when, until_idle=False)
        self.now = max(self.now, when)

    def run_until_idle(self, until: float) -> bool:
        """Run what is due until the clock is idle; False if it is not by `until`.

        Time stops at the last timer that ran.
        """
        self._run(until, until_idle=True)
        return self.idle

    def run_next(self) -> None:
        """Run what is due next, whenever that is. Raises KitError without any timer."""
        if not self._heap:
            raise KitError("No timer is left, so nothing more will happen.")
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
                    "The pipeline loops without end: "
                    f"{_MOST_AT_ONCE:,} timers were due at one moment. Look at its trace."
                )
            self.now = when
            do()
