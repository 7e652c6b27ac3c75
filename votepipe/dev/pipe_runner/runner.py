"""Run the pipes of a deployed stack on this machine, as the Pipes service would.

    python -m votepipe.dev.pipe_runner.runner --stack NAME --state FOLDER

Prints one line of JSON per record and hop, and writes messages for people to stderr.
Checkpoints are kept in FOLDER: the next run continues there, even if this one is killed.
SIGTERM or Ctrl-C ends it once everything written before has passed, within five seconds: a local
stream is lost with the process that holds it.
Where AWS is, and who calls, comes from the environment, as for any AWS client.
"""

import argparse
import fcntl
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.exceptions import BotoCoreError

from votepipe.dev.operations.stack import Stack, StackError
from votepipe.dev.pipe_runner.calls import QUICK, AwsPorts
from votepipe.dev.pipe_runner.checkpoints import Checkpoints
from votepipe.dev.pipe_runner.follower import Follower
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.section import PipeError
from votepipe.model.errors import VotepipeError

_PIPE = "AWS::Pipes::Pipe"
_LOOK = 3.0  # seconds between looks at whether the stack was deployed again
_REST = 5.0  # seconds to finish in, at most


class Runner:
    """Follows every pipe of a stack, and follows the stack when it is deployed again."""

    def __init__(
        self,
        stack: str,
        folder: Path,
        session: boto3.Session,
        *,
        trace: Callable[[dict[str, Any]], None],
        say: Callable[[str], None],
    ) -> None:
        self._name = stack
        self._folder = folder
        self._session = session
        self._trace = trace
        self._say = say
        self._revision = ""
        self._look = 0.0
        self._unread = 0  # looks in a row
        self._pipes: dict[str, dict[str, Any]] = {}
        self._followers: list[Follower] = []
        self._streams: Any = session.client("dynamodbstreams", config=QUICK)
        self._load(Stack(stack, session))

    def run(self, ending: threading.Event) -> None:
        """Work until asked to end, then until what was written before has passed."""
        while not ending.is_set():
            if self._look <= time.time():
                self._look_at_stack()
            due = min([self._look, *(follower.turn() for follower in self._followers)])
            ending.wait(max(0.0, due - time.time()))
        asked = time.time()
        end = asked + _REST
        while time.time() < end and not all(each.is_through(asked) for each in self._followers):
            due = min([end, *(follower.turn() for follower in self._followers)])
            time.sleep(max(0.0, due - time.time()))

    def _load(self, stack: Stack) -> None:
        pipes = {each: stack.resolved(each) for each in stack.of_type(_PIPE)}
        if not pipes:
            raise PipeError(f"Stack '{self._name}' has no pipe. Deploy the template with one.")
        if pipes != self._pipes:  # most deployments leave them as they are
            if self._pipes:
                self._say(f"Stack '{self._name}' was deployed again. Reading its pipes.")
            self._followers = [self._follower(stack, *each) for each in pipes.items()]
            self._pipes = pipes
        self._revision = stack.revision or ""
        self._look = time.time() + _LOOK

    def _follower(self, stack: Stack, logical_id: str, properties: dict[str, Any]) -> Follower:
        name = stack.physical_id(logical_id)
        pipe = PipeDefinition.from_properties(name, properties)
        return Follower(
            pipe,
            self._streams,
            AwsPorts(pipe, self._session),
            Checkpoints(self._folder / name, pipe.stream_arn),
            clock=time.time,
            trace=self._trace,
            say=self._say,
        )

    def _look_at_stack(self) -> None:
        self._look = time.time() + _LOOK
        try:
            stack = Stack(self._name, self._session)
            if stack.revision not in (None, self._revision):
                self._load(stack)
            self._unread = 0
        except VotepipeError as error:
            self._unread += 1
            if self._unread == 2:  # a look in the middle of a deployment fails once
                self._say(f"{error} The pipes run on as they were.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal; 0 at a signal, 1 when it could not start, 2 when called wrongly."""
    parser = argparse.ArgumentParser(prog="votepipe.dev.pipe_runner.runner", description=__doc__)
    parser.add_argument("--stack", required=True, help="name of the deployed stack")
    parser.add_argument("--state", required=True, type=Path, help="folder for the checkpoints")
    given = parser.parse_args(arguments)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        given.state.mkdir(parents=True, exist_ok=True)
        with _alone(given.state):
            Runner(given.stack, given.state, boto3.Session(), trace=_print, say=_say).run(ending)
    except BrokenPipeError:
        return 0  # the parent process is gone
    except (VotepipeError, BotoCoreError) as error:
        _say(str(error))
        return 1
    return 0


def _alone(folder: Path) -> IO[str]:
    """Hold the folder's lock; the system releases it when the process ends."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StackError(
            f"Another pipe runner works in folder '{folder.name}'. Stop it first."
        ) from None
    return lock


def _print(hop: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(hop, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
