"""A Lambda function: its processes, time-out, throttling and errors, and each call of it."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.functions import library
from votepipe.emulator.functions.process import Patch, Process
from votepipe.emulator.functions.steps import Steps
from votepipe.emulator.simulation.errors import Closed, Crash, Ended, TimedOut
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import World


class FunctionError(Exception):
    """The function failed; its text is what Lambda says of it."""


class Abandoned(BaseException):
    """Ends work that took longer than its caller waits for it."""


class Throttled(Exception):
    """The function was not called, as too many calls of it are going on."""


@dataclass(eq=False)
class Invocation:
    """One call of a function that is going on.

    `leave` is called to become what was before its process; `events` are those that the sink's own
    function is delivering, `last_part` the part of the library that made the last call.
    `limit` is when work that it waits for is abandoned.
    """

    function: "Function"
    process: Process
    request_id: str
    deadline: float
    leave: Callable[[], None] = lambda: None
    events: Any = None
    last_part: str = ""
    limit: float = math.inf

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda's context has it, in virtual time."""
        return max(0, round((self.deadline - self.function.world.now) * 1000))

    def wait(self, seconds: float) -> None:
        """Let virtual time pass for this call; others run meanwhile.

        In a thread that the function started no time passes. Raises TimedOut at the time-out, and
        Abandoned at the limit.
        """
        world = self.function.world
        if not world.tasks.mine:
            return
        left = min(self.deadline, self.limit) - world.now
        if seconds > 0 or left < seconds:
            before, world.invocation = world.invocation, None
            self.leave()
            try:
                world.tasks.wait(min(seconds, left))
            finally:
                self.leave = self.process.enter()
                world.invocation = before
        if seconds >= left:
            if self.limit < self.deadline:
                raise Abandoned
            self.process.dead = True
            raise TimedOut(f"Task timed out after {self.function.timeout:.2f} seconds")

    def limited(self, seconds: float, work: Callable[[], None]) -> None:
        """Do work, and abandon it after so many seconds."""
        self.limit = self.function.world.now + seconds
        try:
            work()
        except Abandoned:
            pass
        finally:
            self.limit = math.inf


class Context:
    """The context object that a function gets as its second argument."""

    def __init__(self, invocation: Invocation) -> None:
        function = invocation.function
        self.aws_request_id = invocation.request_id
        self.function_name = function.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = function.arn
        self.memory_limit_in_mb = str(function.memory)
        self.log_group_name = f"/aws/lambda/{function.name}"
        self.log_stream_name = "kit"
        self.get_remaining_time_in_millis = invocation.get_remaining_time_in_millis


@dataclass(eq=False)
class Function:
    """A function of the template; `reserved` is its reserved concurrency.

    `marked` are the ids of events that it was about to mark as delivered.
    """

    world: World
    id: str
    name: str
    arn: str
    handler: str
    timeout: float
    memory: int
    role: str
    environment: Mapping[str, str]
    reserved: int | None
    root: Path
    steps: Steps
    patches: Callable[[], list[Patch]]
    running: int = 0
    marked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._warm: list[Process] = []
        self._printed: list[str] = []
        self._lines: list[dict[str, Any]] = []

    @classmethod
    def of(cls, logical_id: str, name: str, arn: str, facts: Mapping[str, Any], **rest: Any) -> Any:
        """Make one of resolved properties."""
        variables = facts.get("Environment", {}).get("Variables", {})
        return cls(
            id=logical_id,
            name=name,
            arn=arn,
            handler=facts["Handler"],
            timeout=float(facts.get("Timeout", 3)),
            memory=int(facts.get("MemorySize", 128)),
            role=facts["Role"],
            environment=variables | _surroundings(name, facts),
            reserved=_number(facts.get("ReservedConcurrentExecutions")),
            **rest,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it printed, each line read as JSON; one that is none is `{"message": …}`."""
        for line in self._printed[len(self._lines) :]:
            facts = parsed(line)
            self._lines.append(facts if isinstance(facts, dict) else {"message": line})
        return self._lines

    @property
    def sink(self) -> str:
        """The name of the sink that it is, or of its module."""
        module = self.handler.rpartition(".")[0].removeprefix("sinks.")
        return str(self.environment.get("VOTEPIPE_SINK", module))

    def invoke(self, event: Any) -> Any:
        """Call it, within a task; the answer is what its caller gets as JSON.

        `event` is JSON that nobody else has: its code may change it.
        Raises FunctionError, or Throttled.
        """
        fault = self.world.faults.next(self.id)
        if (fault and fault.kind == "throttle") or self.running == self.reserved:
            self.world.trace.note("throttled", self.id)
            raise Throttled(f"'{self.id}' was throttled.")
        if fault:
            self.world.trace.note("failed", self.id, why=fault.error)
            raise FunctionError(fault.error)
        self.running += 1
        try:
            return self._run(event)
        finally:
            self.running -= 1

    def _run(self, event: Any) -> Any:
        world = self.world
        process = self._warm.pop() if self._warm else self._cold()
        deadline = world.now + self.timeout
        invocation = Invocation(self, process, world.chance.uuid(), deadline)
        invocation.leave = process.enter()
        before, world.invocation = world.invocation, invocation
        try:
            invocation.wait(world.faults.takes.get(self.id, 0.0))
            answer = json.dumps(process.handler(event, Context(invocation)))
            if process.dead:
                raise Crash("Runtime exited")  # its code caught the first one
        except Ended as end:
            process.dead = True
            if isinstance(end, Closed):
                raise
            raise self._failed(end.why) from None
        except Exception as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        finally:
            world.invocation = before
            invocation.leave()
            self._printed += process.lines()
            if not process.dead:
                self._warm.append(process)
        return json.loads(answer)

    def _cold(self) -> Process:
        environment = {**self.environment, "LAMBDA_TASK_ROOT": str(self.root)}
        return Process(self.root, self.handler, environment, self.patches, library.own)

    def _failed(self, why: str) -> FunctionError:
        self.world.trace.note("failed", self.id, why=why)
        return FunctionError(why)


def _surroundings(name: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The variables that Lambda sets, and some that keep this machine's own settings out."""
    return {
        "AWS_ACCESS_KEY_ID": "kit",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(facts.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "kit",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "HOME": "/tmp",  # noqa: S108 - as good a place as any where nothing of a person is
        "LANG": "en_US.UTF-8",
        "NO_PROXY": "127.0.0.1",  # the kit's own receiver
        "PATH": "/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": facts["Handler"],
    }


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
