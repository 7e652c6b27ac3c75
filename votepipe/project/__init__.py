"""A checkout as data: plugins, template, what sync writes, what a zip holds; never deployed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from votepipe.model.errors import VotepipeError
from votepipe.plugins import Enricher, Sink
from votepipe.plugins.enrichers import ordered
from votepipe.plugins.fields import Field
from votepipe.project import plugins
from votepipe.project.plugins import Plugin


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
    """A checkout: its sinks by name, and its enrichers in the order in which they run."""

    root: Path
    sinks: tuple[Plugin[Sink], ...]
    enrichers: tuple[Plugin[Enricher], ...]

    @classmethod
    def read(cls, root: Path | None = None) -> "Project":
        """Read the checkout at `root`, by default the one around the current folder.

        The result is shared until one of the files changes, as the template takes long.
        Raises PluginError for the first plugin that breaks the contract.
        """
        root = root or checkout()
        patterns = ("template.yaml", "sinks/**/*.py", "enrichers/**/*.py")
        files = [path for pattern in patterns for path in sorted(root.glob(pattern))]
        # By content: two writes within one tick of the file system's clock have one time.
        return _read(root, tuple((str(path), path.read_bytes()) for path in files))

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
    found = [plugins.enricher(path) for path in plugins.modules(root / "enrichers")]
    enrichers = {enricher.name: enricher for enricher in found}
    return Project(
        root,
        tuple(plugins.sink(path) for path in plugins.modules(root / "sinks")),
        tuple(enrichers[spec.name] for spec in ordered(each.spec for each in found)),
    )
