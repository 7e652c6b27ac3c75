"""Keep the marked regions of template.yaml in step with the modules in `sinks/`.

Only the lines between the markers are written; every other byte of the file stays as it is.
The same modules give the same bytes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from votepipe.dev import ROOT
from votepipe.dev.project import Plugin, sinks
from votepipe.fields import Field
from votepipe.plugins import Sink

REGIONS = {
    "settings of the sinks": "parameters.yaml.j2",
    "resources of the sinks": "resources.yaml.j2",
}
EVENT_SOURCE = "votepipe"


class SyncError(Exception):
    """The template cannot be brought in step; the text says what to mend."""


@dataclass(frozen=True)
class SinkResources:
    """What the templates of a sink's resources need to know."""

    plugin: Plugin[Sink]

    @property
    def name(self) -> str:
        """The sink's name."""
        return self.plugin.name

    @property
    def id(self) -> str:
        """The start of its logical ids: `my_sink` gives `MySink`."""
        return "".join(word.capitalize() for word in self.plugin.name.split("_"))

    @property
    def pattern(self) -> dict[str, Any]:
        """The event pattern of its rule."""
        spec = self.plugin.spec
        where = {"detail": spec.where} if spec.where else {}
        return {"source": [EVENT_SOURCE], "detail-type": list(spec.events), **where}

    @property
    def parameters(self) -> list[Field]:
        """The settings that are template parameters."""
        return [field for field in self.plugin.settings if field.kind != "secret"]

    @property
    def secrets(self) -> list[Field]:
        """The settings that live in its one secret."""
        return [field for field in self.plugin.settings if field.kind == "secret"]

    @property
    def secret_description(self) -> str:
        """What belongs into the secret, as JSON members."""
        members = "; ".join(f"{field.name}: {field.help}" for field in self.secrets)
        return f"JSON for the sink '{self.plugin.name}': {members}"


def resources(root: Path = ROOT) -> list[SinkResources]:
    """The sinks of a checkout as the template sees them."""
    return [SinkResources(plugin) for plugin in sinks(root)]


def region(name: str, found: Iterable[SinkResources]) -> str:
    """The text between the markers of a region, from the sinks."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - YAML, not HTML; foreign text goes through the JSON filter
    )
    # JSON is YAML: every text, list and object from a plugin is written as JSON.
    environment.filters["as_json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.get_template(REGIONS[name]).render(sinks=list(found)).strip("\n")


def synced(template: str, found: list[SinkResources]) -> str:
    """The template's text with its regions written anew."""
    for name in REGIONS:
        template = _replaced(template, name, region(name, found))
    return template


def _replaced(template: str, name: str, text: str) -> str:
    lines = template.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.strip().startswith(f"# >>> {name}")]
    ends = [at for at, line in enumerate(lines) if line.strip().startswith(f"# <<< {name}")]
    if len(starts) != 1 or len(ends) != 1 or ends[0] < starts[0]:
        raise SyncError(
            f"template.yaml must hold the lines '# >>> {name}' and '# <<< {name}' once each, "
            "in this order. Put them back."
        )
    newline = "\r\n" if lines[starts[0]].endswith("\r\n") else "\n"
    body = [line + newline for line in text.split("\n")] if text else []
    return "".join([*lines[: starts[0] + 1], *body, *lines[ends[0] :]])
