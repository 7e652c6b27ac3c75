# ruff: noqa: E501 - one row of the table is one line
"""Verdicts on changes of schemas, each proven by events that fit the changed one.

A compatible change: every event that is made for the new schema fits the old one.
A breaking one: an event is found that does not fit, or the rule is about meaning and says so.
"""

import copy
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import hypothesis
import jsonschema
import pytest
from hypothesis import strategies as st

from votepipe.project import schemas
from votepipe.project.contracts import ContractError
from votepipe.project.contracts.comparison import compare

SETTLED = {**schemas.load("vote-settled.v1"), "examples": []}
VOTE = "definitions/vote/properties"
GONE = None  # a keyword or a property that is taken away

COMPATIBLE, WITNESS, MEANING = "compatible", "breaking, as an event shows", "breaking by meaning"


class Row(NamedTuple):
    """A change to VoteSettled: what is set at which place, and what becomes of which field."""

    name: str
    at: str
    edit: dict[str, Any]
    verdict: str
    path: str
    before: Callable[[], dict[str, Any]] = lambda: SETTLED


def edited(schema: dict[str, Any], at: str, edit: dict[str, Any]) -> dict[str, Any]:
    """A copy with these members set at a place, or taken away where they are None."""
    schema = copy.deepcopy(schema)
    part = schema
    for step in filter(None, at.split("/")):
        part = part[step]
    for name, value in edit.items():
        part.pop(name, None) if value is GONE else part.update({name: value})
    return schema


