"""The local stack, and the local AWS alone, in processes of their own."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from votepipe.dev.local.ministack import MiniStack
    from votepipe.dev.operations.deployment import Deployment, LocalSession

STACK = pytest.StashKey[contextlib.ExitStack]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the stack after its group of tests: idle, it would slow down those that follow."""
    if item.nodeid.endswith("@stack") and nextitem and not nextitem.nodeid.endswith("@stack"):
        item.config.stash[STACK].close()


class Processes:
    """The system's table of processes, as it is now."""

    @staticmethod
    def below(pid: int) -> set[int]:
        """The processes that one started, and those that they started."""
        shown = subprocess.check_output(["ps", "-eo", "pid=,ppid="], text=True)
        parents = {int(child): int(parent) for child, parent in map(str.split, shown.splitlines())}
        below: set[int] = set()
        while more := {each for each, parent in parents.items() if parent in {pid, *below}} - below:
            below |= more
        return below

    @staticmethod
    def alive(pids: set[int]) -> set[int]:
        """Those of the processes that run; one that waits to be collected does not."""
        shown = subprocess.check_output(["ps", "-eo", "pid=,stat="], text=True)
        running = {int(pid) for pid, state in map(str.split, shown.splitlines()) if state[0] != "Z"}
        return pids & running


@pytest.fixture(scope="session")
def processes() -> type[Processes]:
    """To see that nothing is left of what a test started."""
    return Processes


class RunningStack:
    """The local stack in a process of its own, where nothing that a test replaces reaches it.

    It enforces roles, as AWS does, and votes settle as soon as they can.
    """

    PROGRAM = (
        "import json, sys; from pathlib import Path; "
        "from votepipe.dev.local.local_stack import LocalStack; "
        "given = json.loads(sys.argv[2]); "
        "LocalStack(Path(sys.argv[1]), parameters=given, enforce_iam=True).run()"
    )

    def __init__(
        self, folder: Path, root: Path = Path(__file__).parents[2], **parameters: str
    ) -> None:
        given = json.dumps({"QuietPeriodSeconds": "1", **parameters})
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", self.PROGRAM, str(folder), given],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=root,
        )
        lines = self.process.stdout
        assert lines
        said = self.said = list[str]()
        for line in lines:
            said.append(line)
            if ready := re.match(r"Ready: (http://127\.0\.0\.1:(\d+))/", line):
                self.url, self.port, self.ready = ready[1], int(ready[2]), time.time()
                break
        else:
            raise AssertionError("The local stack did not come up:\n" + "".join(said))
        # What it says from here on must not fill the pipe.
        self.reader = threading.Thread(target=lines.read, daemon=True)
        self.reader.start()

    @property
    def status(self) -> dict[str, Any]:
        """What `GET /api/status` returns."""
        import requests

        found: dict[str, Any] = requests.get(f"{self.url}/api/status", timeout=10).json()
        return found

    @cached_property
    def deployment(self) -> "Deployment":
        """The stack as commands reach it."""
        from votepipe.dev.operations.deployment import Deployment, LocalSession

        status = self.status
        return Deployment(status["stack"], LocalSession(status["endpoint"]), self.url)

    def end(self) -> None:
        """End it, and with it all that it started."""
        below = Processes.below(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        assert Processes.alive(below) == set()
        self.reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture(scope="session")
def running_stack() -> type[RunningStack]:
    """To start a local stack of a test's own."""
    return RunningStack


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[RunningStack]:
    """The local stack, on ports of its own."""
    up = RunningStack(tmp_path_factory.mktemp("stack"))
    with contextlib.ExitStack() as pytestconfig.stash[STACK]:
        pytestconfig.stash[STACK].callback(up.end)
        yield up


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MiniStack"]:
    """The local AWS alone, with nothing in it."""
    from votepipe.dev.local.ministack import MiniStack

    with MiniStack(tmp_path_factory.mktemp("ministack")) as ministack:
        yield ministack


@pytest.fixture(scope="session")
def local_aws(ministack: "MiniStack") -> "LocalSession":
    """A session whose clients speak to the local AWS."""
    from votepipe.dev.operations.deployment import LocalSession

    return LocalSession(ministack.endpoint)
