"""A checkout's template and plugins, read once and used by every pipeline made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from votepipe.dev import project, template
from votepipe.fields import Field


@dataclass(frozen=True)
class Blueprint:
    """The template after SAM's transform, and each sink's settings by the sink's name."""

    root: Path
    template: Mapping[str, Any]
    settings: Mapping[str, tuple[Field, ...]]


def read(root: Path) -> Blueprint:
    """Read a checkout; the same one is read again only when a file of it changed."""
    sources = [root / "template.yaml", *project.modules(root / "sinks")]
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in sources)
    return _read(root, stamps)


@lru_cache(maxsize=8)
def _read(root: Path, stamps: tuple[tuple[str, int], ...]) -> Blueprint:
    return Blueprint(
        root=root,
        template=template.translated(template.read(root)),
        settings={plugin.name: plugin.settings for plugin in project.sinks(root)},
    )


def is_address(field: Field) -> bool:
    """Whether a setting holds the address of a receiver."""
    known = field.example or field.default
    return field.kind in ("text", "secret") and (
        "url" in field.name.split("_") or (isinstance(known, str) and known.startswith("http"))
    )


def value_for(field: Field, sink: str, receiver: str) -> str | None:
    """A value for a setting in a test, None where its default serves.

    The address of a receiver is that of the kit's own server.
    """
    if is_address(field):
        return f"{receiver}/{sink}"
    if field.kind == "secret":
        return field.example or f"{sink}-{field.name}"
    return (field.example or _some(field)) if field.required else None


def _some(field: Field) -> str:
    """A value that fits, for a required setting without an example."""
    if field.choices:
        return str(field.choices[0])
    return {"integer": "1", "number": "1", "flag": "true"}.get(field.kind, field.name)
