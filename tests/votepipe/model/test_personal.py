"""votepipe/model/personal.py.

What may name a person is what the schemas mark, and all of it goes.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from votepipe.model.personal import without_personal

SCHEMAS = sorted(Path("schemas").glob("vote-*.json"))
SCHEMA_OF = {
    json.loads(path.read_text())["properties"]["type"]["const"]: json.loads(path.read_text())
    for path in SCHEMAS
}
SAMPLES = {
    path.stem: json.loads(path.read_text())["detail"] for path in Path("events/bus").glob("*")
}
EXAMPLES = [
    *SAMPLES.values(),
    *(example for schema in SCHEMA_OF.values() for example in schema["examples"]),
]


def personal(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> Iterator[Any]:
    """Every value in an event that its schema marks as personal."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    if schema.get("x-personal"):
        yield value
        return
    for part in schema.get("allOf", []):
        yield from personal(value, part, root)
    if isinstance(value, dict):
        named = schema.get("properties", {})
        for name, item in value.items():
            rest = schema.get("additionalProperties")
            inner = named.get(name, rest if isinstance(rest, dict) else {})
            yield from personal(item, inner, root)


def test_the_marks_are_found_in_the_samples() -> None:
    found = list(
        personal(SAMPLES["changed-mind"], SCHEMA_OF["VoteChanged"], SCHEMA_OF["VoteChanged"])
    )

    assert "reader@example.com" in found
    assert "More examples of stream filters." in found
    assert "thumbsdown" not in found


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event["type"])
def test_nothing_that_a_schema_marks_is_left_and_the_rest_fits_it(event: dict[str, Any]) -> None:
    schema = SCHEMA_OF[event["type"]]

    rest = without_personal(event)

    left = personal(rest, schema, schema)
    assert [value for value in left if value is not None] == []
    jsonschema.validate(rest, schema)


def test_names_of_answers_go_with_their_values() -> None:
    left = without_personal(SAMPLES["answer-2"])

    assert left["vote"]["answers"] == {}
    assert "changes" not in left


def test_what_changed_and_names_nobody_stays() -> None:
    changes = {"voteType": {"to": "thumbsup"}, "voter": {"to": "a"}, "answers.field_1": {"to": "b"}}

    left = without_personal(SAMPLES["answer-2"] | {"changes": changes})

    assert left["changes"] == {"voteType": {"to": "thumbsup"}}


def test_what_a_person_decided_to_send_stays() -> None:
    event = SAMPLES["answer-2"] | {"enrichment": {"reader": {}, "article": {"title": "Streams"}}}

    left = without_personal(event, answers=True, enrichment=["article"])

    assert left["vote"] == {name: text for name, text in event["vote"].items() if name != "voter"}
    assert left["changes"] == event["changes"]
    assert left["enrichment"] == {"article": {"title": "Streams"}}


def test_what_enrichers_added_goes() -> None:
    event = SAMPLES["answer-2"] | {"enrichment": {"reader": {"name": "A. Reader"}}}

    assert without_personal(event)["enrichment"] == {}


def test_the_event_itself_is_not_touched() -> None:
    event = json.loads(Path("events/bus/answer-2.json").read_text())["detail"]
    before = json.dumps(event)

    without_personal(event)

    assert json.dumps(event) == before
