"""votepipe/emulator/patterns/syntax.py: branches, limits and places."""

import pytest

from votepipe.emulator.patterns import InvalidPattern
from votepipe.emulator.patterns.syntax import parse


def shown(pattern):
    return [
        {path: " or ".join(c.shown for c in field.conditions) for path, field in branch.items()}
        for branch in parse(pattern)
    ]


def either(*choices):
    return {"$or": list(choices)}


def test_a_plain_pattern_is_one_branch():
    assert shown({"vote": {"a": [1, 2], "b.c": ["x"]}}) == [{"vote.a": "1 or 2", "vote.b.c": '"x"'}]


def test_or_multiplies():
    pattern = {"a": [1], **either({"b": [1]}, {"c": either({"d": [1]}, {"e": [1]})})}

    assert [set(branch) for branch in shown(pattern)] == [{"a", "b"}, {"a", "c.d"}, {"a", "c.e"}]


def test_or_as_a_field_is_one_branch():
    assert shown({"a": [1], **either({"prefix": "x"})}) == [{"a": "1", "$or": 'prefix "x"'}]


def fan(size):
    return either(*({"a": [number]} for number in range(size)))


def test_a_thousand_branches_are_the_limit():
    assert len(parse({"x": fan(40), "y": fan(25)})) == 1_000
    with pytest.raises(InvalidPattern, match="more than 1000 rule combinations") as caught:
        parse({"x": fan(40), "y": fan(26)})

    assert caught.value.where == "y.$or"


def test_many_ors_are_refused_before_they_fill_the_memory():
    with pytest.raises(InvalidPattern, match="more than 1000 rule combinations"):
        parse({f"field_{number}": fan(10) for number in range(100)})


def test_256_fields_are_the_limit():
    assert parse({f"field_{number}": [1] for number in range(256)})
    with pytest.raises(InvalidPattern, match="exceeds max value of 256"):
        parse({f"field_{number}": [1] for number in range(257)})


@pytest.mark.parametrize(
    ("pattern", "where"),
    [
        ({"a": {"b": 1}}, "a.b"),
        ({"a": {"b": []}}, "a.b"),
        ({"a": {"b": {}}}, "a.b"),
        ({"a": {"b": [{"prefix": 1}]}}, "a.b"),
        ({"a": either({"b": [1]}, {"c": []})}, "a.$or"),
        ({}, ""),
    ],
)
def test_a_refusal_says_where(pattern, where):
    with pytest.raises(InvalidPattern) as caught:
        parse(pattern)

    assert caught.value.where == where


def test_a_refused_or_says_what_is_wrong_with_it_as_an_operator():
    with pytest.raises(InvalidPattern, match="Unrecognized match type a") as caught:
        parse(either({"a": [1]}))

    assert any("at least 2 Objects" in note for note in caught.value.__notes__)


def test_the_hint_shows_the_value_in_brackets():
    with pytest.raises(InvalidPattern) as caught:
        parse({"source": "votepipe"})

    assert caught.value.hint == 'Put the value in brackets: ["votepipe"].'


def nested(levels):
    pattern = [1]
    for _ in range(levels):
        pattern = {"a": pattern}
    return pattern


def test_a_hundred_levels_are_the_limit():
    assert list(parse(nested(100))[0]) == [".".join("a" * 100)]
    for pattern in (nested(101), {".".join("a" * 101): [1]}):
        with pytest.raises(InvalidPattern, match="nested too deeply"):
            parse(pattern)


@pytest.mark.parametrize("for_pipe", [False, True])
@pytest.mark.parametrize("levels", [400, 900, 100_000])
def test_objects_nested_beyond_reason_are_refused_clearly(levels, for_pipe):
    with pytest.raises(InvalidPattern, match=r"nested too deeply|at most 4096 characters"):
        parse(nested(levels), for_pipe=for_pipe)
