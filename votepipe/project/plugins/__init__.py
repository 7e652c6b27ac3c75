"""Load and check a plugin: a module in `sinks/` or `enrichers/`.

A module is loaded from its file and taken away again, so that looking at one checkout never
disturbs what another one, or the running program, imported.
"""

import contextlib
import importlib.util
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from votepipe.emulator.patterns import InvalidPattern
from votepipe.emulator.patterns import compile as compile_pattern
from votepipe.model.errors import PluginError
from votepipe.plugins import Enricher, Sink
from votepipe.plugins.enrichers import checker
from votepipe.plugins.fields import Field, fields
from votepipe.project.names import meant, unfit
from votepipe.project.plugins import source, where

Spec = TypeVar("Spec", Sink, Enricher)


@dataclass(frozen=True)
class Plugin(Generic[Spec]):
    """A plugin as its file has it: its marks, its settings and the words of its docstring."""

    path: Path
    words: str
    spec: Spec
    settings: tuple[Field, ...]
    bus: str = "VotesBus"  # logical id of the one that its rule is on

    @property
    def name(self) -> str:
        """The name of its module."""
        return self.spec.name


def modules(folder: Path) -> Iterator[Path]:
    """The files of the plugins in `folder`: modules, and the `__init__.py` of packages."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        # Editors keep hidden files beside the one that is open.
        if path.suffix == ".py" and not path.name.startswith(("_", ".")):
            yield path
        elif (path / "__init__.py").exists():
            yield path / "__init__.py"


def sink(path: Path) -> Plugin[Sink]:
    """Load the sink in the file `path` and check all that can be checked of it alone."""
    plugin = _plugin(path, "handler", Sink)
    if plugin.spec.where is not None:
        try:
            compile_pattern(plugin.spec.where)
        except InvalidPattern as error:
            advice = " ".join([f"{error.reason.rstrip('.')}.", *getattr(error, "__notes__", ())])
            raise _wrong_where(path, error.where, f"is not an event pattern. {advice}") from error
    return plugin


def check_needs(plugin: Plugin[Enricher], names: Collection[str]) -> None:
    """Raise PluginError when an enricher needs one that is not among these names."""
    for need in plugin.spec.needs:
        if need not in names:
            others = [name for name in names if name != plugin.name]
            raise PluginError(
                f"{place(plugin.path)} needs '{need}', and no such enricher is there. "
                f"{meant(need, others)}"
            )


def check_where(plugin: Plugin[Sink], adds: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise PluginError when a sink's `where` cannot match any of its events.

    `adds` holds what each enricher of the checkout adds.
    """
    if found := where.problem(plugin.spec, adds):
        problem, field = found
        raise _wrong_where(plugin.path, field, problem)


def _wrong_where(path: Path, field: str, problem: str) -> PluginError:
    """The error, with the line in which the field stands where that is to be seen."""
    line = source.line_of_option(path, "where", field.rpartition(".")[2])
    return PluginError(f"{place(path)}{f', line {line}' if line else ''}: 'where' {problem}")


def enricher(path: Path) -> Plugin[Enricher]:
    """Load the enricher in the file `path` and check all that can be checked of it alone."""
    plugin = _plugin(path, "enrich", Enricher)
    checker(plugin.spec)
    return plugin


def keeps_for(other: Sink, sink: Sink) -> bool:
    """Whether another sink writes to a table that this one, on a schedule, reads."""
    shares = bool(set(other.resources.environment) & set(sink.resources.environment))
    return bool(sink.schedule) and shares and not other.schedule and not other.settings


def place(path: Path) -> str:
    """The end of a plugin's path, as a person in the checkout would write it."""
    return "/".join(path.parts[-3 if path.name == "__init__.py" else -2 :])


def home(path: Path) -> Path:
    """The folder of a package, or the file of a module."""
    return path.parent if path.name == "__init__.py" else path


def _plugin(path: Path, function: str, kind: type[Spec]) -> Plugin[Spec]:
    mark = kind.__name__.lower()
    if problem := unfit(home(path).stem):
        raise PluginError(f"{place(path)}: {problem} Rename the {mark}.")
    folder = path.with_suffix("") / "__init__.py"
    if folder.exists():
        raise PluginError(
            f"{place(path)} and {place(folder)} have one name, and Python imports the folder. "
            "Rename one of them."
        )
    if problem := source.problem(path, function, mark):
        raise PluginError(f"{place(path)} {problem}")
    with _loaded(path) as module:
        words = (module.__doc__ or "").strip()
        if not words:
            raise PluginError(
                f"{place(path)} has no docstring. Start it with a line that says what it does."
            )
        spec = getattr(getattr(module, function, None), mark, None)
        if not isinstance(spec, kind) or spec.module != module.__name__:
            raise PluginError(
                f"{place(path)} has no function '{function}' marked with @{mark}. "
                "Write one; docs/plugins.md shows how."
            )
        settings = fields(spec.settings, spec.name) if spec.settings else ()
    return Plugin(path, words, spec, settings)


@contextlib.contextmanager
def _loaded(path: Path) -> Iterator[ModuleType]:
    """The module in the file, under the name it has in a function, for as long as the block."""
    at = home(path)
    package = at != path
    name = f"{at.parent.name}.{at.stem}"
    found = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(at)] if package else None
    )
    if found is None or found.loader is None:
        raise PluginError(f"{place(path)} cannot be read as a Python module. Check its name.")
    module = importlib.util.module_from_spec(found)
    imported, path_before = _take_out(at.parent.name), list(sys.path)
    sys.modules[name] = module
    sys.path.insert(0, str(at.parent.parent))
    try:
        try:
            found.loader.exec_module(module)
        except PluginError as error:
            named = f"{place(path)}, line {_line(error, path)}:"
            raise PluginError(str(error).replace(f"{place(path)}:", named, 1)) from error
        except (Exception, SystemExit) as error:
            line = _line(error, path)
            fix = f"Fix line {line}." if line else "Fix that file."
            raise PluginError(
                f"{place(path)} does not import: {type(error).__name__}: {error}. {fix}"
            ) from error
        yield module
    finally:
        _take_out(at.parent.name)
        sys.modules.update(imported)
        sys.path[:] = path_before


def _line(error: BaseException, path: Path) -> int | None:
    """The line of a file in which an error came up."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((each.lineno for each in reversed(frames) if each.filename == str(path)), None)


def _take_out(package: str) -> dict[str, ModuleType]:
    """Remove a package and its modules from those imported; returns them."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}
