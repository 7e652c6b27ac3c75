"""votepipe/dev/local/processes.py: what is started is ended, whenever a signal comes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local.processes import (
    SIGNALS,
    Child,
    End,
    end_leftover,
    ended_by_signals,
    undisturbed,
)

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
# Says who it is and who its own child is, then waits; it ends neither at SIGTERM.
STUBBORN = [
    sys.executable,
    "-c",
    "import os, signal, subprocess, sys, time; signal.signal(15, signal.SIG_IGN); "
    f"below = subprocess.Popen({SLEEPS!r}); print(below.pid, flush=True); time.sleep(600)",
]
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """The file that names a process."""
    return tmp_path / "run" / "child.pid"


@pytest.fixture
def child(note: Path) -> Iterator[Child]:
    """A process that does not outlive the test."""
    child = Child(note)
    yield child
    child.end(timeout=0)


def gone(pid: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False)
    # Between the two questions it may have gone.
    return not state.stdout or state.stdout.startswith(b"Z")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_end(number: int) -> None:
    with pytest.raises(End), ended_by_signals():
        signal.raise_signal(number)


def test_a_second_signal_does_not_disturb_the_ending() -> None:
    done = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            done.append("ended")

    with pytest.raises(End), ended_by_signals():
        work()

    assert done == ["ended"]


def test_signals_mean_afterwards_what_they_meant_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]

    with ended_by_signals(), undisturbed():
        pass

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_hang_up_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            signal.raise_signal(signal.SIGHUP)
            inside = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert inside == signal.SIG_IGN


def test_a_signal_waits_for_the_end_of_a_block() -> None:
    done = []

    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append("finished")

    with pytest.raises(End), ended_by_signals(), undisturbed():
        work()

    assert done == ["finished"]


def test_a_child_hears_no_signal_of_our_terminal(child: Child) -> None:
    process = child.start(SLEEPS, ENV)

    assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
    assert child.pid == process.pid


def test_a_child_has_the_environment_given_and_no_other(child: Child) -> None:
    process = child.start(["/usr/bin/env"], {"ONLY": "this"}, stdout=subprocess.PIPE)

    assert process.stdout
    with process.stdout as out:
        assert out.read() == b"ONLY=this\n"


def test_the_end_of_a_child_is_the_end_of_all_below_it(
    child: Child, note: Path, eventually: Any
) -> None:
    process = child.start(STUBBORN, ENV, stdout=subprocess.PIPE)
    assert process.stdout
    with process.stdout as out:
        below = int(out.readline())

    child.end(timeout=0.1)

    assert process.returncode == -signal.SIGKILL
    assert eventually(lambda: gone(below))
    assert child.pid is None
    assert not note.exists()


def test_a_child_may_end_by_itself(child: Child) -> None:
    process = child.start(SLEEPS, ENV)

    child.end(timeout=60)

    assert process.returncode == -signal.SIGTERM


def test_a_child_that_never_ran_has_no_end(note: Path) -> None:
    child = Child(note)

    child.end(timeout=0)

    assert child.pid is None


def test_what_a_killed_run_left_is_ended_before_the_next_starts(child: Child, note: Path) -> None:
    left = Child(note).start(SLEEPS, ENV)

    child.start(SLEEPS, ENV)

    assert left.wait() == -signal.SIGTERM
    assert child.pid


def test_what_is_left_and_stubborn_is_killed_with_all_below(
    child: Child, note: Path, eventually: Any
) -> None:
    process = child.start(STUBBORN, ENV, stdout=subprocess.PIPE)
    assert process.stdout
    with process.stdout as out:
        below = int(out.readline())

    end_leftover(note, timeout=0.1)

    assert process.wait() == -signal.SIGKILL
    assert eventually(lambda: gone(below))


def test_another_process_with_the_number_is_left_alone(child: Child, note: Path) -> None:
    process = child.start(SLEEPS, ENV)
    note.write_text(f"{process.pid} another program")

    end_leftover(note)

    assert child.pid == process.pid
    assert not note.exists()


@pytest.mark.parametrize("text", ["", "x y", "12"])
def test_a_note_that_names_nothing(note: Path, child: Child, text: str) -> None:
    note.parent.mkdir()
    note.write_text(text)

    process = child.start(SLEEPS, ENV)

    assert note.read_text().startswith(f"{process.pid} ")
