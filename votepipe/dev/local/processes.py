"""Start processes, handle signals, and end in order what was started."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class End(BaseException):
    """A signal asked to end; no Exception, which the code might catch."""


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise End in the main thread at the first signal; later ones are ignored."""
    ending = threading.Event()

    def first(number: int, frame: FrameType | None) -> None:
        if not ending.is_set():
            ending.set()
            raise End

    before = {
        number: signal.signal(number, first)
        for number in SIGNALS
        # Under nohup this one stays ignored.
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Delay signals until the end of the block.

    A process that the block starts is on record before a signal arrives, and one that it ends is
    ended completely.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread handles signals
        return
    waiting: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: waiting.append(number))
        for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        if waiting:
            signal.raise_signal(waiting[0])


class Child:
    """A process in a session of its own, so that Ctrl-C in a terminal is ours to pass on.

    The file `note` names it to a later run, which ends it if this run is killed.
    """

    def __init__(self, note: Path) -> None:
        self._note = note
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its number, or None while it does not run."""
        process = self.process
        return process.pid if process and process.poll() is None else None

    def start(
        self, command: Sequence[str], env: Mapping[str, str], **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start it with exactly this environment, after ending what a killed run left.

        A signal that comes meanwhile is raised afterwards, so call this where `end` follows.
        """
        end_leftover(self._note)
        self._note.parent.mkdir(parents=True, exist_ok=True)
        with undisturbed():
            process = self.process = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, start_new_session=True, **options
            )
            # Right after the fork the command line is empty.
            while not (words := _command(process.pid)) and process.poll() is None:
                threading.Event().wait(0.01)
            self._note.write_text(f"{process.pid} {words}")
        return process

    def end(self, timeout: float) -> None:
        """End it and all that it started; it has `timeout` seconds to do so by itself."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout)
        # macOS raises PermissionError when only the process itself is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._note.unlink(missing_ok=True)


def end_leftover(note: Path, timeout: float = 20) -> None:
    """End the process that `note` names and all that it started, if it is still the same.

    It has `timeout` seconds to end by itself.
    """
    try:
        number, _, command = note.read_text().partition(" ")
        pid = int(number)
    except (OSError, ValueError):
        return
    if command and _command(pid) == command:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + timeout
            while time.monotonic() < deadline and _command(pid) == command:
                threading.Event().wait(0.05)
            os.killpg(pid, signal.SIGKILL)
    note.unlink(missing_ok=True)


def _command(pid: int) -> str:
    """The command line of the process with this number; empty without one."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout
