"""enrichers/country.py: two letters that the front stored, and nothing else."""

from typing import Any

import pytest

from enrichers.country import Settings, enrich
from votepipe import Vote


def added(country: Any, field: str = "country") -> Any:
    vote = Vote(widget_id="docs", vote_id="1", answers={field: country})
    return enrich(vote, Settings())


@pytest.mark.parametrize("stored", ["CH", "ch", " CH "])
def test_a_country_has_a_flag(stored: str) -> None:
    assert added(stored) == {"code": "CH", "flag": "🇨🇭"}


@pytest.mark.parametrize("stored", ["", "XX", "T1", "Switzerland", "C", "ÄÖ", 41, None, ("CH",)])
def test_what_is_no_country_adds_nothing(stored: Any) -> None:
    assert added(stored) is None


def test_another_answer_is_no_country() -> None:
    assert added("CH", "field_1") is None
