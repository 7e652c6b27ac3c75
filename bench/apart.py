"""A function of the test kit in a process of its own, so that its memory can be looked at.

The process imports what is deployed, and boto3. Each of its AWS calls is answered by the kit; its
HTTP requests go to the kit's receiver as they are, at once. It is started as
`python bench/apart.py HANDLER` and talks over its standard input and output.
"""

import gc
import importlib
import io
import json
import os
import pickle
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from votepipe.model import times

ROOT = Path(__file__).parents[1]
LATENCY = (0.005, 0.02)


@dataclass(frozen=True)
class Memory:
    """What a process holds: its resident pages, and the objects that its collector looks after."""

    megabytes: float
    objects: int


class Apart:
    """Has one function of a pipeline run in processes of its own, which end with the `with`.

    There are as many as calls of it go on at once. Each AWS call takes from 5 to 20 ms.
    """

    def __init__(self, pipeline: Any, function: str) -> None:
        self._pipeline = pipeline
        self._function = pipeline.models.functions[function]
        self._function.invoke = self.invoke
        self._chance = random.Random(0)
        self._idle: list[Process] = []
        self._all: list[Process] = []
        self._due = 0
        self.looks: list[Memory] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.end()

    def invoke(self, event: Any) -> Any:
        """Call the function, as the kit's queue does."""
        simulation = self._pipeline.simulation
        process = self._idle.pop() if self._idle else self._start()
        process.say("invoke", json.dumps(event), simulation.now, self._function.timeout)
        while True:
            kind, *facts = process.hear()
            if kind == "done":
                answer, lines = facts
                self._function._printed += lines
                self._idle.append(process)
                self._look(process)
                return json.loads(answer)
            simulation.tasks.wait(self._chance.uniform(*LATENCY))
            process.say(*self._answer(*facts), simulation.now)

    def look(self) -> None:
        """Add to `looks` what a process holds that is not at work, as soon as there is one."""
        self._due += 1
        if self._idle:
            self._look(self._idle[-1])

    def _look(self, process: "Process") -> None:
        for _ in range(self._due):
            process.say("look")
            self.looks.append(Memory(*process.hear()))
        self._due = 0

    def _start(self) -> "Process":
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        process = Process(self._function.handler, self._function.environment | variables)
        self._all.append(process)
        return process

    def _answer(self, service: str, operation: str, parameters: Any) -> tuple[Any, ...]:
        client = self._pipeline.client(service)._client
        try:
            return "answer", self._pipeline._call(client, operation, parameters, self._function)
        except ClientError as error:
            return "refused", (type(error).__name__, error.response, operation)


class Process:
    """A process of a function, and the talk with it."""

    def __init__(self, handler: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, handler],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def say(self, *words: Any) -> None:
        assert self._process.stdin
        pickle.dump(words, self._process.stdin)
        self._process.stdin.flush()

    def hear(self) -> Any:
        assert self._process.stdout
        return pickle.load(self._process.stdout)

    def end(self) -> None:
        self._process.communicate()


class Inside:
    """The process's end of the talk."""

    def __init__(self) -> None:
        self._heard, self._said = sys.stdin.buffer, sys.stdout.buffer
        self.now = self.deadline = 0.0
        sys.stdout = io.StringIO()
        BaseClient._make_api_call = lambda client, *call: self._ask(client, *call)
        times.now = lambda: self.now

    def serve(self, function: Any) -> None:
        """Do what is asked for, until nothing more is."""
        while True:
            try:
                kind, *facts = pickle.load(self._heard)
            except EOFError:
                return
            self._say(*(look() if kind == "look" else self._invoke(function, *facts)))

    def get_remaining_time_in_millis(self) -> float:
        return 1000 * (self.deadline - self.now)

    def _invoke(self, function: Any, event: str, now: float, timeout: float) -> tuple[Any, ...]:
        self.now, self.deadline = now, now + timeout
        answer = json.dumps(function(json.loads(event), self))
        lines = sys.stdout.getvalue().splitlines()
        sys.stdout = io.StringIO()
        return "done", answer, lines

    def _ask(self, client: Any, operation: str, parameters: Any) -> Any:
        self._say("call", client.meta.service_model.service_name, operation, parameters)
        kind, answer, self.now = pickle.load(self._heard)
        if kind == "answer":
            return answer
        name, response, operation = answer
        raise client.exceptions.from_code(name)(response, operation)

    def _say(self, *words: Any) -> None:
        pickle.dump(words, self._said)
        self._said.flush()


def look() -> tuple[float, int]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(gc.get_objects())


def main(handler: str) -> None:
    inside = Inside()
    module, _, name = handler.rpartition(".")
    inside.serve(getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main(sys.argv[1])
