"""Whether a sink's `where` can match: its fields and values, against the schemas of its events.

What the schemas leave open is allowed: answers, and whatever an `adds` does not describe.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import fastjsonschema

from votepipe.emulator.patterns import compile as compile_pattern
from votepipe.emulator.patterns.conditions import Condition, Field
from votepipe.plugins import Sink
from votepipe.project import schemas
from votepipe.project.names import meant

Schema = Mapping[str, Any]

_WORDS = {"boolean": "true or false", "null": "null", "string": "a text"}
_FINITE: dict[Any, tuple[Any, ...]] = {"boolean": (True, False), "null": (None,)}
_SAYING = {"type", "enum", "const", "properties"}
_UNDECIDED = {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties"}
_DEEPEST = 5  # levels of names that are suggested; an `adds` may refer to itself


class Part(NamedTuple):
    """What a schema says of one field, and whether an event can be without it."""

    schema: Schema
    optional: bool

    def can_be(self, field: Field) -> bool:
        """Whether a value that fits the schema, or none, satisfies what a pattern says."""
        if not self.schema or (field.absent and (self.optional or self._types == {"object"})):
            return True
        finite = [value for kind in self._types for value in _FINITE.get(kind, ())]
        finite += self.schema.get("enum", [])
        finite += [self.schema["const"]] if "const" in self.schema else []
        return any(map(field.accepts, finite)) or any(map(self._allows, field.conditions))

    @property
    def _types(self) -> set[str]:
        found = self.schema.get("type", "object" if "properties" in self.schema else [])
        return {found} if isinstance(found, str) else set(found)

    def _allows(self, condition: Condition) -> bool:
        """Whether a text or a number that fits the schema may satisfy the condition."""
        if {"enum", "const"} & self.schema.keys():
            return False
        if condition.exact:
            return self._types != {"object"} and _fits(condition.equals, self.schema)
        numbers, texts = self._types & {"integer", "number"}, self._types & {"string"}
        return bool(
            (condition.text and texts)
            or (condition.number and numbers)
            or (condition.otherwise and (texts or numbers))
        )

    @property
    def words(self) -> str:
        """What it is, for people."""
        if "const" in self.schema:
            return repr(self.schema["const"])
        if "enum" in self.schema:
            return f"one of {', '.join(map(repr, self.schema['enum']))}"
        kind = " or ".join(_WORDS.get(each, f"a {each}") for each in sorted(self._types))
        if examples := self.schema.get("examples"):
            return f"{kind} such as {examples[0]!r}"
        return f"{kind} like '{self.schema['pattern']}'" if "pattern" in self.schema else kind

    def refusal(self, field: Field, event: str) -> str:
        """Why it cannot be what a pattern says, and what to do."""
        if all(each.absent for each in field.conditions):
            return f"Every {event} has '{field.path}'. Take it out."
        wanted = " or ".join(each.shown for each in field.conditions if not each.absent)
        said = f"It wants '{field.path}' as {wanted}, and in a {event} it is"
        if self._types == {"object"}:
            return f"{said} an object. Name a field in it."
        return f"{said} {self.words}. Change the value."


def problem(sink: Sink, adds: Mapping[str, Schema]) -> tuple[str, str] | None:
    """What a sink's `where` does wrong, as a verb and on, and the field in it that this is about.

    `adds` holds what each enricher adds, by its name.
    """
    if sink.where is None:
        return None
    fits = {event: _Event(event, adds) for event in sink.events}
    branches = compile_pattern(sink.where).branches
    for field in (each for branch in branches for each in branch.values()):
        if not any(event.parts(field.path) for event in fits.values()):
            known = dict.fromkeys(name for event in fits.values() for name in event.names())
            named = f"names '{field.path}', which no {' or '.join(fits)} has."
            return f"{named} {meant(field.path, known)}", field.path
    wrong = [_impossible(branch.values(), event) for event in fits.values() for branch in branches]
    if wrong[0] and all(wrong):
        return f"can match nothing. {wrong[0][0]}", wrong[0][1]
    return None


class _Event:
    """An event's schema, with what the enrichers add."""

    def __init__(self, name: str, adds: Mapping[str, Schema]) -> None:
        self.name = name
        self._adds = adds
        file = re.sub("(?<=[a-z])(?=[A-Z])", "-", name).lower()
        self._root = schemas.load(f"{file}.v1")
        self._root["properties"]["enrichment"] = {"type": "object", "properties": adds}

    def parts(self, path: str) -> list[Part]:
        """What its schema says of a field; nothing where it has no such field."""
        return list(self._parts(self._root, self._root, path.split("."), optional=False))

    def names(self) -> Iterator[str]:
        """The paths of all fields that have a name of their own."""
        yield from self._names(self._root, self._root, "", _DEEPEST)

    def _parts(
        self, schema: Schema, root: Schema, steps: Sequence[str], *, optional: bool
    ) -> Iterator[Part]:
        schema = _resolved(schema, root)
        if schema.get("type") == "array":
            inner = _resolved(schema["items"], root)
            yield from self._parts({} if "items" in inner else inner, root, steps, optional=True)
            return
        if not steps or not schema:
            yield Part(schema, optional)
            return
        for count in range(1, len(steps) + 1):  # a name may hold dots
            name, rest = ".".join(steps[:count]), steps[count:]
            if name in schema.get("properties", {}):
                inner = schema["properties"][name]
                left = optional or name not in schema.get("required", ())
                yield from self._parts(inner, self._root_of(inner, root), rest, optional=left)
            elif (more := _more(schema)) is not None:
                yield from self._parts(more, root, rest, optional=True)

    def _names(self, schema: Schema, root: Schema, prefix: str, levels: int) -> Iterator[str]:
        members = _resolved(schema, root).get("properties", {})
        for name, inner in members.items() if levels else ():
            below = self._root_of(inner, root)
            yield from [*self._names(inner, below, f"{prefix}{name}.", levels - 1)] or [
                prefix + name
            ]

    def _root_of(self, schema: Schema, root: Schema) -> Schema:
        """Where the references in a schema lead: an `adds` is a document of its own."""
        return schema if any(schema is each for each in self._adds.values()) else root


