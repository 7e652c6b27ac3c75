"""What holds in the test's own process while pipelines are open, in whatever order they close."""

import gc
from collections.abc import Callable

from votepipe.model import times

Now = Callable[[], float]

# So much is kept that looking for rubbish at the usual pace takes a third of the time.
_PACE = (50_000, 20, 100)

_before: list[tuple[Now, tuple[int, int, int]]] = []
_open: list[Now] = []


def begin(now: Now) -> None:
    """The test's code goes by this time: that of the pipeline that was opened last."""
    if not _open:
        _before.append((times.now, gc.get_threshold()))
        gc.set_threshold(*_PACE)
    _open.append(now)
    times.now = now


def end(now: Now) -> None:
    """This pipeline is closed; after the last one, all is as it was before the first."""
    _open.remove(now)
    if _open:
        times.now = _open[-1]
    else:
        times.now, pace = _before.pop()
        gc.set_threshold(*pace)
