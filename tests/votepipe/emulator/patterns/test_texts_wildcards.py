"""votepipe/emulator/patterns/texts.py: stars, escapes and limits."""

import itertools
import re

import pytest

from votepipe.emulator.patterns import InvalidPattern
from votepipe.emulator.patterns.texts import complexity, parse, wildcard


def test_tokens():
    assert parse(r"a*\*\\") == ["a", None, "*", "\\"]


@pytest.mark.parametrize(
    "text", ["*", "a*", "*a", "a*b", "a*b*", "*a*b*a", "*a*a", "a*b*b", "ab*ba", "a", ""]
)
def test_the_same_verdicts_as_a_regular_expression(text):
    expression = re.compile(text.replace("*", ".*"))
    test = wildcard(text)

    for size in range(6):
        for letters in itertools.product("ab", repeat=size):
            value = "".join(letters)
            assert test(value) is (expression.fullmatch(value) is not None), value


def test_no_backtracking():
    """A regular expression would try a number of ways with fourteen digits."""
    assert not wildcard("*aX*aY*aZ*")("a" * 100_000)


@pytest.mark.parametrize(
    ("text", "places"), [("plain", 1), ("*", 1), ("a*b", 2), ("*a*b*c", 4), ("/*/dir/dir/x", 4)]
)
def test_complexity_counts_places_at_once(text, places):
    assert complexity(parse(text)) == places


@pytest.mark.parametrize(
    "text", ["/home/*/a/a/a/a/a/note.txt", "*.post-*.en", "*a*b*c*d*e*f*g", "x" * 2_000 + "*"]
)
def test_simple_enough(text):
    assert complexity(parse(text)) < 10
    wildcard(text)


@pytest.mark.parametrize("text", ["*-*-*-*-*-*-x", "*aaaaaaaaaaaaaaa", "a*" * 300])
def test_too_complex(text):
    with pytest.raises(InvalidPattern, match="Rule is too complex"):
        wildcard(text)
