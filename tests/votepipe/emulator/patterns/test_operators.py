"""votepipe/emulator/patterns/operators.py: hints and descriptions; verdicts are in the vectors."""

import pytest

from votepipe.emulator.patterns import InvalidPattern
from votepipe.emulator.patterns.document import load_pattern
from votepipe.emulator.patterns.operators import OPERATORS, read_condition
from votepipe.emulator.patterns.syntax import RESERVED


def read(element, *, for_pipe=False):
    ((_, (loaded,)),) = load_pattern({"vote": [element]})
    return read_condition(loaded, for_pipe=for_pipe)


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ("x", '"x"'),
        (None, "null"),
        (1.5, "1.5"),
        ({"prefix": "é"}, 'prefix "é"'),
        ({"suffix": {"equals-ignore-case": "x"}}, 'suffix "x" in any case'),
        ({"equals-ignore-case": "x"}, '"x" in any case'),
        ({"wildcard": "x*"}, 'wildcard "x*"'),
        ({"cidr": "10.0.0.0/8"}, "cidr 10.0.0.0/8"),
        ({"numeric": [">", 0, "<=", 5]}, "> 0 <= 5"),
        ({"exists": True}, "exists"),
        ({"exists": False}, "does not exist"),
        ({"anything-but": ["x", "y"]}, 'anything but "x", "y"'),
        ({"anything-but": {"prefix": ["x"]}}, 'anything but prefix "x"'),
    ],
)
def test_a_condition_reads_like_a_sentence(element, shown):
    assert read(element).shown == shown


@pytest.mark.parametrize(
    ("element", "hint"),
    [
        ({"Prefix": "x"}, "Known are anything-but, cidr,"),
        ({"anything-but": {"cidr": "x"}}, "Only prefix, suffix, equals-ignore-case, wildcard"),
        ({"prefix": {"suffix": "x"}}, "Only equals-ignore-case may follow."),
        ({"numeric": 5}, 'Write {"numeric": [">", 0]}.'),
        (["x"], "write values"),
    ],
)
def test_a_refusal_says_what_to_write(element, hint):
    with pytest.raises(InvalidPattern) as caught:
        read(element)

    assert hint in caught.value.hint


def test_a_pipe_s_refusal_names_the_alternative():
    with pytest.raises(InvalidPattern) as caught:
        read({"wildcard": "x*"}, for_pipe=True)

    assert "rules of a bus" in caught.value.hint


def test_every_operator_makes_or_a_doubtful_word():
    assert set(OPERATORS) < RESERVED
