"""bench/scale.py: the model of docs/scale.md."""

import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest

from votepipe.project import checkout

MILLION = 1_000_000


@pytest.fixture(scope="module")
def scale() -> ModuleType:
    found = importlib.util.spec_from_file_location("scale", checkout() / "bench" / "scale.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    sys.modules["scale"] = module  # dataclasses look there
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def needs(scale: ModuleType) -> Any:
    return scale.Needs()


@pytest.mark.parametrize("votes", [10_000, MILLION, 10 * MILLION])
def test_nothing_falls_behind_with_the_documented_parameters(
    scale: ModuleType, needs: Any, votes: int
) -> None:
    line = scale.simulated(votes, scale.SIZES[votes], needs)

    assert line.behind == {}
    assert line.queues["settle"].served == pytest.approx(votes, rel=0.01)


def test_the_page_names_the_first_limit_of_each_size(scale: ModuleType, needs: Any) -> None:
    page = (checkout() / "docs" / "scale.md").read_text()
    for votes, setup in scale.SIZES.items():
        first, *_ = scale.limits(setup, needs)
        name = f"{votes // MILLION} million" if votes >= MILLION else "10 thousand"
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert f"{first.per_day / MILLION:.1f} million a day" in row


def test_a_hundred_million_votes_of_one_widget_are_too_many(scale: ModuleType, needs: Any) -> None:
    line = scale.simulated(100 * MILLION, scale.SIZES[100 * MILLION], needs)

    assert "votes table" in line.behind
    assert max(line.resting) < scale.IN_FLIGHT


def test_one_lane_is_too_few_for_ten_million(scale: ModuleType, needs: Any) -> None:
    line = scale.simulated(10 * MILLION, scale.Setup(), needs)

    assert {"pipe", "tally"} & line.behind.keys()


def test_the_plot_shows_every_limit(scale: ModuleType, needs: Any) -> None:
    plot = scale.bars(scale.LARGE, needs)

    for limit in scale.limits(scale.LARGE, needs):
        assert (f">{limit.name}<" in plot) == (limit.per_day < scale.FARTHEST)


@pytest.mark.slow
def test_the_model_and_the_kit_agree(scale: ModuleType, needs: Any) -> None:
    """At the rate of docs/scale.md, for three minutes."""
    (resting, for_slack, _), kit = scale.beside_the_kit(needs, votes=510, seconds=180)

    assert resting == pytest.approx(kit[0], rel=0.1)
    assert for_slack == pytest.approx(kit[1], rel=0.25)
    assert kit[2] == 510
