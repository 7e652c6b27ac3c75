"""A Lambda function: its processes, time-out, throttling and errors, and each call of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.functions import library
from votepipe.emulator.functions.invocation import Invocation
from votepipe.emulator.functions.patches import Patches
from votepipe.emulator.functions.process import Process
from votepipe.emulator.simulation.errors import Closed, Crash, Ended
from votepipe.emulator.simulation.jsontext import apart, parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.usage import CALLS, LOG_BYTES


class FunctionError(Exception):
    """The function failed; its text is Lambda's error message."""


class Throttled(Exception):
    """The function was not called: it runs as often as it may already."""


class Context:
    """The context object that a function gets as its second argument."""

    def __init__(self, function: "Function", invocation: Invocation) -> None:
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

    simulation: Simulation
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
    patches: Patches
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
        reserved = facts.get("ReservedConcurrentExecutions")
        return cls(
            id=logical_id,
            name=name,
            arn=arn,
            handler=facts["Handler"],
            timeout=float(facts.get("Timeout", 3)),
            memory=int(facts.get("MemorySize", 128)),
            role=facts["Role"],
            environment=variables | _environment(name, facts),
            reserved=None if reserved is None else int(reserved),
            **rest,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What it printed, each line parsed as JSON; other text becomes `{"message": …}`.

        A line about several messages is one for each.
        """
        for line in self._printed:
            facts = parsed(line)
            self._lines += apart(facts) if isinstance(facts, dict) else [{"message": line}]
        self._printed.clear()
        return self._lines

    @property
    def sink(self) -> str:
        """The name of the sink that it is, or of its module."""
        module = self.handler.rpartition(".")[0].removeprefix("sinks.")
        return str(self.environment.get("VOTEPIPE_SINK", module))

    def restart(self) -> None:
        """Have its next calls begin in new processes; those under way end in their own."""
        self._warm = []

    def invoke(self, event: Any) -> Any:
        """Call it, within a task; the answer is what its caller gets as JSON.

        `event` is the function's own copy, which its code may change.
        Raises FunctionError, or Throttled.
        """
        fault = self.simulation.faults.next(self.id)
        if (fault and fault.kind == "throttle") or self.running == self.reserved:
            self.simulation.trace.note("throttled", self.id)
            raise Throttled(f"'{self.id}' was throttled.")
        if fault:
            self.simulation.trace.note("failed", self.id, why=fault.error)
            raise FunctionError(fault.error)
        self.running += 1
        try:
            return self._run(event)
        finally:
            self.running -= 1

    def _run(self, event: Any) -> Any:
        simulation, current = self.simulation, self.patches.current
        simulation.usage.add(CALLS, who=self.id)
        warm = self._warm
        process = warm.pop() if warm else self._cold()
        invocation = Invocation(
            simulation=simulation,
            process=process,
            id=self.id,
            sink=self.sink,
            role=self.role,
            timeout=self.timeout,
            deadline=simulation.now + self.timeout,
            request_id=simulation.random.uuid(),
            marked=self.marked,
            leave=process.enter(),
        )
        before, current.invocation = current.invocation, invocation
        try:
            current.wait(simulation.faults.takes.get(self.id, 0.0))
            answer = json.dumps(process.handler(event, Context(self, invocation)))
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
            current.invocation = before
            invocation.leave()
            lines = process.lines()
            size = sum(len(line.encode()) + 1 for line in lines)
            simulation.usage.add(LOG_BYTES, size, who=self.id)
            self._printed += lines
            if not process.dead:
                warm.append(process)
        return json.loads(answer)

    def _cold(self) -> Process:
        environment = {**self.environment, "LAMBDA_TASK_ROOT": str(self.root)}
        return Process(self.root, self.handler, environment, self.patches.all, library.own)

    def _failed(self, why: str) -> FunctionError:
        self.simulation.trace.note("failed", self.id, why=why)
        return FunctionError(why)


def _environment(name: str, facts: Mapping[str, Any]) -> dict[str, str]:
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
        "HOME": "/tmp",  # noqa: S108 - holds no settings of the user
        "LANG": "en_US.UTF-8",
        "NO_PROXY": "127.0.0.1",  # the kit's own receiver
        "PATH": "/usr/bin:/bin",
        "TZ": ":UTC",
        "_HANDLER": facts["Handler"],
    }
