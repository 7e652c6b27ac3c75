"""votepipe/model/attributes.py: every type of DynamoDB, and what is none."""

import base64
import json
from decimal import Decimal

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.model.attributes import MAX_DEPTH, unmarshal
from votepipe.model.errors import InvalidAttribute

DIGITS_50 = "12345678901234567890123456789012345678901234567890"


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ({"S": ""}, ""),
        ({"S": "ja ✨"}, "ja ✨"),
        ({"N": "7"}, 7),
        ({"N": "-0"}, 0),
        ({"N": "1.50"}, Decimal("1.5")),
        ({"N": "1.2E+3"}, 1200),
        ({"N": ".5"}, Decimal("0.5")),
        ({"N": DIGITS_50}, int(DIGITS_50)),
        ({"N": f"0.{DIGITS_50}"}, Decimal(f"0.{DIGITS_50}")),
        ({"N": "1E-130"}, Decimal("1E-130")),
        ({"N": "9.9E+999999"}, Decimal("9.9E+999999")),
        ({"B": "AAH/"}, b"\x00\x01\xff"),
        ({"B": b"\x00\x01"}, b"\x00\x01"),
        ({"B": ""}, b""),
        ({"BOOL": True}, True),
        ({"BOOL": False}, False),
        ({"NULL": True}, None),
        ({"SS": ["a", "b"]}, frozenset({"a", "b"})),
        ({"NS": ["1", "2.5"]}, frozenset({1, Decimal("2.5")})),
        ({"BS": ["AA=="]}, frozenset({b"\x00"})),
        ({"L": []}, []),
        ({"M": {}}, {}),
        ({"M": {"a": {"L": [{"M": {"b": {"NS": ["1"]}}}]}}}, {"a": [{"b": frozenset({1})}]}),
    ],
)
def test_every_type_becomes_plain_python(stored, plain):
    value = unmarshal(stored)

    assert value == plain
    assert type(value) is type(plain)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("text", "v: not an object with exactly one type key"),
        (None, "v: not an object with exactly one type key"),
        ({}, "v: not an object with exactly one type key"),
        ({"S": "a", "N": "1"}, "v: not an object with exactly one type key"),
        ({"X": "a"}, "v: its type key is none of DynamoDB's"),
        ({"S": 1}, "v: type S without text"),
        ({"N": 1}, "v: type N without the text of a number"),
        ({"N": "1_000"}, "v: type N without the text of a number"),
        ({"N": "NaN"}, "v: type N without the text of a number"),
        ({"N": "Infinity"}, "v: type N without the text of a number"),
        ({"N": "٣"}, "v: type N without the text of a number"),
        ({"N": " 1"}, "v: type N without the text of a number"),
        ({"N": "1E+9999999999999999999"}, "v: a number with an exponent out of range"),
        ({"B": "not base64"}, "v: type B without base64"),
        ({"B": "AA"}, "v: type B without base64"),
        ({"B": "AAAA!"}, "v: type B without base64"),
        ({"B": 1}, "v: type B without base64"),
        ({"BOOL": "true"}, "v: type BOOL without true or false"),
        ({"NULL": False}, "v: type NULL without true"),
        ({"SS": "a"}, "v: type SS without an array"),
        ({"NS": ["1", "x"]}, "v[1]: type N without the text of a number"),
        ({"L": {}}, "v: type L without an array"),
        ({"M": []}, "v: type M without an object"),
        ({"M": {"a": {"L": [{"S": "x"}, {"N": "x"}]}}}, "v.a[1]: type N without the text of a"),
    ],
)
def test_what_is_not_dynamodb_json_is_refused_with_its_place(stored, reason):
    with pytest.raises(InvalidAttribute) as caught:
        unmarshal(stored, "v")

    assert str(caught.value).startswith(reason)


def nested(levels: int) -> dict:
    value: dict = {"S": "x"}
    for level in range(levels):
        value = {"M": {"a": value}} if level % 2 else {"L": [value]}
    return value


def test_as_deep_as_dynamodb_goes():
    value = unmarshal(nested(MAX_DEPTH))

    assert json.dumps(value).count("[") == MAX_DEPTH / 2


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900])
def test_deeper_than_dynamodb_goes(levels):
    with pytest.raises(InvalidAttribute, match="nested deeper than 32 levels"):
        unmarshal(nested(levels))


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).filter(
    lambda number: len(number.as_tuple().digits) <= 38 and abs(number.adjusted()) <= 120
)
SCALARS = st.text() | NUMBERS | st.booleans() | st.none() | st.binary()
VALUES = st.recursive(
    SCALARS | st.sets(st.text(), min_size=1) | st.sets(NUMBERS, min_size=1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def over_the_wire(value: object) -> object:
    """What boto3 serialises, as JSON carries it: bytes become base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: over_the_wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [over_the_wire(item) for item in value]
    return value


def by_boto3(stored: dict) -> object:
    def plain(value: object) -> object:
        if isinstance(value, Binary):
            return value.value
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value

    return plain(TypeDeserializer().deserialize(stored))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(VALUES)
def test_reads_what_boto3_reads(value):
    stored = TypeSerializer().serialize(value)

    assert unmarshal(over_the_wire(stored)) == by_boto3(stored)
