"""api/pages/results/plot.py: votes over time."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from api.pages.html import html_of
from api.pages.results.plot import trend


def votes(*days: int) -> list[dict[str, Any]]:
    start = date(2026, 1, 1)
    return [
        {"voteType": "thumbsup", "createdAt": f"{start + timedelta(days=day)}T23:00:00Z"}
        for day in days
    ]


def test_nothing_without_times() -> None:
    assert trend([{"voteType": "thumbsup"}]) is None


def test_up_stands_above_the_line_and_down_below() -> None:
    made = trend([*votes(0, 0), {"voteType": "thumbsdown", "createdAt": "2026-01-01T00:00:00Z"}])

    assert made is not None
    html = html_of(made)
    bars = re.findall(r'y="([\d.]+)" [^>]*height="([\d.]+)"[^>]*class="(up|down)"', html)
    up, down = [(float(y), float(height)) for y, height, _ in bars]
    assert up[0] + up[1] == pytest.approx(down[0], abs=0.2)
    assert up[1] == pytest.approx(2 * down[1], abs=0.2)
    assert "2026-01-01: 2 up, 1 down" in html


@pytest.mark.parametrize(
    ("days", "unit", "most"),
    [
        (1, "day", 1),
        (62, "day", 62),
        (63, "week", 62),
        (3_000, "90 days", 62),
        (30_000, "484 days", 62),
    ],
)
def test_a_long_time_has_few_bars(days: int, unit: str, most: int) -> None:
    made = trend(votes(0, *range(days)))

    assert made is not None
    html = html_of(made)
    assert f"Votes by {unit}, 2026-01-01 to" in html
    assert f"{days + 1} up, 0 down." in html
    assert 1 <= html.count('class="up"') <= most
