"""Notice when files of a checkout change, once for each burst of writes.

Editors write in place, or rename a new file over the old one. So the events themselves do not
matter: the callback compares what the files hold.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from watchdog import events
from watchdog.observers import Observer

REST = 0.2  # seconds without a write after which a file counts as saved
# Reading a file is an event, too, and the callback reads them.
_WRITES = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.DirMovedEvent,
]


class Watch(events.FileSystemEventHandler):
    """Calls `changed` after writes beside these files or below these folders; a context manager."""

    def __init__(self, paths: Iterable[Path], changed: Callable[[], None]) -> None:
        self._paths = [path.resolve() for path in paths]
        self._changed = changed
        self._writes: queue.Queue[bool] = queue.Queue()  # False ends it
        self._observer: Any = Observer()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def on_any_event(self, event: events.FileSystemEvent) -> None:
        """Note a save."""
        self.look()

    def look(self) -> None:
        """Call `changed` as after a write."""
        self._writes.put(True)

    def _run(self) -> None:
        while self._writes.get():
            with contextlib.suppress(queue.Empty):
                while self._writes.get(timeout=REST):
                    pass
                return
            self._changed()

    def __enter__(self) -> Self:
        # A file that an editor replaces is followed by its folder alone.
        folders = {path if path.is_dir() else path.parent: path.is_dir() for path in self._paths}
        for folder, recursive in folders.items():
            self._observer.schedule(self, str(folder), recursive=recursive, event_filter=_WRITES)
        self._observer.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join()
        self._writes.put(False)
        self._thread.join()
