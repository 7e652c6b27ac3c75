"""What a plugin's mark declares, and where it stands, for messages about it."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Any, Literal, NoReturn, Self

from votepipe.model.errors import PluginError

NAME = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MAX_RECEIVES = 1000  # SQS takes no more

Idempotent = Literal["vote", "event"] | None


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """At most one call of the sink's function in so many seconds, however many processes run.

    `seconds` may name the setting that holds them; 0 is no limit. What must wait is put back until
    its slot, except events of the types in `droppable`, which are skipped when a newer one came
    with them or their slot is far away. TryLater makes all the others wait as well.
    With `batch`, `batch_key(event, settings)` is a text: only events with the same one go out in
    one call. It may raise Skip.
    """

    seconds: float | str
    batch_key: Callable[[Any, Any], str] | None = None
    droppable: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What the template gives a sink's function.

    `timeout` is in seconds, `memory` in MB. A batch is up to `batch_size` messages that came within
    `window` seconds, after each waited for `delay` seconds. At most `max_concurrency` functions run
    at once; with None, Lambda also makes fewer polls of an empty queue. `policies` are IAM
    statements for what it calls in AWS, `environment` more variables. These two and `delay` are as
    the template would have them, with a condition `<parameter>IsOn` for a setting that is a bool.
    """

    timeout: int = 60
    memory: int = 256
    batch_size: int = 10
    window: int = 0
    delay: Any = 0
    max_concurrency: int | None = None
    policies: Sequence[Mapping[str, Any]] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)


def allow(action: str | Sequence[str], resource: str) -> dict[str, Any]:
    """The IAM statement that allows actions on a resource of the template, by its logical id."""
    arn = {"Fn::GetAtt": [resource, "Arn"]}
    return {"Effect": "Allow", "Action": action, "Resource": arn}


@dataclass(frozen=True)
class Declaration:
    """A marked function: its module's name, its file and its docstring's first line, for people."""

    function: Callable[..., Any]
    name: str
    module: str
    file: str
    summary: str

    @classmethod
    def of(cls, function: Callable[..., Any], called: str, mark: str) -> Self:
        """Look at a function that must be a plain `def` with the name `called`."""
        module = getattr(function, "__module__", "") or ""
        code = getattr(function, "__code__", None)
        package = code is not None and PurePath(code.co_filename).name == "__init__.py"
        docstring = getattr(function, "__globals__", {}).get("__doc__") or ""
        found = cls(
            function=function,
            name=module.rpartition(".")[2],
            module=module,
            file=module.replace(".", "/") + ("/__init__.py" if package else ".py"),
            summary=docstring.strip().partition("\n")[0],
        )
        if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
            found.refuse(f"{mark} is not on a plain function. Put it on a 'def', not 'async def'")
        if function.__name__ != called:
            found.refuse(f"{mark} is on '{function.__name__}'. Name the function '{called}'")
        if not NAME.fullmatch(found.name) or len(found.name) > 40:
            found.refuse("its name is not fit for resources. Use up to 40 of a-z, 0-9 and single _")
        return found

    @property
    def described(self) -> dict[str, Any]:
        """What is known of any plugin, by the names of the fields of Sink and Enricher."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of the function, by name."""
        return dict(inspect.signature(self.function).parameters)

    def refuse(self, problem: str) -> NoReturn:
        """Raise PluginError about this file."""
        raise PluginError(f"{self.file}: {problem}{'' if problem.endswith('?') else '.'}")


@dataclass(frozen=True, kw_only=True)
class Sink(Declaration):
    """A sink, with the options given to `@sink`.

    `wants_delivery`: the function has a parameter `delivery`, or `deliveries` of a batch.
    """

    events: tuple[str, ...]
    schedule: str | None
    where: Mapping[str, Any] | None
    settings: type | None
    batch: bool
    idempotent: Idempotent
    rate_limit: RateLimit | None
    max_attempts: int
    resources: Resources
    enabled: bool
    wants_delivery: bool

    @property
    def visibility(self) -> int:
        """For how many seconds its queue hides a message: six time-outs, as Lambda advises."""
        return 6 * self.resources.timeout + self.resources.window

    @property
    def max_receives(self) -> int:
        """How often a message may be received: waiting for a slot takes receives as well."""
        return min(10 * self.max_attempts, _MAX_RECEIVES)


@dataclass(frozen=True, kw_only=True)
class Enricher(Declaration):
    """An enricher, with the options given to `@enricher`."""

    adds: Mapping[str, Any]
    needs: tuple[str, ...]
    settings: type | None
    required: bool
    timeout: float


def error_location(error: BaseException, plugin: Declaration) -> str:
    """The class of a foreign error and the line of the plugin's file that it came through.

    Its own text stays out: it may hold an address with a secret in it, or what a reader wrote.
    """
    home = plugin.function.__code__.co_filename
    line, trace = None, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == home:
            line = trace.tb_lineno
        trace = trace.tb_next
    place = f"{plugin.file}, line {line}" if line else plugin.file
    return f"{type(error).__qualname__} in {place}."
