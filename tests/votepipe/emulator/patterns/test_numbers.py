"""votepipe/emulator/patterns/numbers.py: numbers are equal by value, in AWS's range."""

import math
from decimal import Decimal

import pytest

from votepipe.emulator.patterns.numbers import comparable, number_key


@pytest.mark.parametrize("same", [300, 300.0, Decimal("3.00E+2")])
def test_spelling_does_not_matter(same):
    assert number_key(same) == 300_000_000


@pytest.mark.parametrize("value", [0.1, 0.7, 1.005, 4_999_999_999.123456, -0.000001])
def test_floats_are_the_decimals_they_were_written_as(value):
    assert comparable(value) == comparable(Decimal(repr(value)))


@pytest.mark.parametrize("value", [5_000_000_001, -5e9 - 1, 1e-7, 0.1234567, Decimal("1e-7")])
def test_beyond_range_or_six_decimals_is_not_compared(value):
    assert comparable(value) is None
    assert number_key(value) == str(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_in_json_is_not_compared(value):
    assert comparable(value) is None


def test_every_step_of_a_millionth_is_told_apart():
    steps = [4_999_999_999 + step / 1_000_000 for step in range(50)]

    assert len({comparable(value) for value in steps} - {None}) == 50
