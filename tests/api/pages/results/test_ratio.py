"""api/pages/results/ratio.py: Wilson's interval."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.results.ratio import interval

Z = 1.959964


# As R's prop.test without correction gives them.
@pytest.mark.parametrize(
    ("up", "votes", "low", "high"),
    [
        (6, 10, 0.3127, 0.8318),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_known_intervals(up: int, votes: int, low: float, high: float) -> None:
    assert interval(up, votes) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_its_ends_are_where_the_share_is_just_likely(given: tuple[int, int]) -> None:
    up, votes = given
    for end in interval(up, votes):
        if 1e-9 < end < 1 - 1e-9:
            distance = abs(up / votes - end)
            assert distance == pytest.approx(Z * sqrt(end * (1 - end) / votes), rel=1e-6)


def test_without_votes_nothing_is_known() -> None:
    assert interval(0, 0) == (0.0, 1.0)
