"""votepipe/emulator/patterns/numbers.py: bounds at their edges."""

import pytest

from votepipe.emulator.patterns.numbers import number_key, numeric

BELOW, AT, ABOVE = 1.999999, 2, 2.000001


@pytest.mark.parametrize(
    ("terms", "accepted"),
    [
        (["=", 2.0], [AT]),
        (["<", 2], [BELOW]),
        (["<=", 2], [BELOW, AT]),
        ([">", 2], [ABOVE]),
        ([">=", 2], [AT, ABOVE]),
        ([">", 1.999999, "<", 2.000001], [AT]),
        ([">=", 1.999999, "<=", 2.000001], [BELOW, AT, ABOVE]),
    ],
)
def test_edges(terms, accepted):
    test, shown = numeric(terms)

    assert [value for value in (BELOW, AT, ABOVE) if test(number_key(value))] == accepted
    assert shown == " ".join(map(str, terms))


@pytest.mark.parametrize("terms", [["<=", 5_000_000_000], [">=", -5_000_000_000]])
def test_the_whole_range_ends_where_aws_ends_it(terms):
    test, _ = numeric(terms)

    assert test(number_key(5_000_000_000))
    assert test(number_key(-5e9))
    assert not test(number_key(5_000_000_000.5))
