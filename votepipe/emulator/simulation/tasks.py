"""Code that waits in virtual time.

Each task has its own thread, but only one thread runs at a time: a task that waits or ends hands
control back to the clock. So the clock alone decides the order, and runs are reproducible.
"""

import threading
from collections.abc import Callable

from votepipe.emulator.simulation.errors import Closed
from votepipe.emulator.simulation.virtual_clock import VirtualClock


class _Worker:
    """A thread that runs one task after the other."""

    def __init__(self) -> None:
        self.go = threading.Lock()
        self.back = threading.Lock()
        self.go.acquire()
        self.back.acquire()
        self.work: Callable[[], None] | None = None
        self.error: BaseException | None = None
        self.closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def ident(self) -> int | None:
        """Its thread's identity."""
        return self._thread.ident

    def hand_over(self) -> bool:
        """Let it run until it waits (False) or has done its work (True); raise what that raised."""
        self.go.release()
        self.back.acquire()
        if error := self.error:
            self.error = None
            raise error
        return self.work is None

    def wait(self) -> None:
        """Called by the task: hand control back until `hand_over`."""
        self.back.release()
        self.go.acquire()
        if self.closed:
            raise Closed("The pipeline was closed.")

    def close(self) -> None:
        """End the thread, and the task that waits in it."""
        self.closed = True
        self.go.release()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.go.acquire()
            if self.closed or self.work is None:
                return
            try:
                self.work()
            except BaseException as error:
                self.error = error
            self.work = None
            if self.closed:
                return
            self.back.release()


class Tasks:
    """Runs tasks that may wait."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._idle: list[_Worker] = []
        self._waiting: dict[_Worker, None] = {}
        self._current: _Worker | None = None

    @property
    def mine(self) -> bool:
        """Whether the caller is the running task rather than another thread."""
        return self._current is not None and self._current.ident == threading.get_ident()

    def run(self, work: Callable[[], None]) -> None:
        """Run it until it ends or waits for the first time."""
        worker = self._idle.pop() if self._idle else _Worker()
        worker.work = work
        self._hand_over(worker)

    def wait(self, seconds: float) -> None:
        """Called by a task: continue after so much virtual time."""
        worker = self._current
        if worker is None:
            raise RuntimeError("only work that was started with run() can wait")
        self._clock.at(self._clock.now + seconds, lambda: self._resume(worker))
        self._waiting[worker] = None
        worker.wait()

    def close(self) -> None:
        """End all threads; `wait` raises Closed in the tasks that wait."""
        for worker in [*self._waiting, *self._idle]:
            self._current = worker
            worker.close()
        self._current = None
        self._waiting.clear()
        self._idle.clear()

    def _resume(self, worker: _Worker) -> None:
        del self._waiting[worker]
        self._hand_over(worker)

    def _hand_over(self, worker: _Worker) -> None:
        before, self._current = self._current, worker
        try:
            if worker.hand_over():
                self._idle.append(worker)
        finally:
            self._current = before
