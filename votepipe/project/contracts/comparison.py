"""Whether a change to a schema breaks those who read by the old one.

Compatible: what fits the new schema fits the old one, so each keyword of the old one follows from
the new one; and what the old one lets consumers rely on still comes.
Covers the draft-07 that `schemas/` uses; a change to any other keyword counts as breaking.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jsonschema

from votepipe.project.contracts import ContractError

Schema = Mapping[str, Any] | bool
Part = Mapping[str, Any]  # a schema without `$ref` and `allOf`

_TYPES = {"string", "number", "integer", "boolean", "null", "array", "object"}
# By the type that each speaks of; it says nothing about values of others.
_LOWER = {"minLength": "string", "minItems": "array", "minProperties": "object"}
_UPPER = {"maxLength": "string", "maxItems": "array", "maxProperties": "object"}
_TEXTS = ("pattern", "format")
_WORDS = ("title", "description")
_UNREAD = ("examples", "definitions", "$comment")
_KNOWN = {
    *("type", "const", "enum", "allOf", "x-personal", "x-sunset", "items", "propertyNames"),
    *("properties", "additionalProperties", "required"),
    *(*_LOWER, *_UPPER, *_TEXTS, *_WORDS, *_UNREAD),
}


@dataclass(frozen=True, order=True)
class Change:
    """What became of one field, and whether it breaks consumers."""

    path: str
    reason: str
    breaking: bool = True


class _Above(NamedTuple):
    """What a schema stands in: the pairs under comparison, and whether all of it is personal."""

    pairs: frozenset[tuple[int, int]] = frozenset()
    was: bool = False
    now: bool = False


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every change between two schemas of an event, by field."""
    return sorted(set(_Comparison(old, new).schemas(old, new, "", _Above())))


