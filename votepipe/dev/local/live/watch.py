"""Notice when files of a checkout change, once for each burst of writes.

Editors write in many ways: in place, or a new file that takes the old one's name. So what happened
to which file is not asked; whoever is called looks at what is there then.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

REST = 0.2  # seconds without a write after which a file counts as saved
_WRITES = {"created", "modified", "moved", "deleted"}


class Watch(FileSystemEventHandler):
    """Calls `changed` after writes to these files or below these folders; a context manager."""

    def __init__(self, paths: Iterable[Path], changed: Callable[[], None]) -> None:
        self._paths = [path.resolve() for path in paths]
        self._changed = changed
        self._writes: queue.Queue[bool] = queue.Queue()  # False ends it
        self._observer: Any = Observer()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a save."""
        if self.is_save(event):
            self._writes.put(True)

    def is_save(self, event: FileSystemEvent) -> bool:
        """Whether a file may differ; reading one is an event, too, and so is what Python caches."""
        if event.event_type not in _WRITES or (event.is_directory and event.event_type != "moved"):
            return False
        paths = [Path(text) for text in (event.src_path, event.dest_path) if text]
        return any(
            "__pycache__" not in path.parts and {path, *path.parents} & {*self._paths}
            for path in paths
        )

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
        for path in self._paths:
            self._observer.schedule(
                self, str(path if path.is_dir() else path.parent), recursive=path.is_dir()
            )
        self._observer.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join()
        self._writes.put(False)
        self._thread.join()
