"""votepipe/dev/pipe_runner/process.py: a runner is followed, and started again when it dies."""

import contextlib
import os
import queue
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.pipe_runner.process import PipeProcess

SECONDS = 60  # only ends a test that will not pass
# Prints a hop with what it was given, then what the test wrote to be done.
RUNNER = """
import json, os, sys, time
print(json.dumps({"arguments": sys.argv[1:], "token": os.environ.get("TOKEN")}), flush=True)
"""


class Watched:
    """A runner played by a script, what it printed, and what people read."""

    def __init__(self, root: Path, does: str) -> None:
        folder = root / "votepipe" / "dev" / "pipe_runner"
        folder.mkdir(parents=True)
        for package in (folder, folder.parent, folder.parent.parent):
            (package / "__init__.py").touch()
        (folder / "runner.py").write_text(RUNNER + does)
        self.hops: queue.Queue[Any] = queue.Queue()
        self.said: queue.Queue[str] = queue.Queue()
        self.state = root / "state"
        self.pipe = PipeProcess(
            "votes",
            self.state,
            {"TOKEN": "ours"},
            trace=self.hops.put,
            say=self.said.put,
            root=root,
        )


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Any]:
    """Follow a runner that does this, for the length of the test."""
    with contextlib.ExitStack() as running:

        def watch(does: str) -> Watched:
            made = Watched(tmp_path, does)
            running.enter_context(made.pipe)
            return made

        yield watch


def test_it_runs_for_a_stack_with_the_environment_given(watch) -> None:
    made = watch("time.sleep(600)")

    assert made.hops.get(timeout=SECONDS) == {
        "arguments": ["--stack", "votes", "--state", str(made.state)],
        "token": "ours",
    }


def test_until_it_reads_the_stream_whoever_started_it_can_wait(watch) -> None:
    made = watch("""print('{"hop": "started"}', flush=True); time.sleep(600)""")

    assert made.pipe.wait_until_reading(SECONDS)


def test_one_that_is_killed_is_started_again(watch) -> None:
    made = watch("time.sleep(600)")
    made.hops.get(timeout=SECONDS)
    first = made.pipe.pid

    os.kill(first, signal.SIGKILL)

    assert made.hops.get(timeout=SECONDS)
    assert made.pipe.pid not in (None, first)
    assert made.said.get(timeout=SECONDS) == (
        "The pipe runner ended (-9); starting it again in 0.5 s."
    )


def test_one_that_does_nothing_is_waited_with_longer_each_time(tmp_path: Path) -> None:
    made = Watched(tmp_path, "")
    (tmp_path / "votepipe" / "dev" / "pipe_runner" / "runner.py").write_text(
        "import sys; sys.exit(3)"
    )
    with made.pipe:
        said = [made.said.get(timeout=SECONDS) for _ in range(3)]

    assert said == [
        f"The pipe runner ended (3); starting it again in {wait} s." for wait in ("0.5", "1", "2")
    ]


def test_half_a_line_of_one_that_was_killed_is_left_out(watch) -> None:
    made = watch("sys.stdout.write('{\"half'); sys.stdout.flush(); os.kill(os.getpid(), 9)")

    assert made.hops.get(timeout=SECONDS)["token"] == "ours"
    assert made.hops.get(timeout=SECONDS)["token"] == "ours"


def test_the_end_leaves_none(watch) -> None:
    made = watch("time.sleep(600)")
    made.hops.get(timeout=SECONDS)

    made.pipe.__exit__()

    assert made.pipe.pid is None
    assert made.said.empty()


def test_the_end_may_come_while_one_is_being_started_again(watch) -> None:
    made = watch("sys.exit(3)")
    made.hops.get(timeout=SECONDS)
    made.said.get(timeout=SECONDS)

    made.pipe.__exit__()

    assert made.pipe.pid is None
