"""A checkout as data: plugins, template, what sync writes, what a zip holds; never deployed."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from votepipe.model.errors import PluginError, VotepipeError
from votepipe.plugins import Enricher, Sink
from votepipe.plugins.enrichers import ordered
from votepipe.plugins.fields import Field
from votepipe.project import plugins, subscribers
from votepipe.project.plugins import Plugin, Spec
from votepipe.project.subscribers import Subscriber

_LOADING = threading.Lock()  # modules of plugins are loaded under one name each


class NoCheckout(VotepipeError):
    """There is no checkout to work on."""


def checkout(start: Path | None = None) -> Path:
    """Find the checkout that holds `start`, by default the current folder. Raises NoCheckout."""
    folder = (start or Path.cwd()).resolve()
    for path in (folder, *folder.parents):
        if (path / "template.yaml").is_file() and (path / "sinks").is_dir():
            return path
    raise NoCheckout(
        f"'{folder.name}' is in no checkout: neither it nor a folder above it has both "
        "template.yaml and sinks/. Change to a folder of the checkout."
    )


@dataclass(frozen=True)
class Project:
    """A checkout: its sinks by name, and its enrichers in the order in which they run.

    Subscribers by HTTPS are among the sinks, each under a name of its own.
    `broken` says what is wrong with each plugin that is not among them, by its file.
    """

    root: Path
    sinks: tuple[Plugin[Sink], ...]
    enrichers: tuple[Plugin[Enricher], ...]
    subscribers: tuple[Subscriber, ...] = ()
    broken: Mapping[Path, str] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path | None = None) -> "Project":
        """Read the checkout at `root`, by default the one around the current folder.

        The result is shared until one of the files changes, as the template takes long.
        Raises PluginError that names all plugins that break the contract.
        """
        project = cls.survey(root)
        if project.broken:
            raise PluginError("\n".join(project.broken.values()))
        return project

    @classmethod
    def survey(cls, root: Path | None = None) -> "Project":
        """Read a checkout that may have broken plugins: the others are there."""
        root = root or checkout()
        patterns = ("template.yaml", subscribers.FILE, "sinks/**/*.py", "enrichers/**/*.py")
        files = [path for pattern in patterns for path in sorted(root.glob(pattern))]
        # By content: two writes within one tick of the file system's clock have one time.
        read = [(str(path), path.read_bytes()) for path in files if path.is_file()]
        with _LOADING:
            return _read(root, tuple(read))

    @property
    def settings(self) -> Mapping[str, tuple[Field, ...]]:
        """The settings of each plugin, by its name."""
        return {
            **{sink.name: sink.settings for sink in self.sinks},
            **{enricher.name: enricher.settings for enricher in self.enrichers},
        }

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The template after SAM's transform."""
        # Most commands need the plugins alone, and SAM takes half a second to import.
        from votepipe.project import template

        return template.translated(template.read(self.root))


@lru_cache(maxsize=8)
def _read(root: Path, files: tuple[tuple[str, bytes], ...]) -> Project:
    broken: dict[Path, str] = {}
    folder = root / "enrichers"
    names = [plugins.home(path).stem for path in plugins.modules(folder)]
    taken = {plugins.home(path).stem for path in plugins.modules(root / "sinks")}
    enrichers = _loaded(partial(_enricher, names=names, sinks=taken), folder, broken)
    # What a broken one adds is not known, so that it may be anything.
    unknown: dict[str, Mapping[str, Any]] = {name: {} for name in names}
    adds = unknown | {each.name: each.spec.adds for each in enrichers}
    sinks = tuple(_loaded(partial(_sink, adds=adds), root / "sinks", broken))
    subscribed: tuple[Subscriber, ...] = ()
    if not broken:
        sinks, subscribed = subscribers.applied(root, sinks, adds)
    return Project(root, sinks, _ordered(enrichers, broken), subscribed, broken)


def _enricher(path: Path, names: Collection[str], sinks: Collection[str]) -> Plugin[Enricher]:
    found = plugins.enricher(path)
    if found.name in sinks:
        raise PluginError(
            f"{plugins.place(path)} has the name of a sink, and their settings would mix. "
            "Rename the enricher."
        )
    plugins.check_needs(found, names)
    return found


def _sink(path: Path, adds: Mapping[str, Mapping[str, Any]]) -> Plugin[Sink]:
    found = plugins.sink(path)
    plugins.check_where(found, adds)
    return found


def _loaded(
    load: Callable[[Path], Plugin[Spec]], folder: Path, broken: dict[Path, str]
) -> list[Plugin[Spec]]:
    """The plugins in a folder; what is wrong with one goes into `broken`."""
    found = []
    for path in plugins.modules(folder):
        try:
            found.append(load(path))
        except PluginError as error:
            broken[path] = str(error)
    return found


def _ordered(
    found: Sequence[Plugin[Enricher]], broken: dict[Path, str]
) -> tuple[Plugin[Enricher], ...]:
    """In the order in which they run, which is known only where all are right."""
    by_name = {each.name: each for each in found}
    if any(need not in by_name for each in found for need in each.spec.needs):
        return tuple(found)
    try:
        return tuple(by_name[spec.name] for spec in ordered(each.spec for each in found))
    except PluginError as error:  # they need each other
        first = next(each for each in found if str(error).startswith(each.spec.file))
        broken[first.path] = str(error)
        return tuple(each for each in found if each is not first)
