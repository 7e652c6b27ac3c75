"""votepipe/emulator/patterns/search.py: the same verdicts as the reference matcher, at any size."""

import json
import os

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from votepipe.emulator import patterns
from votepipe.emulator.patterns import matches
from votepipe.emulator.patterns.search import Search, in_order
from votepipe.emulator.patterns.syntax import parse

PAIRS = int(os.environ.get("VOTEPIPE_PATTERN_PAIRS", "300"))

KEYS = st.sampled_from(["a", "b", "c", "a.b", "b.c"])
TEXTS = st.sampled_from(["", "x", "xy", "Xy", "y"])
NUMBERS = st.sampled_from([0, 1, 1.0, -2, 2.5, 7_000_000_000])
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())


def members(values):
    return st.dictionaries(KEYS, values, max_size=3)


def deeper(inner):
    return st.one_of(SCALARS, st.lists(inner, max_size=3), members(inner))


EVENTS = members(deeper(deeper(deeper(SCALARS))))
NEGATED = st.one_of(
    TEXTS,
    st.sampled_from([0, 1, 2.5]),
    st.lists(TEXTS, min_size=1, max_size=2),
    st.lists(st.sampled_from([0, 1, 2.5]), min_size=1, max_size=2),
    st.sampled_from([{"prefix": "x"}, {"suffix": ["y", "x"]}, {"wildcard": "*y"}]),
    st.builds(lambda text: {"equals-ignore-case": text}, TEXTS),
)
OPERATORS = st.one_of(
    st.builds(lambda text: {"prefix": text}, TEXTS),
    st.builds(lambda text: {"suffix": {"equals-ignore-case": text}}, TEXTS),
    st.builds(lambda text: {"equals-ignore-case": text}, TEXTS),
    st.sampled_from([{"wildcard": "*"}, {"wildcard": "x*"}, {"numeric": [">", 0, "<=", 2.5]}]),
    st.sampled_from([{"exists": True}, {"exists": False}, {"numeric": ["=", 1]}]),
    st.builds(lambda operand: {"anything-but": operand}, NEGATED),
)
FIELDS = st.lists(st.one_of(SCALARS, OPERATORS), min_size=1, max_size=2)


def objects(inner):
    plain = st.dictionaries(KEYS, inner, min_size=1, max_size=2)
    either = st.lists(plain, min_size=2, max_size=2).map(lambda choices: {"$or": choices})
    both = st.builds(lambda one, other: {**one, **other}, plain, either)
    return st.one_of(plain, plain, either, both)


PATTERNS = objects(st.one_of(FIELDS, FIELDS, objects(FIELDS)))


def way(value, draw):
    """A way down to some leaf of the event, and the leaf; where arrays are, into one element."""
    path = []
    while isinstance(value, (dict, list)) and value:
        if isinstance(value, dict):
            key = draw(st.sampled_from(sorted(value)))
            path.append(key)
            value = value[key]
        else:
            value = draw(st.sampled_from(value))
    return path, value


def near(leaf):
    """Elements of a field's list that often accept this leaf, and sometimes do not."""
    choices = [{"exists": True}, {"exists": False}, {"anything-but": "x"}, {"anything-but": [1]}]
    if isinstance(leaf, str):
        choices += [leaf, {"prefix": leaf[:1]}, {"wildcard": f"{leaf}*"}, {"suffix": leaf[-1:]}]
    elif not isinstance(leaf, (dict, list)):
        choices += [leaf, leaf, leaf, {"numeric": [">=", 0]}, {"numeric": ["=", 1]}]
    return st.sampled_from(choices)


@st.composite
def pairs(draw):
    """A pattern and an event. Most patterns ask for leaves that the event has."""
    found = draw(EVENTS)
    if not found or draw(st.integers(0, 3)) == 0:
        return draw(PATTERNS), found
    fields = {}
    for _ in range(draw(st.integers(1, 3))):
        path, leaf = way(found, draw)
        fields[".".join(path)] = draw(st.lists(near(leaf), min_size=1, max_size=3))
    if len(fields) > 1 and draw(st.booleans()):
        path, values = fields.popitem()
        return {**fields, "$or": [{path: values}, draw(PATTERNS)]}, found
    return fields, found


@settings(
    max_examples=PAIRS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(pairs())
def test_same_verdict_as_the_reference(reference_matches, pair):
    pattern, found = pair
    expected = reference_matches(pattern, found)
    event("match" if expected else "no match")

    assert Search(parse(pattern)).matches(found) is expected
    assert patterns.compile(pattern).matches(found) is expected
    assert matches(json.dumps(pattern), json.dumps(found)) is expected


def test_fields_are_taken_in_the_order_of_utf_16():
    """U+1F44D sorts before U+FF5E there, though its code point is higher."""
    (branch,) = parse({"\uff5e": [1], "\U0001f44d": [1], "b": [1], "a.b": [1], "a-b": [1]})

    assert [field.path for field in in_order(branch)] == [
        "a-b", "a.b", "b", "\U0001f44d", "\uff5e",
    ]  # fmt: skip


class Counted(str):
    """A text that counts how often it is looked at."""

    looks = 0

    def startswith(self, *arguments):
        Counted.looks += 1
        return super().startswith(*arguments)


def looks(pattern, found):
    Counted.looks = 0
    verdict = patterns.compile(pattern).matches(found)
    return verdict, Counted.looks


FIVE_FIELDS = {"list": {key: [{"prefix": key}] for key in "abcde"}}


@pytest.mark.parametrize("size", [30, 3_000])
def test_each_value_is_looked_at_once_however_many_fields_share_the_array(size):
    elements = [
        {key: Counted(key) for key in "abcde" if key != "edcba"[i % 5]} for i in range(size)
    ]

    verdict, times = looks(FIVE_FIELDS, {"list": elements})

    assert not verdict
    assert times == 4 * size


def test_the_last_of_many_elements_is_found():
    elements = [dict.fromkeys("abcde", "x") for _ in range(3_000)]
    elements.append({key: key for key in "abcde"})

    assert matches(FIVE_FIELDS, {"list": elements})


def test_independent_arrays_do_not_multiply():
    """Three fields with 2,000 leaves each, the fourth without a partner: 8e9 combinations."""
    many = [{"x": "v", "y": "w"} for _ in range(2_000)]
    found = {"a": many, "b": many, "c": many, "d": [{"x": "v"}, {"y": "w"}]}
    pattern = {key: {"x": ["v"], "y": ["w"]} for key in "abcd"}

    assert not matches(pattern, found)


def test_nested_arrays_do_not_multiply():
    inner = [{"x": "v"} for _ in range(1_500)]
    found = {"outer": [{"a": inner, "b": inner, "c": []}, {"c": [{"x": "v"}]}]}
    pattern = {"outer": {key: {"x": ["v"]} for key in "abc"}}

    assert not matches(pattern, found)


def test_arrays_nested_deeper_than_python_calls():
    found = "x"
    for _ in range(2_000):
        found = [found]

    assert matches({"deep": ["x"]}, {"deep": found})
    assert not matches({"deep": ["y"]}, {"deep": found})
