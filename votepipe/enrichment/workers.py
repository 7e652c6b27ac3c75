"""A thread that does what may take too long.

Python cannot stop a thread: one that takes too long is left behind, and ends when its work does.
"""

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class TooSlow(Exception):
    """An item did not come in time; the worker is left behind."""


class Worker(threading.Thread, Generic[T]):
    """Works through iterators in a thread of its own, ahead of whoever takes the items.

    Going ahead is what keeps it cheap: the threads change places once for an iterator, not once
    for each item.
    """

    def __init__(self) -> None:
        # It must not keep the process from ending.
        super().__init__(name="votepipe-worker", daemon=True)
        self._work: SimpleQueue[Iterator[T] | None] = SimpleQueue()
        self._items: SimpleQueue[T] = SimpleQueue()
        self._left = False
        self.start()

    def begin(self, items: Iterator[T]) -> None:
        """Have it work through `items`, which must not raise."""
        self._work.put(items)

    def take(self, seconds: float) -> T:
        """The next item; raises TooSlow when it does not come in time, and ends the worker."""
        try:
            return self._items.get(timeout=max(0.0, seconds))
        except Empty:
            self.leave()
            raise TooSlow from None

    def leave(self) -> None:
        """Take no more from it; it ends after the item that it is at."""
        self._left = True
        self._work.put(None)

    def run(self) -> None:
        """Do what the thread is for."""
        while (items := self._work.get()) is not None:
            for item in items:
                if self._left:
                    return
                self._items.put(item)
            del items  # or they would live until the next come
