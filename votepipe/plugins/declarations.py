"""Where a marked function stands, and how a fault of it is told."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn, Self

from votepipe.model.errors import PluginError

if TYPE_CHECKING:
    from votepipe.plugins import Enricher, Sink

NAME = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Site:
    """Where a marked function stands: its module's name, its file as people write it."""

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
        site = cls(
            function=function,
            name=module.rpartition(".")[2],
            module=module,
            file=module.replace(".", "/") + ("/__init__.py" if package else ".py"),
            summary=docstring.strip().partition("\n")[0],
        )
        if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
            site.refuse(f"{mark} is not on a plain function. Put it on a 'def', not 'async def'")
        if function.__name__ != called:
            site.refuse(f"{mark} is on '{function.__name__}'. Name the function '{called}'")
        if not NAME.fullmatch(site.name) or len(site.name) > 40:
            site.refuse("its name is not fit for resources. Use up to 40 of a-z, 0-9 and single _")
        return site

    @property
    def described(self) -> dict[str, Any]:
        """What is known of any plugin, by the names that its description gives it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of the function, by name."""
        return dict(inspect.signature(self.function).parameters)

    def refuse(self, problem: str) -> NoReturn:
        """Raise PluginError about this file."""
        raise PluginError(f"{self.file}: {problem}{'' if problem.endswith('?') else '.'}")


def place_of(error: BaseException, plugin: "Sink | Enricher") -> str:
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
