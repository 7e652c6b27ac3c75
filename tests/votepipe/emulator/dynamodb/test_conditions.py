"""votepipe/emulator/dynamodb/conditions.py."""

from typing import Any

import pytest

from votepipe.emulator.dynamodb.conditions import parse
from votepipe.emulator.dynamodb.parser import Bindings
from votepipe.emulator.dynamodb.values import Invalid

ITEM = {
    "text": {"S": "abc"},
    "number": {"N": "10"},
    "flag": {"BOOL": True},
    "list": {"L": [{"S": "a"}, {"M": {"deep": {"N": "1"}}}]},
    "set": {"SS": ["a", "b"]},
    "map": {"M": {"x": {"S": "y"}}},
    "order": {"S": "z"},
}
VALUES = {
    ":text": {"S": "abc"},
    ":a": {"S": "a"},
    ":ten": {"N": "10.0"},
    ":two": {"N": "2"},
    ":three": {"N": "3"},
    ":kind": {"S": "L"},
    ":inner": {"M": {"deep": {"N": "1.0"}}},
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("text = :text", True),
        ("text <> :text", False),
        ("missing <> :text", True),
        ("missing = :text", False),
        ("number = :ten", True),
        ("number > :two", True),
        ("number < :two", False),
        ("number <= :ten AND number >= :ten", True),
        ("text > :two", False),
        ("number BETWEEN :two AND :ten", True),
        ("text IN (:a, :text)", True),
        ("text in (:a)", False),
        ("attribute_exists(map.x)", True),
        ("attribute_exists(map.y)", False),
        ("attribute_not_exists(missing)", True),
        ("attribute_exists(list[1].deep)", True),
        ("attribute_exists(list[2])", False),
        ("attribute_type(list, :kind)", True),
        ("begins_with(text, :a)", True),
        ("begins_with(number, :a)", False),
        ("contains(text, :a)", True),
        ("contains(set, :a)", True),
        ("contains(list, :a)", True),
        ("contains(list, :inner)", True),
        ("contains(set, :two)", False),
        ("contains(missing, :a)", False),
        ("size(text) = :three", True),
        ("size(set) = :two", True),
        ("size(missing) = :two", False),
        ("NOT flag = :text", True),
        ("text = :text OR number = :two AND number = :two", True),
        ("(text = :text OR number = :two) AND number = :two", False),
        ("NOT (text = :text AND number = :ten)", False),
        ("#order = :text OR text = :text", True),
        ("attribute_exists ( text )", True),
    ],
)
def test_a_condition_holds_or_not(condition: str, expected: bool) -> None:
    bound = Bindings({"#order": "order"}, VALUES)

    assert parse(condition)(ITEM, bound) is expected


@pytest.mark.parametrize(
    "condition",
    ["", "text", "text =", "text = :a :a", "text == :a", "exists(text)", "text = :a AND",
     "(text = :a", "list[x] = :a", "text ? :a"],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused(condition: str) -> None:
    with pytest.raises(Invalid, match="Invalid ConditionExpression"):
        parse(condition)


def test_both_sides_are_looked_at_even_when_one_decides() -> None:
    bound: Any = Bindings({}, VALUES)
    parse("text = :text OR number = :two")(ITEM, bound)

    assert bound.used == {":text", ":two"}


def test_size_of_a_number_is_refused() -> None:
    with pytest.raises(Invalid, match="operator: size, type: N"):
        parse("size(number) = :two")(ITEM, Bindings({}, VALUES))