def basis(at: str, edit: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """VoteSettled as it would have been with this edit."""
    return lambda: edited(SETTLED, at, edit)


CLOSED = basis("definitions/vote", {"additionalProperties": False})
TAGS = {"tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}}
TAGGED = basis("properties", TAGS)
SCORE = basis("properties", {"score": {"type": "integer"}})
RATED = basis("properties", {"score": {"type": ["number", "null"]}})
NEVER = basis("properties", {"never": False})
DATED = basis("", {"x-sunset": "2027-06-30"})
ODD = basis("properties", {"odd": {"anyOf": [{"$ref": "#/properties/eventID"}]}})
ANY = basis("properties", {"any": {}})
PAST = {"allOf": [{"$ref": "#/definitions/vote"}], "description": "The vote as it was."}
WAS = basis("properties", {"past": PAST})
WORD = {"type": "string"}
BOX = {"type": "object", "x-personal": True, "properties": {"name": {**WORD, "x-personal": True}}}
BOXED = basis("properties", {"box": BOX})

ROWS = [
    Row("nothing", "", {}, COMPATIBLE, ""),
    # Members
    Row("a member is added", VOTE, {"colour": WORD}, COMPATIBLE, "vote.colour"),
    Row("a member is added that may be anything", VOTE, {"more": {}}, COMPATIBLE, "vote.more"),
    Row("a personal one is added", VOTE, {"name": WORD | {"x-personal": True}}, COMPATIBLE, "vote.name"),
    Row("a member is added at the top", "properties", {"shard": WORD}, COMPATIBLE, "shard"),
    Row("one is added to a closed object", VOTE, {"colour": WORD}, WITNESS, "vote.colour", CLOSED),
    Row("an object is opened", "definitions/vote", {"additionalProperties": GONE}, WITNESS, "vote.*", CLOSED),
    Row("an object is closed", "definitions/vote", {"additionalProperties": False}, COMPATIBLE, ""),
    Row("others become texts", "definitions/vote", {"additionalProperties": WORD}, COMPATIBLE, ""),
    Row("a map gets a name that fits it", "properties/changes/properties", {"newcomer": SETTLED["properties"]["changes"]["additionalProperties"]}, COMPATIBLE, "changes.newcomer"),
    Row("a map of personal members gets a free one", "properties/changes/properties", {"newcomer": {"$ref": "#/definitions/change"}}, MEANING, "changes.newcomer"),
    Row("a map gets one that does not", "properties/changes/properties", {"n": {"type": "integer"}}, WITNESS, "changes.n"),
    Row("a member is removed", VOTE, {"instanceOfJoy": GONE}, WITNESS, "vote.instanceOfJoy"),
    Row("one that may be anything is removed", "properties", {"any": GONE}, MEANING, "any", ANY),
    Row("a member is renamed", VOTE, {"voteType": GONE, "vote": {"enum": ["thumbsup", "thumbsdown"]}}, WITNESS, "vote.voteType"),
    Row("a member is never sent", VOTE, {"instanceOfJoy": False}, MEANING, "vote.instanceOfJoy"),
    Row("what was never sent may come", "properties", {"never": WORD}, WITNESS, "never", NEVER),
    Row("a member becomes certain", "definitions/vote", {"required": ["widgetId", "voteId", "voteType", "answers", "complete", "createdAt"]}, COMPATIBLE, "vote.createdAt"),
    Row("a member becomes optional", "definitions/vote", {"required": ["widgetId", "voteId", "voteType", "answers"]}, WITNESS, "vote.complete"),
    Row("nothing is certain", "", {"required": GONE}, WITNESS, "eventID"),
    # Types
    Row("null may come", VOTE, {"instanceOfJoy": {"type": ["string", "null"], "minLength": 1, "maxLength": 1024}}, WITNESS, "vote.instanceOfJoy"),
    Row("another type comes", f"{VOTE}/complete", {"type": "string"}, WITNESS, "vote.complete"),
    Row("any type may come", f"{VOTE}/complete", {"type": GONE}, WITNESS, "vote.complete"),
    Row("null comes no more", "properties/score", {"type": "number"}, COMPATIBLE, "", RATED),
    Row("numbers become integers", "properties/score", {"type": "integer"}, COMPATIBLE, "", RATED),
    Row("integers become numbers", "properties/score", {"type": "number"}, WITNESS, "score", SCORE),
    Row("an answer is no list", "definitions/answer", {"type": ["string", "number", "boolean", "null", "object"]}, COMPATIBLE, ""),
    Row("an answer is no text, and unbounded", "definitions/answer", {"type": ["number", "null"], "maxLength": GONE}, COMPATIBLE, ""),
    Row("what may be anything is bound", "definitions/change/properties/to", {"type": "string"}, COMPATIBLE, ""),
    # Lists of values
    Row("a value is added", f"{VOTE}/voteType", {"enum": ["thumbsup", "thumbsdown", "sideways"]}, WITNESS, "vote.voteType"),
    Row("a value is taken away", f"{VOTE}/voteType", {"enum": ["thumbsup"]}, MEANING, "vote.voteType"),
    Row("the order of values", f"{VOTE}/voteType", {"enum": ["thumbsdown", "thumbsup"]}, COMPATIBLE, ""),
    Row("a list becomes any text", f"{VOTE}/voteType", {"enum": GONE}, WITNESS, "vote.voteType"),
    Row("a text becomes a list", f"{VOTE}/widgetId", {"enum": ["docs", "blog"]}, COMPATIBLE, ""),
    Row("with a value that is too short", f"{VOTE}/widgetId", {"minLength": GONE, "enum": ["docs", ""]}, WITNESS, "vote.widgetId"),
    Row("the detail-type is renamed", "properties/type", {"const": "VoteRested"}, WITNESS, "type"),
    Row("the version is changed", "properties/version", {"const": 2}, WITNESS, "version"),
    Row("a constant becomes a list with it", "properties/version", {"const": GONE, "enum": [1, 2]}, WITNESS, "version"),
    # Bounds
    Row("minLength is lower", "properties/eventID", {"minLength": 0}, WITNESS, "eventID"),
    Row("minLength is higher", "properties/eventID", {"minLength": 8}, COMPATIBLE, ""),
    Row("maxLength is gone", "properties/eventID", {"maxLength": GONE}, WITNESS, "eventID"),
    Row("maxLength is higher", "properties/eventID", {"maxLength": 512}, WITNESS, "eventID"),
    Row("maxLength is lower", "properties/eventID", {"maxLength": 64}, COMPATIBLE, ""),
    Row("maxProperties is higher", f"{VOTE}/answers", {"maxProperties": 300, "minProperties": 201}, WITNESS, "vote.answers"),
    Row("minProperties is gone", "properties/changes", {"minProperties": GONE}, WITNESS, "changes"),
    Row("names may be longer", f"{VOTE}/answers", {"propertyNames": {"maxLength": 300}}, WITNESS, "vote.answers (its names)"),
    Row("names are shorter", f"{VOTE}/answers", {"propertyNames": {"maxLength": 100}}, COMPATIBLE, ""),
    Row("minItems is lower", "properties/tags", {"minItems": 0}, WITNESS, "tags", TAGGED),
    Row("maxItems is lower", "properties/tags", {"maxItems": 2}, COMPATIBLE, "", TAGGED),
    Row("items are of another type", "properties/tags", {"items": {"type": "integer"}}, WITNESS, "tags[]", TAGGED),
    Row("items may be anything", "properties/tags", {"items": GONE}, WITNESS, "tags[]", TAGGED),
    Row("a pattern is added", "properties/eventID", {"pattern": "^[a-z]+$"}, COMPATIBLE, ""),
    Row("a pattern is gone", "properties/sequence", {"pattern": GONE}, WITNESS, "sequence"),
    Row("a pattern is changed", "properties/sequence", {"pattern": "^[0-9a-f]{1,40}$"}, WITNESS, "sequence"),
    Row("a narrower pattern", "properties/sequence", {"pattern": "^[0-9]{1,30}$"}, MEANING, "sequence"),
    Row("a format is added", "properties/eventID", {"format": "uuid"}, COMPATIBLE, ""),
    Row("a format is gone", "properties/time", {"format": GONE}, MEANING, "time"),
    # References and recursion
    Row("a definition has another name", f"{VOTE}/answers/additionalProperties", {"$ref": "#/definitions/word"}, COMPATIBLE, "", basis("definitions", {"word": SETTLED["definitions"]["answer"]})),
    Row("a definition is written in place", "properties", {"past": {**SETTLED["definitions"]["vote"], "description": "The vote as it was."}}, COMPATIBLE, "past", WAS),
    Row("deep in a recursion", "definitions/answer/items", {"$ref": GONE, "type": "string", "minLength": 21}, WITNESS, "vote.answers.*[]", basis("definitions/answer", {"maxLength": 20})),
    Row("a reference to a narrower one", f"{VOTE}/answers/additionalProperties", {"$ref": "#/definitions/word"}, COMPATIBLE, "", basis("definitions", {"word": {**SETTLED["definitions"]["answer"], "type": "string"}})),
    Row("allOf is gone", "properties/past", {"allOf": GONE}, WITNESS, "past", WAS),
    Row("allOf has one more", "properties/past", {"allOf": [{"$ref": "#/definitions/vote"}, {"required": ["voter"]}]}, COMPATIBLE, "", WAS),
    Row("what is unknown points elsewhere", "properties/eventID", {"maxLength": 64}, MEANING, "odd", ODD),
    # Marks and words
    Row("personal becomes free", f"{VOTE}/voter", {"x-personal": GONE}, MEANING, "vote.voter"),
    Row("free becomes personal", f"{VOTE}/instanceOfJoy", {"x-personal": True}, MEANING, "vote.instanceOfJoy"),
    Row("what is personal as a whole need not say so inside", "properties/box/properties/name", {"x-personal": GONE}, COMPATIBLE, "", BOXED),
    Row("a personal whole becomes free", "properties/box", {"x-personal": GONE}, MEANING, "box", BOXED),
    Row("a description is changed", "properties/time", {"description": "In seconds."}, COMPATIBLE, "time"),
    Row("examples are changed", "properties/time", {"examples": []}, COMPATIBLE, ""),
    Row("a date to end is set", "", {"x-sunset": "2027-06-30"}, COMPATIBLE, "", SETTLED.copy),
    Row("it comes closer", "", {"x-sunset": "2027-01-01"}, MEANING, "", DATED),
    Row("it moves away", "", {"x-sunset": "2028-01-01"}, COMPATIBLE, "", DATED),
    Row("an unknown keyword is added", "properties/eventID", {"contentEncoding": "base64"}, MEANING, "eventID"),
    Row("the address is changed", "", {"$id": "https://votepipe.example/other.json"}, MEANING, ""),
]  # fmt: skip


def any_json(depth: int = 1) -> st.SearchStrategy[Any]:
    """Any JSON, not deep."""
    flat = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
    return flat if not depth else flat | st.lists(any_json(0), max_size=2) | st.just({"a": {}})


# Texts for patterns: drawing from a regular expression takes most of a search's time.
PATTERNED = ["7", "a", "0f", "z-1", *(digit * size for digit in "09" for size in (30, 31, 40)),
             "2026-01-04T10:00:00Z", "1999-12-31T23:59:59.123456Z", "!~", "x" * 64,
             f"r1_{'a' * 26}", f"r22_{'7z' * 13}"]  # fmt: skip


class Instances:
    """Events that fit a schema, drawn for the draft-07 that ours use; recursion ends by depth."""

    def __init__(self, document: dict[str, Any], names: list[str]) -> None:
        self.document, self.names = document, names
        self.referee = jsonschema.Draft7Validator(document)

    def of(self, schema: Any, depth: int = 3) -> st.SearchStrategy[Any]:
        if isinstance(schema, bool):
            return any_json() if schema else st.nothing()
        if "$ref" in schema:
            return self.of(self.at(schema["$ref"]), depth)
        if "allOf" in schema:
            own = {word: value for word, value in schema.items() if word != "allOf"}
            merged = self.merged([*schema["allOf"], own])
            return self.of(merged, depth)
        if "const" in schema or "enum" in schema:
            return st.sampled_from(schema.get("enum", [schema.get("const")]))
        if "type" not in schema:
            return any_json()
        types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        return st.one_of([self.typed(each, schema, depth) for each in types])

    def at(self, reference: str) -> Any:
        part: Any = self.document
        for step in reference.split("/")[1:]:
            part = part[step]
        return part

    def merged(self, all_of: list[Any]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for part in all_of:
            part = self.at(part["$ref"]) if "$ref" in part else part
            required = [*whole.get("required", []), *part.get("required", [])]
            whole = {**whole, **part, **({"required": required} if required else {})}
        return whole

    def typed(self, kind: str, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        match kind:
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return st.integers(-99, 99)
            case "number":
                return st.integers(-99, 99) | st.sampled_from([0.5, -1.25])
            case "string":
                return self.text(schema)
            case "array":
                return self.array(schema, depth)
            case _:
                return self.object(schema, depth)

    def text(self, schema: dict[str, Any]) -> st.SearchStrategy[str]:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if schema.get("format") == "uuid":
            return st.uuids().map(str)
        if "pattern" in schema:
            fitting = [text for text in PATTERNED if re.search(schema["pattern"], text)]
            return st.sampled_from(fitting).filter(lambda text: least <= len(text) <= (most or 999))
        edges = [least, max(least, min(most or 600, 600))]
        at_an_edge = st.sampled_from(edges).map("x".__mul__)
        if least > 600:
            return at_an_edge
        short = st.text("abz ✨", min_size=least, max_size=min(least + 4, most or least + 4))
        return short | at_an_edge

    def array(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        least = schema.get("minItems", 0)
        if not depth:
            return st.just([])
        items = self.of(schema.get("items", True), depth - 1)
        return st.lists(items, min_size=least, max_size=min(least + 2, schema.get("maxItems", 9)))

    def object(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        named = schema.get("properties", {})
        certain = schema.get("required", [])
        members = {name: self.of(part, depth) for name, part in named.items() if part is not False}
        for name in certain:
            members.setdefault(name, any_json())
        fixed = st.fixed_dictionaries(
            {name: members[name] for name in certain},
            optional={name: each for name, each in members.items() if name not in certain},
        )
        others = schema.get("additionalProperties", True)
        if others is False or not depth:
            return fixed
        longest = schema.get("propertyNames", {}).get("maxLength", 9)
        new = [name for name in [*self.names, "z", "x" * longest] if name not in named]
        least = schema.get("minProperties", 0)
        keys = st.sampled_from(new) if least < 10 else st.integers(0, 9999).map(str)
        more = st.dictionaries(keys, self.of(others, depth - 1), min_size=least, max_size=least + 2)
        return st.builds(lambda one, two: {**two, **one}, fixed, more)

    def events(self) -> st.SearchStrategy[Any]:
        return self.of(self.document).filter(self.referee.is_valid)


def change(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema before a row's change, and after."""
    before = row.before()
    return before, edited(before, row.at, row.edit)


def events(old: dict[str, Any], new: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Events for the new schema, with the names of the old one among the members nobody named."""
    names = sorted({name for each in parts(old) for name in each.get("properties", {})})
    return Instances(new, names).events()


def parts(schema: Any) -> list[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(schema, list):
        return [part for each in schema for part in parts(each)]
    inner = parts(list(schema.values())) if isinstance(schema, dict) else []
    return [schema, *inner] if isinstance(schema, dict) else inner


def test_a_list_of_schemas_is_not_known() -> None:
    before = TAGGED()
    after = edited(before, "properties/tags", {"items": [WORD]})

    assert [each.path for each in compare(before, after) if each.breaking] == ["tags[]"]
    assert compare(after, copy.deepcopy(after)) == []


def test_a_reference_to_nothing_is_named() -> None:
    lost = edited(SETTLED, "properties/previous", {"$ref": "other.json#/definitions/vote"})

    with pytest.raises(ContractError, match="'other.json#/definitions/vote' leads nowhere"):
        compare(SETTLED, lost)


named = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def test_there_are_enough_rows_each_with_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 40
    assert {row.verdict for row in ROWS} == {COMPATIBLE, WITNESS, MEANING}


@named
def test_the_verdict_names_the_field(row: Row) -> None:
    found = compare(*change(row))

    wrong = [each for each in found if each.breaking]
    if row.verdict == COMPATIBLE:
        assert not wrong
        assert not row.path or row.path in [each.path for each in found]
    else:
        assert row.path in [each.path for each in wrong]
        assert all(each.reason for each in wrong)


QUICK = hypothesis.settings(
    database=None, deadline=None, suppress_health_check=[*hypothesis.HealthCheck]
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@named
def test_the_verdict_is_proven_by_events(row: Row) -> None:
    old, new = change(row)
    fits = jsonschema.Draft7Validator(old).is_valid

    if row.verdict == WITNESS:
        only_search = hypothesis.settings(
            QUICK, max_examples=2000, phases=[hypothesis.Phase.generate]
        )
        witness = hypothesis.find(
            events(old, new), lambda event: not fits(event), settings=only_search
        )
        assert jsonschema.Draft7Validator(new).is_valid(witness)
        return

    @QUICK
    @hypothesis.given(events(old, new))
    def every_event_fits(event: Any) -> None:
        assert fits(event), json.dumps(event)

    every_event_fits()


# What one may write anywhere, whatever stands there.
EDITS: list[dict[str, Any]] = [
    *({"type": each} for each in ("string", "object", ["array", "null"], GONE)),
    *({"maxLength": each} for each in (3, 2_000, GONE)),
    *({"minLength": each} for each in (0, 2)),
    *({"minProperties": each} for each in (GONE, 1)),
    *({"required": each} for each in (GONE, [], ["voter"], ["widgetId", "vote"])),
    *({"additionalProperties": each} for each in (GONE, False, WORD, {})),
    *({"properties": each} for each in (GONE, {"voter": WORD}, {"from": {}, "colour": WORD})),
    *({"items": each} for each in (GONE, WORD, {"$ref": "#/definitions/answer"})),
    *({"enum": each} for each in (GONE, ["thumbsup"], ["thumbsup", "", None, 5])),
    *({"propertyNames": each} for each in (GONE, {"maxLength": 2}, {"maxLength": 999})),
    *({"allOf": each} for each in (GONE, [{"$ref": "#/definitions/answer"}], [{"minLength": 1}])),
    {"$ref": "#/definitions/vote"},
    {"$ref": "#/definitions/answer"},
]


def places(schema: Any) -> list[dict[str, Any]]:
    """Every schema in a schema, but not those that are true or false."""
    if not isinstance(schema, dict):
        return []
    named = [*schema.get("properties", {}).values(), *schema.get("definitions", {}).values()]
    others = [schema.get(word) for word in ("items", "additionalProperties", "propertyNames")]
    return [schema, *(place for each in [*named, *others] for place in places(each))]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@hypothesis.settings(QUICK, max_examples=3 * QUICK.max_examples)
@hypothesis.given(st.integers(0, len(places(SETTLED)) - 1), st.sampled_from(EDITS), st.data())
def test_whatever_is_called_compatible_is(
    at: int, edit: dict[str, Any], data: st.DataObject
) -> None:
    other = copy.deepcopy(SETTLED)
    place = places(other)[at]
    place.update(edit)
    for word in [word for word, value in place.items() if value is GONE]:
        del place[word]
    old, new = data.draw(st.sampled_from([(SETTLED, other), (other, SETTLED)]))
    hypothesis.assume(not any(each.breaking for each in compare(old, new)))

    event = data.draw(events(old, new))

    assert jsonschema.Draft7Validator(old).is_valid(event)
