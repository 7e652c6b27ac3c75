"""Start processes, hear signals, and end in order what was started."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from types import FrameType

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

    before = {number: signal.signal(number, first) for number in SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str], timeout: float) -> None:
    """End a process that was started in a session of its own, and all that it started.

    It has `timeout` seconds to end by itself.
    """
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_leftover(pid: int, program: str, timeout: float = 20) -> None:
    """End a process that an earlier, killed run left, if `pid` still is that `program`."""
    with contextlib.suppress(ProcessLookupError):
        for number, rounds in ((signal.SIGTERM, timeout / 0.1), (signal.SIGKILL, 20)):
            for _ in range(int(rounds)):
                if program not in _command(pid):
                    return
                os.kill(pid, number)
                threading.Event().wait(0.1)


def _command(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout
