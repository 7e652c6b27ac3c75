"""The test process while pipelines are open: its clock and its garbage collector.

Pipelines may close in any order.
"""

import gc
from collections.abc import Callable

from votepipe.model import times

Now = Callable[[], float]

# A pipeline keeps its whole trace: at Python's own thresholds the collector walks it so often that
# it takes a third of the run.
_THRESHOLDS = (50_000, 20, 100)

_before: list[tuple[Now, tuple[int, int, int]]] = []
_open: list[Now] = []


def begin(now: Now) -> None:
    """A pipeline opens: the test's code, too, now sees its time."""
    if not _open:
        _before.append((times.now, gc.get_threshold()))
        gc.set_threshold(*_THRESHOLDS)
    _open.append(now)
    times.now = now


def end(now: Now) -> None:
    """A pipeline closes; the last one restores what held before the first."""
    _open.remove(now)
    if _open:
        times.now = _open[-1]
    else:
        times.now, thresholds = _before.pop()
        gc.set_threshold(*thresholds)
