"""The enrichers in `enrichers/`: found, checked, and in the order in which they run."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import NoReturn

import fastjsonschema

from votepipe.model.errors import PluginError
from votepipe.plugins import Enricher


def load(package: str = "enrichers") -> list[Enricher]:
    """Import every module of the package; raises PluginError for the first that is not right."""
    home = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(home.__path__))
    return ordered([_load(package, name) for name in names if not name.startswith("_")])


def _load(package: str, name: str) -> Enricher:
    try:
        module = importlib.import_module(f"{package}.{name}")
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(
            f"{package}/{name} does not import: {type(error).__name__}: {error}. Fix that file."
        ) from error
    found = getattr(getattr(module, "enrich", None), "enricher", None)
    if not isinstance(found, Enricher) or found.module != module.__name__:
        raise PluginError(
            f"{package}/{name} has no function 'enrich' of its own marked with @enricher. "
            "Write one; docs/plugins.md shows how."
        )
    return found


def ordered(found: Iterable[Enricher]) -> list[Enricher]:
    """Each after all that it needs, else by name; raises PluginError where they need each other."""
    by_name = {each.name: each for each in sorted(found, key=lambda each: each.name)}
    waiting = TopologicalSorter({name: each.needs for name, each in by_name.items()})
    try:
        return [by_name[name] for name in waiting.static_order()]
    except CycleError as error:
        circle = " → ".join(f"'{name}'" for name in reversed(error.args[1]))
        raise PluginError(
            f"{by_name[error.args[1][0]].file} needs itself: {circle}. Take one out of its 'needs'."
        ) from None


def checker(enricher: Enricher) -> Callable[[object], object]:
    """Compile `adds` to a function that raises for what breaks it; PluginError when it cannot be.

    What it raises is fastjsonschema's JsonSchemaValueException.
    """
    check: Callable[[object], object]
    try:
        check = fastjsonschema.compile(
            dict(enricher.adds),
            handlers=dict.fromkeys(("http", "https", "file", "ftp"), _no_fetching),
            use_default=False,
            use_formats=False,
        )
    except Exception as error:  # whatever a schema's parts make of Python, such as re.error
        raise PluginError(
            f"{enricher.file}: 'adds' is not a JSON Schema. {type(error).__name__}: {error}. "
            "Write it as draft 7 has it."
        ) from error
    return check


def _no_fetching(address: str) -> NoReturn:
    raise ValueError(f"It refers to {address}, which is not fetched; write it in place")
