"""votepipe/tally/articles.py: what a digest shows of an article."""

import pytest

from votepipe.tally.articles import Counts, counts_in

ITEM = dict.fromkeys(("up", "down", "answered", "reportedUp"), 2)


@pytest.mark.parametrize(("up", "down", "ratio"), [(3, 1, 0.75), (0, 4, 0.0), (0, 0, None)])
def test_the_ratio_is_the_share_of_ups(up: int, down: int, ratio: float | None) -> None:
    assert Counts(up, down, 0).ratio == ratio


def test_counts_that_were_never_reported_are_none() -> None:
    assert counts_in(ITEM, "") == Counts(2, 2, 2)
    assert counts_in(ITEM, "reported") is None