class _Comparison:
    """Two documents: what a `$ref` means depends on the one it stands in."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.old, self.new = old, new
        self.validator = jsonschema.Draft7Validator(dict(old))

    def schemas(self, old: Schema, new: Schema, path: str, above: _Above) -> Iterator[Change]:
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        pair = (id(old), id(new))
        if pair in above.pairs or old is True:
            return  # a recursive schema that is compared further up, or one that takes anything
        if isinstance(old, list) or isinstance(new, list):
            yield from self._unknown("a list of schemas", old, new, path)
        elif new is False:
            yield from () if old is False else [Change(path, "is never sent any more")]
        elif old is False:
            yield Change(path, "was never sent, and may be now")
        else:
            parts, candidates = _parts(old, self.old), _parts(new, self.new)
            was, now = above.was or _personal(parts), above.now or _personal(candidates)
            if was != now and above.was == above.now:
                yield Change(path, "'x-personal' changed, and so how the field may be used")
            inside = _Above(above.pairs | {pair}, was, now)
            for part in parts:
                compared = [[*self.parts(part, each, path, inside)] for each in candidates]
                yield from min(compared, key=lambda found: sum(each.breaking for each in found))

    def parts(self, old: Part, new: Part, path: str, above: _Above) -> Iterator[Change]:
        yield from self._marks(old, new, path)
        values = _values(new)
        if values is not None:
            yield from self._listed(old, values, path)
            return
        yield from _limits(old, new, path)
        if "object" in _types(new):
            yield from self._members(old, new, path, above)
            yield from self._inner("propertyNames", old, new, f"{path} (its names)", above)
        if "array" in _types(new):
            yield from self._inner("items", old, new, f"{path}[]", above)

    def _inner(
        self, keyword: str, old: Part, new: Part, path: str, above: _Above
    ) -> Iterator[Change]:
        yield from self.schemas(old.get(keyword, True), new.get(keyword, True), path, above)

    def _members(self, old: Part, new: Part, path: str, above: _Above) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        yield from self._inner("additionalProperties", old, new, _below(path, "*"), above)
        gone = before.keys() - after.keys()
        for name in gone:
            yield Change(_below(path, name), "was removed or renamed")
        for name, schema in after.items():
            unnamed = old.get("additionalProperties", True)
            if name not in before and unnamed is not False:
                yield Change(_below(path, name), "was added", breaking=False)
            yield from self.schemas(before.get(name, unnamed), schema, _below(path, name), above)
        certain, still = {*old.get("required", ())}, {*new.get("required", ())}
        for name in (certain ^ still) - gone:
            lost = name in certain
            reason = "may be absent now" if lost else "is always there now"
            yield Change(_below(path, name), reason, breaking=lost)

    def _listed(self, old: Part, values: list[Any], path: str) -> Iterator[Change]:
        """Compare with a schema that lists its values."""
        here = self.validator.evolve(schema=dict(old))
        for value in values:
            if not here.is_valid(value):
                yield Change(path, f"{_text(value)} is new, and consumers do not know it")
        still = [_text(value) for value in values]
        for value in _values(old) or ():
            if _text(value) not in still:
                yield Change(path, f"{_text(value)} is never sent any more")

    def _marks(self, old: Part, new: Part, path: str) -> Iterator[Change]:
        """Compare what says nothing about which values are valid, and what is not known."""
        for word in _WORDS:
            if old.get(word) != new.get(word):
                yield Change(path, f"'{word}' changed: the meaning must not", breaking=False)
        start, end = old.get("x-sunset", ""), new.get("x-sunset", "")
        if start != end:
            sooner = "" < end < start
            yield Change(path, f"is sent until {end or 'further notice'}", breaking=sooner)
        for word in (old.keys() | new.keys()) - _KNOWN:
            before, after = old.get(word, "absent"), new.get(word, "absent")
            yield from self._unknown(f"'{word}'", before, after, path)

    def _unknown(self, what: str, old: Any, new: Any, path: str) -> Iterator[Change]:
        before, after = _text(old), _text(new)
        refers = '"$ref"' in before and _text(self.old) != _text(self.new)
        if before != after or refers:
            yield Change(path, f"{what} changed, and this check does not know what it does")


def _limits(old: Part, new: Part, path: str) -> Iterator[Change]:
    """Compare what bounds a value by itself."""
    types = _types(new)
    if _values(old) is not None:
        yield Change(path, "may be something else than the values that were listed")
    for kind in sorted(types - _types(old)):
        yield Change(path, f"may be of type {kind} now")
    for word, kind in (_LOWER | _UPPER).items():
        least = new.get(word, 0) >= old.get(word, 0)
        most = word not in old or new.get(word, math.inf) <= old[word]
        if kind in types and not (least if word in _LOWER else most):
            yield Change(path, f"'{word}' was {old[word]}, and is {new.get(word, 'gone')}")
    for word in _TEXTS:
        if "string" in types and word in old and old[word] != new.get(word):
            yield Change(path, f"'{word}' changed or is gone")


def _resolved(schema: Schema, document: Mapping[str, Any]) -> Schema:
    """What a local `$ref` points at; draft-07 ignores what stands beside one."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        head, *steps = schema["$ref"].split("/")
        try:
            target: Any = {"#": document}[head]
            for step in steps:
                target = target[step]
        except (LookupError, TypeError):
            raise ContractError(
                f"{document.get('$id')}: '$ref' to '{schema['$ref']}' leads nowhere. "
                "Refer to a definition of the same file."
            ) from None
        schema = target
    return schema


def _parts(schema: Schema, document: Mapping[str, Any]) -> list[Part]:
    """The schemas that a value must fit all at once."""
    schema = _resolved(schema, document)
    if isinstance(schema, bool):
        return [{} if schema else {"enum": []}]
    own = {word: value for word, value in schema.items() if word != "allOf"}
    return [own, *(part for each in schema.get("allOf", ()) for part in _parts(each, document))]


def _personal(parts: list[Part]) -> bool:
    return any(part.get("x-personal", False) for part in parts)


def _values(schema: Part) -> list[Any] | None:
    """The values that a schema lists; None where it lists none."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _types(schema: Part) -> set[str]:
    """The types that a schema takes; a number may be an integer."""
    named = schema.get("type", [*_TYPES])
    types = {named} if isinstance(named, str) else {*named}
    return types | {"integer"} if "number" in types else types


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
