"""votepipe/emulator/dynamodb/reading.py: projections."""

from typing import Any

import pytest

from votepipe.emulator.dynamodb.parser import Bindings
from votepipe.emulator.dynamodb.reading import projected, projection

ITEM = {
    "a": {"S": "1"},
    "m": {"M": {"x": {"S": "2"}, "y": {"S": "3"}}},
    "l": {"L": [{"S": "4"}, {"M": {"z": {"S": "5"}}}]},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", {"a": {"S": "1"}}),
        ("a, missing", {"a": {"S": "1"}}),
        ("m.x", {"m": {"M": {"x": {"S": "2"}}}}),
        ("m.y, m.x", {"m": {"M": {"x": {"S": "2"}, "y": {"S": "3"}}}}),
        ("l[1].z", {"l": {"L": [{"M": {"z": {"S": "5"}}}]}}),
        ("l[1], l[0]", {"l": ITEM["l"]}),
        ("#n", {"a": {"S": "1"}}),
    ],
)
def test_parts_come_within_what_holds_them(text: str, expected: Any) -> None:
    bound = Bindings({"#n": "a"}, {})

    assert projected(ITEM, [path(bound) for path in projection(text)]) == expected
