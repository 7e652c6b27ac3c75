"""votepipe/dev/commands/up.py: it comes up, ends, and comes up again, whatever ended it."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from votepipe.dev.commands.up import up
from votepipe.dev.local.ministack import free_port
from votepipe.dev.local.processes import end_leftover
from votepipe.dev.operations.deployment import LocalSession
from votepipe.dev.operations.stack import Stack

# The runs share a checkout and what they leave in it, in the order of this file.
pytestmark = [pytest.mark.local_stack, pytest.mark.xdist_group("up")]

SECONDS = 90  # only ends a test that will not pass


class Up:
    """A running `votepipe up`, in a process group of its own as a terminal makes one."""

    def __init__(self, root: Path, port: int, *arguments: str) -> None:
        self.port = port
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "votepipe.dev", "up", *arguments],
            cwd=root,
            env={**os.environ, "VOTEPIPE_PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip())
        self._lines.put(None)

    def wait_for(self, words: str) -> None:
        """Wait until it says these words."""
        while (line := self._lines.get(timeout=SECONDS)) is not None:
            self.said.append(line)
            if words in line:
                return
        raise AssertionError(f"It ended without {words!r}: {self.said}")

    def status(self) -> dict[str, Any]:
        """What its console says."""
        found: dict[str, Any] = requests.get(
            f"http://127.0.0.1:{self.port}/api/status", timeout=10
        ).json()
        return found

    def end(self, number: int, *, group: bool = False) -> int:
        """Send it a signal, to its whole group as a terminal does; return its exit code."""
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return its exit code."""
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        while (line := self._lines.get(timeout=SECONDS)) is not None:
            self.said.append(line)
        return code


@pytest.fixture(scope="module")
def root(make_checkout) -> Path:
    """The checkout that the runs share."""
    return make_checkout()


@pytest.fixture(scope="module")
def port() -> int:
    """The console's port; the next one is free too."""
    return free_port()


@pytest.fixture
def run(root: Path, port: int) -> Iterator[Callable[..., Up]]:
    """Start `votepipe up`; what a failed test leaves is ended after it."""
    started: list[Up] = []

    def run(*arguments: str) -> Up:
        started.append(Up(root, port, *arguments))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            # What it left holds the end of the pipe that is read to its end below.
            for note in root.glob(".votepipe/local-*/**/*.pid"):
                end_leftover(note)
            each.ended()


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (signal.SIGHUP, "Starting the local AWS"),
        (signal.SIGINT, "sam build"),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else value,
)
def test_a_signal_ends_all_that_was_started(run, eventually, processes, number, step) -> None:
    up = run()
    up.wait_for(step)
    below = eventually(lambda: processes.below(up.process.pid))  # it says what comes next

    code = up.end(number, group=True)

    assert (code, up.said[-1]) == (0, "Ended.")
    assert processes.alive(below | processes.below(up.process.pid)) == set()


def test_it_comes_up_again_after_it_was_killed(run, root: Path, votepipe, processes) -> None:
    parameters = ("--parameters", "SlackEmojiUp='a \"b\" é🎉'")
    killed = run(*parameters)
    killed.wait_for("Ctrl-C ends everything.")
    status = killed.status()
    session = LocalSession(status["endpoint"])
    table = session.resource("dynamodb").Table(status["table"])
    table.put_item(Item={"widgetId": "w", "voteId": "kept", "voteType": "thumbsup"})
    assert Stack(status["stack"], session).parameters["SlackEmojiUp"] == 'a "b" é🎉'
    left = processes.below(killed.process.pid)
    killed.process.kill()
    killed.process.wait(SECONDS)  # its output goes on: the pipe runner, which is left, has it too
    assert status["processes"]["ministack"] in processes.alive(left)

    up = run(*parameters)
    up.wait_for("Ctrl-C ends everything.")

    assert processes.alive(left) == set()
    # Commands find it where it was brought up.
    assert votepipe(root, "status", VOTEPIPE_PORT="").returncode == 0
    assert "Item" in table.get_item(Key={"widgetId": "w", "voteId": "kept"})
    assert "  No changes." in up.said
    assert [line.removesuffix(" …") for line in up.said if line.endswith(" …")] == [
        *("Starting the local AWS", "sam build", "sam deploy"),
        *("Filling secrets", "Starting the pipe and the functions"),
    ]

    below = processes.below(up.process.pid)
    os.kill(up.status()["processes"]["ministack"], signal.SIGKILL)

    assert up.ended() == 1
    assert up.said[-1].startswith("Error: MiniStack ended by itself. Read ")
    assert processes.alive(below) == set()


def test_a_second_one_says_where_the_first_is(run, root: Path, votepipe) -> None:
    first = run()
    first.wait_for("Starting the local AWS")

    second = votepipe(root, "up", "--port", str(first.port))

    assert second.returncode == 1
    assert second.stderr == (
        f"Error: votepipe is up at http://127.0.0.1:{first.port}/ already. "
        "Use it, or end it there with Ctrl-C.\n"
    )
    assert first.end(signal.SIGINT) == 0


@pytest.mark.parametrize(("offset", "whose"), [(0, "the console needs it"), (1, "the local AWS")])
def test_a_port_that_another_program_has(root, votepipe, offset, whose) -> None:
    port = free_port()
    taken = port + offset
    with socket.create_server(("127.0.0.1", taken)):
        result = votepipe(root, "up", "--port", str(port))

    assert result.returncode == 1
    assert f"Port {taken} is taken, and {whose}" in result.stderr
    assert "VOTEPIPE_PORT" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--parameters", "SlackEmojiUp"], "Write Name=Value Name='Other value'."),
        (["--parameters", "A='b"], "Write Name=Value Name='Other value'."),
        (["--port", "80"], "80 is not in the range 1024<=x<=65534."),
    ],
)
def test_it_was_called_wrongly(arguments, said) -> None:
    result = CliRunner().invoke(up, arguments)

    assert result.exit_code == 2
    assert said in result.output


def test_a_port_that_is_none() -> None:
    result = CliRunner().invoke(up, env={"VOTEPIPE_PORT": "console"})

    assert result.exit_code == 2
    assert "'console' is not a valid" in result.output


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("SlackEmojUp=x", "The template has no parameter 'SlackEmojUp'. Did you mean"),
        ("LogRetentionDays=2", "'LogRetentionDays' cannot be '2'. Choose one of '1', '3'"),
    ],
)
def test_parameters_that_the_template_does_not_take(root, votepipe, parameters, said) -> None:
    result = votepipe(root, "up", "--parameters", parameters)

    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: {said}")