def _resolved(schema: Any, root: Schema) -> Schema:
    """A schema behind its references; empty where it says nothing that can be decided here."""
    for _ in range(_DEEPEST):
        if isinstance(schema, Mapping) and "$ref" in schema:
            schema = _referred(schema["$ref"], root)
        elif isinstance(schema, Mapping) and len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
    if not isinstance(schema, Mapping) or _UNDECIDED & schema.keys() or not _SAYING & schema.keys():
        return {}
    types = schema.get("type")
    if isinstance(types, list) and {"array", "object"} & set(types):
        return {}
    return {} if types == "array" and not isinstance(schema.get("items"), Mapping) else schema


def _referred(reference: str, root: Schema) -> Schema:
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found.get(step, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _more(schema: Schema) -> Schema | None:
    """What an object's members are that it does not name; None where it has no others."""
    if schema.get("type", "object") != "object":
        return None
    more = schema.get("additionalProperties", "properties" not in schema)
    return (more if isinstance(more, Mapping) else {}) if more is not False else None


def _impossible(fields: Iterable[Field], event: _Event) -> tuple[str, str] | None:
    """The first field of a branch that no such event satisfies, in words."""
    for field in fields:
        parts = event.parts(field.path)
        if not parts and not field.absent:
            return f"No {event.name} has '{field.path}'. Take one of the two out.", field.path
        if parts and not any(part.can_be(field) for part in parts):
            return parts[0].refusal(field, event.name), field.path
    return None


def _fits(value: Any, schema: Schema) -> bool:
    try:
        fastjsonschema.compile(dict(schema), use_default=False, use_formats=False)(value)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True
