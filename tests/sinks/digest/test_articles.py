"""sinks/digest/articles.py: what a digest shows of an article."""

import pytest

from sinks.digest.articles import Counts


@pytest.mark.parametrize(("up", "down", "ratio"), [(3, 1, 0.75), (0, 4, 0.0), (0, 0, None)])
def test_the_ratio_is_the_share_of_ups(up: int, down: int, ratio: float | None) -> None:
    assert Counts(up, down, 0).ratio == ratio
