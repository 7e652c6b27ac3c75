"""schemas/: they describe, agree with each other and may grow."""

import re

import jsonschema
import pytest

from votepipe.project import schemas

NAMES = sorted(path.stem for path in schemas.FOLDER.glob("*.json"))
EVENTS = [name for name in NAMES if name.startswith("vote-")]
ADDED = {"/enrichment/additionalProperties"}
CONTENT = {"/vote/voter", "/answer"} | ADDED
CHANGES = {"/changes/additionalProperties"}
PERSONAL = {
    "stored-vote.v1": {"/voter", "/answer"},
    "vote-cast.v1": CONTENT,
    "vote-withdrawn.v1": CONTENT,
    "vote-rejected.v1": ADDED,
    "widgets.v1": set(),
}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def parts(schema: object, place: str = ""):
    """Every schema inside a schema, with its place."""
    if isinstance(schema, dict):
        yield place, schema
        for group in ("properties", "definitions"):
            for name, part in schema.get(group, {}).items():
                yield from parts(part, f"{place}/{name}")
        for key in ("items", "additionalProperties"):
            yield from parts(schema.get(key), f"{place}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name):
    schema = schemas.load(name)

    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT_7
    assert schema["$id"].endswith(f"/{name}.json")
    assert schema["title"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_described(name):
    silent = [
        place
        for place, part in parts(schemas.load(name))
        if "$ref" not in part and not part.get("description")
    ]

    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_valid_to_the_referee(name):
    schema = schemas.load(name)

    for example in schema["examples"]:
        jsonschema.validate(example, schema)
    assert schema["examples"]


@pytest.mark.parametrize("name", NAMES)
def test_what_can_name_a_person_is_marked(name):
    personal = {
        re.sub("^/definitions", "", place)
        for place, part in parts(schemas.load(name))
        if part.get("x-personal") is True
    }

    assert personal == PERSONAL.get(name, CONTENT | CHANGES)


@pytest.mark.parametrize("name", EVENTS)
def test_members_may_be_added_within_a_version(name):
    schema = schemas.load(name)
    event = schema["examples"][0]
    grown = event | {"new": 1, "vote": event["vote"] | {"new": 1}, "enrichment": {"new": {}}}

    jsonschema.validate(grown, schema)
    assert schemas.checker(name)(grown) == []


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize(
    "change",
    [
        {"eventID": ""},
        {"type": "VoteMoved"},
        {"time": "2026-01-04T10:00:03+01:00"},
        {"version": 2},
        {"sequence": 5},
        {"sequence": "x"},
        {"vote": None},
        {"enrichment": None},
    ],
)
def test_an_envelope_that_is_not_as_it_must_be_is_refused(name, change):
    schema = schemas.load(name)
    event = schema["examples"][0] | change

    assert not jsonschema.Draft7Validator(schema).is_valid(event)
    assert schemas.checker(name)(event) != []


def test_the_events_describe_one_and_the_same_vote():
    votes = [
        schemas.load(name)["definitions"]["vote"]["properties"]
        for name in EVENTS
        if name != "vote-rejected.v1"
    ]

    assert all(vote == votes[0] for vote in votes)


def test_every_event_has_the_same_envelope():
    envelopes = [
        {
            member: schemas.load(name)["properties"][member].keys()
            for member in ("eventID", "version", "sequence", "vote", "enrichment")
        }
        for name in EVENTS
    ]

    assert all(envelope == envelopes[0] for envelope in envelopes)
