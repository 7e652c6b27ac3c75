"""votepipe/emulator/patterns/conditions.py: what the conditions of one field add up to."""

from decimal import Decimal

import pytest

from votepipe.emulator.patterns.syntax import parse

VALUES = ["x", "xy", "", "10.0.0.1", 1, 2.5, 7_000_000_000, Decimal("1.0"), True, False, None]
ELEMENTS = [
    *("x", "", "10.0.0.1", 1, 2.5, 7_000_000_000, True, None),
    *({"prefix": "x"}, {"suffix": "y"}, {"equals-ignore-case": "X"}, {"wildcard": "*y"}),
    *({"numeric": [">", 1]}, {"numeric": ["=", 1]}, {"cidr": "10.0.0.0/8"}, {"exists": True}),
    *({"exists": False}, {"anything-but": "x"}, {"anything-but": [1]}),
]


def field(values):
    (branch,) = parse({"vote": values})
    return branch["vote"]


@pytest.mark.parametrize("first", ELEMENTS, ids=str)
def test_a_field_accepts_what_any_condition_accepts(first):
    for second in ELEMENTS:
        both = field([first, second])
        for value in VALUES:
            either = field([first]).accepts(value) or field([second]).accepts(value)
            assert both.accepts(value) is either, (second, value)


def test_only_a_field_that_may_be_absent_says_so():
    assert field(["x", {"exists": False}]).absent
    assert not field(["x", {"exists": True}]).absent


@pytest.mark.parametrize("value", [b"x", {"x"}, object()])
def test_what_json_cannot_hold_is_not_accepted(value):
    assert not field([{"exists": True}]).accepts(value)
    assert not field([{"anything-but": "x"}]).accepts(value)


def test_a_thousand_values_are_looked_up_not_compared():
    class Texts(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Texts.compared += 1
            return str.__eq__(self, other)

    many = field([Texts(f"vote-{number}") for number in range(1_000)])
    Texts.compared = 0

    assert many.accepts("vote-999")
    assert not many.accepts("vote-1000")
    assert Texts.compared < 10
