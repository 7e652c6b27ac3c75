"""The catalogue of events, as docs/events.md and as the page of `make docs`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, select_autoescape

from votepipe.project import Project, templates
from votepipe.project.contracts import Contract, in_folder, of_feed

Schema = Mapping[str, Any]
SETTLED = "VoteSettled"
MARKDOWN, PAGE = "events.md.j2", "events.html.j2"


@dataclass(frozen=True)
class Field:
    """A field of an event, by its path; `*` stands for every name, `[]` for every item."""

    path: str
    type: str
    required: bool
    personal: bool
    description: str


@dataclass(frozen=True)
class Entry:
    """An event in one version, and the teams that get it."""

    contract: Contract
    on_feed: bool
    teams: tuple[str, ...]

    @property
    def publishers(self) -> list[str]:
        """Which part puts it on which bus."""
        first = "sink `settle`" if self.contract.event == SETTLED else "the pipe"
        return [f"{first} on the votes bus", *["sink `feed` on the feed bus"] * self.on_feed]

    @property
    def when(self) -> str:
        """When it is sent: the first sentence of its description."""
        return f"{self.contract.schema['description'].partition('. ')[0]}."

    @property
    def fields(self) -> list[Field]:
        """Every field, in the order of the schema."""
        return [*_fields(self.contract.schema, self.contract.schema, "", False, ())]

    @property
    def example(self) -> str:
        """An event as other teams get it, or as the votes bus has it where they do not."""
        return json.dumps(self.contract.schema["examples"][-1], indent=2, ensure_ascii=False)


def entries(project: Project) -> list[Entry]:
    """Every event of a checkout, in every version."""
    feed = of_feed(project)
    return [
        Entry(
            each,
            each in feed,
            tuple(
                team.name if team.active else f"{team.name} (pending)"
                for team in project.subscribers
                if each.type in team.events
            ),
        )
        for each in in_folder(project.root / "schemas")
    ]


def rendered(template: str, project: Project) -> str:
    """The catalogue as Markdown or as a page."""
    text: str = _templates().get_template(template).render(entries=entries(project))
    return text.rstrip("\n") + "\n"


@cache
def _templates() -> Environment:
    escaped = select_autoescape(["html.j2"])
    environment = templates.beside(
        __file__, autoescape=escaped, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = lambda text: text.replace("|", "\\|")
    return environment


def _fields(
    schema: Schema, document: Schema, path: str, personal: bool, seen: tuple[str, ...]
) -> Iterator[Field]:
    """The fields inside a schema; of a recursive one, the first level."""
    required = schema.get("required", ())
    members = [
        (f".{name}", part, name in required) for name, part in schema.get("properties", {}).items()
    ]
    more = ((".*", schema.get("additionalProperties")), ("[]", schema.get("items")))
    members += [(step, part, False) for step, part in more if isinstance(part, Mapping)]
    for step, part, certain in members:
        reference = part.get("$ref", "")
        if reference not in seen:
            at, whole = f"{path}{step}".removeprefix("."), _whole(part, document)
            marked = personal or whole.get("x-personal", False)
            yield Field(at, _type(whole), certain, marked, whole["description"])
            inner = (*seen, reference) if reference else seen
            yield from _fields(whole, document, at, marked, inner)


def _whole(schema: Schema, document: Schema) -> Schema:
    """A schema with what it refers to; its own words come first."""
    if "$ref" in schema:
        return document["definitions"][schema["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]
    parts = [_whole(part, document) for part in schema.get("allOf", ())]
    return {word: value for part in [*parts, schema] for word, value in part.items()}


def _type(schema: Schema) -> str:
    """The type in words, or the values where they are listed."""
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    types = schema.get("type", "anything")
    return types if isinstance(types, str) else "any JSON" if len(types) > 4 else " or ".join(types)
