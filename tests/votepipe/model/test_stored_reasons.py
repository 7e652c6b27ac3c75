"""votepipe/model/stored.py: what it rejects, and how it says so."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.model import stored

FIRST_WRITE = Path(__file__).parents[3] / "events/stream/first-write.json"
IMAGE = json.loads(FIRST_WRITE.read_text(encoding="utf-8"))[0]["dynamodb"]["NewImage"]


def image(**attributes: object) -> dict:
    """A first write, with attributes replaced, or taken away by None."""
    return {name: value for name, value in (IMAGE | attributes).items() if value is not None}


def text(answers: object) -> dict:
    return {"S": json.dumps(answers)}


def lists(levels: int) -> list:
    value: list = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("attributes", "reasons"),
    [
        ({"widgetId": None}, ["widgetId: missing"]),
        ({"voteId": {"S": ""}}, ["voteId: empty"]),
        ({"widgetId": {"S": "x" * 257}}, ["widgetId: longer than 256 characters"]),
        ({"widgetId": {"NULL": True}}, ["widgetId: not text"]),
        ({"voteType": None}, ["voteType: missing"]),
        ({"voteType": {"S": "meh"}}, ["voteType: not one of 'thumbsup', 'thumbsdown'"]),
        ({"voteType": {"S": "ThumbsUp"}}, ["voteType: not one of 'thumbsup', 'thumbsdown'"]),
        ({"voter": {"N": "5"}}, ["voter: not text"]),
        ({"voter": {"SS": ["a"]}}, ["voter: a set or binary, which a vote cannot hold"]),
        ({"voter": {"B": "AA=="}}, ["voter: a set or binary, which a vote cannot hold"]),
        ({"voter": {"S": "x" * 1025}}, ["voter: longer than 1024 characters"]),
        ({"voter": {"S": "half \ud83d"}}, ["voter: not valid Unicode"]),
        ({"voter": {"S": "a", "N": "1"}}, ["voter: not an object with exactly one type key"]),
        ({"instanceOfJoy": {"S": "x" * 1025}}, ["instanceOfJoy: longer than 1024 characters"]),
        ({"createdAt": {"N": "5"}}, ["createdAt: not text"]),
        (
            {"createdAt": {"S": "2026-02-30T00:00:00Z"}},
            ["createdAt: not an RFC 3339 date and time from 1970 on"],
        ),
        ({"complete": {"S": "true"}}, ["complete: not true or false"]),
        ({"complete": {"N": "1"}}, ["complete: not true or false"]),
        ({"answers": {"N": "5"}}, ["answers: not an object or text"]),
        ({"answers": {"L": []}}, ["answers: not an object or text"]),
        ({"answers": {"S": ""}}, ["answers: text that is not JSON"]),
        ({"answers": {"S": "{'a': 1}"}}, ["answers: text that is not JSON"]),
        ({"answers": {"S": '{"a": 1.0e99999999999999999999}'}}, ["answers: text that is not JSON"]),
        ({"answers": text([1])}, ["answers: JSON text, but not of an object"]),
        ({"answers": text("{}")}, ["answers: JSON text, but not of an object"]),
        ({"answers": {"S": '{"a":' * 90_000}}, ["answers: nested deeper than 32 levels"]),
        (
            {"answers": text({"f": lists(32)})},
            ["answers.f" + "[0]" * 31 + ": nested deeper than 32 levels"],
        ),
        ({"answers": text({"f": "x" * 10_001})}, ["answers.f: longer than 10000 characters"]),
        ({"answers": text({"f": ["x" * 10_001]})}, ["answers.f[0]: longer than 10000 characters"]),
        ({"answers": text({"f": "\ud83d"})}, ["answers.f: not valid Unicode"]),
        ({"answers": text({"\ud83d": 1})}, ["answers.\ufffd: not valid Unicode"]),
        (
            {"answers": text({"k" * 257: 1})},
            ["answers: a field name longer than 256 characters"],
        ),
        (
            {"answers": text({str(number): 1 for number in range(201)})},
            ["answers: more than 200 fields"],
        ),
        ({"answers": {"S": '{"f": NaN}'}}, ["answers.f: not a finite number"]),
        ({"answers": {"S": '{"f": -Infinity}'}}, ["answers.f: not a finite number"]),
        ({"answers": text({"f": 2**53 + 1})}, ["answers.f: a number beyond 2^53"]),
        ({"answers": {"S": '{"f": 1e400}'}}, ["answers.f: a number beyond 2^53"]),
        ({"answers": {"S": '{"f": %s}' % ("9" * 5000)}}, ["answers.f: a number beyond 2^53"]),
        (
            {"answers": {"M": {"f": {"N": "0.12345678901234567890"}}}},
            ["answers.f: a number with more digits than a double holds"],
        ),
        (
            {"answers": {"S": '{"f": 1e-400}'}},
            ["answers.f: a number with more digits than a double holds"],
        ),
        (
            {"answers": {"M": {"f": {"L": [{"SS": ["a"]}]}}}},
            ["answers.f[0]: a set or binary, which a vote cannot hold"],
        ),
        ({"answers": {"M": {"f": {"X": 1}}}}, ["answers.f: its type key is none of DynamoDB's"]),
    ],
)
def test_an_invalid_vote_gives_its_reason(attributes, reasons):
    assert stored.clean(image(**attributes)) == ({}, reasons)


def test_all_reasons_are_named_at_once():
    attributes = {
        "widgetId": {"X": 1},
        "voteType": {"S": "meh"},
        "voter": {"N": "1"},
        "answers": {"S": json.dumps({"a": 2**60, "b": "x" * 10_001, "c": "fine"})},
        "complete": {"S": "yes"},
    }

    _, reasons = stored.clean(image(**attributes))

    assert reasons == [
        "widgetId: its type key is none of DynamoDB's",
        "answers.a: a number beyond 2^53",
        "voteType: not one of 'thumbsup', 'thumbsdown'",
        "voter: not text",
        "answers.b: longer than 10000 characters",
        "complete: not true or false",
    ]


@pytest.mark.parametrize("image", [None, 5, "text", [], True])
def test_what_is_no_image(image):
    assert stored.clean(image) == ({}, ["image: not an object"])


def test_the_deepest_answers_that_pass():
    clean, reasons = stored.clean(image(answers=text({"f": lists(31)})))

    assert reasons == []
    assert clean["answers"] == {"f": lists(31)}


SECRET = "s3cr3t-value"
JUNK = st.recursive(
    st.sampled_from([SECRET, SECRET * 1000, "\ud800" + SECRET, 5, None, True]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["S", "N", "M", "L", "SS", "BOOL", "x"]), inner, max_size=2
        )
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(stored.MEMBERS), JUNK, max_size=8))
def test_no_reason_holds_a_value(attributes):
    _, reasons = stored.clean({"voteType": {"S": SECRET}} | attributes)

    assert reasons
    assert not any("s3cr3t" in reason for reason in reasons)
