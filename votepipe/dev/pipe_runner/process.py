"""The pipe runner as a process beside the local stack: followed, and started again when it dies."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from votepipe.dev.local.processes import Child

# Seconds before a runner that died is started again; double each time while it does nothing.
PAUSE, LONGEST_PAUSE = 0.5, 30.0


class PipeProcess:
    """Runs the runner of the checkout at `root` for a stack until the end of the block.

    `trace` gets each hop that the runner prints, `say` messages for people.
    """

    def __init__(
        self,
        stack: str,
        folder: Path,
        env: Mapping[str, str],
        *,
        root: Path,
        trace: Callable[[Mapping[str, Any]], None],
        say: Callable[[str], None],
    ) -> None:
        self._command = [
            *(sys.executable, "-m", "votepipe.dev.pipe_runner.runner"),
            *("--stack", stack, "--state", str(folder)),
        ]
        self._env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **env}
        self._root = root
        self._trace = trace
        self._say = say
        self._child = Child(folder / "runner.pid")
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._reading = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    @property
    def pid(self) -> int | None:
        """The runner's process, or None between two of them."""
        return self._child.pid

    def wait_until_reading(self, timeout: float = 60) -> bool:
        """Whether it reads the stream; waits for that for so many seconds."""
        return self._reading.wait(timeout)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._child.end(timeout=10)
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._starting:
            self._ending.set()
        self._child.end(timeout=10)
        self._thread.join()

    def _start(self) -> None:
        self._child.start(self._command, self._env, cwd=self._root, stdout=subprocess.PIPE)

    def _follow(self) -> None:
        pause = PAUSE
        while (process := self._child.process) and process.stdout:
            with process.stdout as lines:
                for line in lines:
                    # A runner that was killed may leave half a line.
                    if line.endswith(b"\n"):
                        hop = json.loads(line)
                        if hop.get("hop") == "started":
                            self._reading.set()
                        self._trace(hop)
                        pause = PAUSE
            code = process.wait()
            if self._ending.is_set():
                return
            self._say(f"The pipe runner ended ({code}); starting it again in {pause:g} s.")
            if self._ending.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            with self._starting:
                if self._ending.is_set():
                    return
                self._start()
