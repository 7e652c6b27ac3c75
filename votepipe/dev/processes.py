"""Start processes, hear signals, and end in order what was started."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class End(BaseException):
    """A signal asked to end; not an error, so that no `except Exception` swallows it."""


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise End in the main thread at the first signal; later ones do not disturb the ending."""
    ending = threading.Event()

    def first(number: int, frame: FrameType | None) -> None:
        if not ending.is_set():
            ending.set()
            raise End

    before = {
        number: signal.signal(number, first)
        for number in SIGNALS
        # nohup has this one ignored, and means it.
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait until the end of the block.

    What is started in it is known before a signal can ask to end it, and what is ended in it is
    ended altogether.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are heard in the main thread only
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


def start(
    command: Sequence[str], note: Path, env: Mapping[str, str], **options: Any
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C in a terminal is ours to pass on.

    The file `note` tells a later run of it, should this one be killed; what an earlier, killed run
    left is ended first.
    """
    end_leftover(note)
    note.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, start_new_session=True, **options
    )
    note.write_text(f"{process.pid} {_command(process.pid)}")
    return process


def end_group(process: subprocess.Popen[bytes], timeout: float) -> None:
    """End a process that was started in a session of its own, and all that it started.

    It has `timeout` seconds to end by itself.
    """
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
    # macOS says that it is not permitted where there is nothing left but the process itself.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_leftover(note: Path, timeout: float = 20) -> None:
    """End the process that `note` tells of, and all that it started, if it still is that one."""
    try:
        number, _, command = note.read_text().partition(" ")
        pid = int(number)
    except (OSError, ValueError):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        for signal_number, rounds in ((signal.SIGTERM, int(timeout / 0.1)), (signal.SIGKILL, 20)):
            for _ in range(rounds):
                if not command or _command(pid) != command:
                    break
                os.kill(pid, signal_number)
                threading.Event().wait(0.1)
        ...
    note.unlink(missing_ok=True)
