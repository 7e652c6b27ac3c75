"""votepipe/project/schemas.py: the compiled schema and the referee agree."""

import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.project import schemas

VOTE = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup"}
REFEREE = jsonschema.Draft7Validator(schemas.load("stored-vote.v1"))


def test_a_valid_document_gives_no_reason():
    assert schemas.checker("stored-vote.v1")(VOTE) == []


@pytest.mark.parametrize("document", [None, 5, "text", []])
def test_the_document_itself_is_named_when_it_is_of_the_wrong_type(document):
    assert schemas.checker("stored-vote.v1")(document) == ["document: not an object"]


def test_every_missing_member_is_named():
    assert schemas.checker("stored-vote.v1")({"voteId": "v"}) == [
        "widgetId: missing",
        "voteType: missing",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.b", "answers.a.b: longer than 10000 characters"),
        ("a{0}{x}", "answers.a{0}{x}: longer than 10000 characters"),
        ("a['b']", "answers.a['b']: longer than 10000 characters"),
        ("a\nb", "answers.a b: longer than 10000 characters"),
    ],
)
def test_a_field_of_any_name_is_named_in_its_reason(name, reason):
    document = VOTE | {"answers": {name: "x" * 10_001}}

    assert schemas.checker("stored-vote.v1")(document) == [reason]


def test_a_schema_of_an_event_works_too():
    event = schemas.load("vote-cast.v1")["examples"][0]

    reasons = schemas.checker("vote-cast.v1")(event | {"type": "VoteMoved", "time": "noon"})

    assert reasons == ["type: not 'VoteCast'", "time: breaks 'pattern'"]


TEXTS = st.sampled_from(["", "w", "thumbsup", "meh", "x" * 256, "x" * 257, "x" * 1025, "✨" * 256])
VALUES = st.recursive(
    TEXTS
    | st.sampled_from(["x" * 10_000, "x" * 10_001, "✨" * 10_000])
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.integers(199, 202).map(lambda count: {str(number): 1 for number in range(count)})
MEMBERS = list(REFEREE.schema["properties"])
DOCUMENTS = VALUES | st.dictionaries(
    st.sampled_from([*MEMBERS, "updatedAt"]), VALUES | FIELDS, max_size=6
).map(lambda members: VOTE | members)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(DOCUMENTS)
def test_the_referee_comes_to_the_same_verdict(document):
    accepted = schemas.checker("stored-vote.v1")(document) == []

    assert accepted == REFEREE.is_valid(document)


@pytest.mark.parametrize("path", sorted(schemas.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_schema_compiles_and_takes_its_examples(path):
    check = schemas.checker(path.stem)

    assert [check(example) for example in json.loads(path.read_text("utf-8"))["examples"]] == (
        [[]] * len(schemas.load(path.stem)["examples"])
    )
