"""The pipe runner as a process beside the local stack: followed, and started again when it dies."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from votepipe.dev.processes import end_group


class PipeProcess:
    """Runs `votepipe.dev.pipes.runner` for a stack until the end of the block.

    `trace` gets each hop that the runner prints, `say` what it tells people.
    """

    def __init__(
        self,
        stack: str,
        folder: Path,
        env: Mapping[str, str],
        *,
        trace: Callable[[Mapping[str, Any]], None],
        say: Callable[[str], None],
    ) -> None:
        self._command = [
            *(sys.executable, "-m", "votepipe.dev.pipes.runner"),
            *("--stack", stack, "--state", str(folder)),
        ]
        self._env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **env}
        self._trace = trace
        self._say = say
        self._process: subprocess.Popen[str] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    @property
    def pid(self) -> int | None:
        """The runner's process, or None between two of them."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def __enter__(self) -> Self:
        self._process = self._started()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        if self._process:
            end_group(self._process, timeout=10)
        self._thread.join()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _follow(self) -> None:
        while True:
            process = self._process
            if process is None or process.stdout is None:
                return
            with process.stdout as lines:
                for line in lines:
                    self._trace(json.loads(line))
            code = process.wait()
            if self._ending.wait(0.5):
                return
            self._say(f"The pipe runner ended ({code}); starting it again.")
            self._process = self._started()
