"""One process of a function: its modules, environment variables and patches."""

import contextlib
import importlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

from votepipe.emulator.simulation.errors import Unmodelled

_OWN = "votepipe"

Patch = tuple[Any, str, Any]


class Process:
    """Made by a cold start; functions of two processes share nothing but the library's code.

    Each process imports the modules of the checkout (`sinks`, `enrichers`, …) for itself, so their
    globals are lost with it, as in Lambda.
    """

    # What `_loaded` said when a process was left last, and the modules that were put back then.
    _left: ClassVar[tuple[object, Collection[str]]] = (None, ())

    def __init__(
        self,
        root: Path,
        handler: str,
        environment: Mapping[str, str],
        patches: Callable[[], list[Patch]],
        own: Callable[[str], list[Patch]],
    ) -> None:
        self.dead = False
        self.output = io.StringIO()
        self._root = root
        self._patches = patches
        self._environment = {
            os.environ.encodekey(name): os.environ.encodevalue(value)
            for name, value in environment.items()
        }
        beside = {path.stem for path in root.glob("*.py")}
        self._packages = {"sinks", "enrichers", handler.partition(".")[0], *beside} - {_OWN}
        self._starts = tuple(self._packages)
        self._modules: dict[str, Any] = {}
        self._own: list[Patch] = []
        with self.entered():
            self.handler = self._import(handler)
            self._own = own(handler)
        sink = getattr(self.handler, "sink", None)
        self.code: CodeType | None = getattr(getattr(sink, "function", None), "__code__", None)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Run a block as this process does."""
        back = self.enter()
        try:
            yield
        finally:
            back()

    def enter(self) -> Callable[[], None]:
        """Become this process; call what it returns to switch back."""
        patches: list[Patch] = [
            (os.environ, "_data", self._environment),
            (sys, "stdout", self.output),
            *self._own,
            *self._patches(),
        ]
        before = [(thing, name, getattr(thing, name)) for thing, name, _ in patches]
        path = list(sys.path)
        modules = self._take_out_all()
        others = len(sys.modules)
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._root))
        for thing, name, value in patches:
            setattr(thing, name, value)

        def back() -> None:
            for thing, name, value in reversed(before):
                setattr(thing, name, value)
            sys.path[:] = path
            self._modules = self._take_out(others)
            sys.modules.update(modules)
            Process._left = (self._loaded(), modules)

        return back

    def lines(self) -> list[str]:
        """What the function printed since the last look."""
        text = self.output.getvalue()
        self.output.seek(0)
        self.output.truncate()
        return text.splitlines()

    def _loaded(self) -> object:
        """What changes when a module is imported: new ones are always at the end."""
        return (self._packages, len(sys.modules), next(reversed(sys.modules)))

    def _take_out_all(self) -> dict[str, Any]:
        """Remove the checkout's modules; searching all there are takes most of a switch."""
        loaded, names = Process._left
        if loaded == self._loaded():
            return {name: sys.modules.pop(name) for name in names}
        return self._take_out(0)

    def _take_out(self, first: int) -> dict[str, Any]:
        """Remove the checkout's modules from `sys.modules` and return them.

        Skips the `first` so many entries: new modules are always at the end.
        """
        names = list(itertools.islice(reversed(sys.modules), len(sys.modules) - first))
        found = {
            name: sys.modules[name]
            for name in reversed(names)
            if name.startswith(self._starts) and name.partition(".")[0] in self._packages
        }
        for name in found:
            del sys.modules[name]
        return found

    def _import(self, handler: str) -> Any:
        module, _, name = handler.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise Unmodelled(
                f"The template's handler '{handler}' cannot be imported ({error}). Correct it."
            ) from error
