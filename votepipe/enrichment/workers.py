"""A thread that does what may take too long.

Python cannot stop a thread: one that takes too long is left behind, and ends when its work does.
"""

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue


class Worker(threading.Thread):
    """Goes through iterators in a thread of its own.

    The threads change places once for an iterator, not once for each item, which is what costs.
    """

    def __init__(self) -> None:
        # It must not keep the process from ending.
        super().__init__(name="votepipe-worker", daemon=True)
        self._work: SimpleQueue[Iterator[None] | None] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._left = False
        self.start()

    def begin(self, items: Iterator[None]) -> None:
        """Have it go through `items`, which must not raise."""
        self._work.put(items)

    def wait(self, seconds: float) -> bool:
        """Whether it comes to the end within this time."""
        try:
            self._done.get(timeout=max(0.0, seconds))
        except Empty:
            return False
        return True

    def leave(self) -> None:
        """Wait for it no more; it ends after the item that it is at."""
        self._left = True
        self._work.put(None)

    def run(self) -> None:
        """Do what the thread is for."""
        while (items := self._work.get()) is not None:
            for _ in items:
                if self._left:
                    return
            self._done.put(None)
            del items  # or they would live until the next come
