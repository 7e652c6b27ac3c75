"""bench/: what is compared does its work, and a figure says which of two is better."""

import importlib
from typing import Any
from xml.etree import ElementTree

import pytest

from votepipe.enrichment import handler


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module of bench/ by its name."""
    monkeypatch.syspath_prepend("bench")
    return importlib.import_module


def test_a_ratio_is_above_one_where_we_are_better_than_all(bench: Any) -> None:
    made = bench("figures").Figure

    assert made(20.0, "µs", {"a": 90.0, "b": 80.0}).ratio == 4
    assert made(20.0, "matches/s", {"a": 5.0, "b": 10.0}).ratio == 2
    assert made(20.0, "µs", {"a": 10.0}).ratio == 0.5
    assert made(20.0, "µs", references={"floor": 1.0}).ratio is None


def test_a_figure_s_json_and_the_table_have_all_of_it(bench: Any) -> None:
    figures = bench("figures")
    figure = figures.Figure(20.0, "µs", {"a": 90.0}, {"floor": 2.0})

    assert figure.as_json() == {
        "value": 20.0,
        "unit": "µs",
        "rivals": {"a": 90.0},
        "references": {"floor": 2.0},
        "ratio_to_best_rival": 4.5,
    }
    assert (
        figures.table({"x": figure}).splitlines()[-1] == "| `x` | 20 µs | a 90; (floor 2) | 4.5 |"
    )


def test_a_plot_is_an_svg_with_each_line(bench: Any) -> None:
    points = [(0.3, 20.0), (350.0, 900.0)]

    drawn = bench("figures").plot("Title", "kB", "µs", {"a": points, "b": points})

    assert ElementTree.fromstring(drawn).tag.endswith("svg")  # our own
    assert drawn.count("<circle") == 4


def test_rounds_differ_and_every_record_makes_an_event(bench: Any) -> None:
    enrichment = bench("enrichment")
    first, second = enrichment.batches(0), enrichment.batches(1)

    assert first != second
    assert first == enrichment.batches(0)
    types = {event["type"] for batch in first for event in handler(batch, None)}
    assert types == {"VoteCast", "VoteChanged"}


def test_rivals_take_every_record_and_refuse_one_that_is_not_valid(bench: Any) -> None:
    enrichment = bench("enrichment")
    (batch, *_) = enrichment.batches(0)
    broken = [batch[0] | {"dynamodb": {"NewImage": {"voteType": {"S": "meh"}}}}]

    for name, run in enrichment.rivals():
        run(batch[:2])
        with pytest.raises(
            Exception, match=r".", check=lambda error: "alid" in type(error).__name__
        ):
            run(broken)
        assert name


def test_a_batch_of_the_largest_records_takes_little_memory(bench: Any) -> None:
    assert 5 < bench("starts").memory().value < 40


@pytest.mark.parametrize("way", ["by_graphql", "by_page"])
def test_each_vote_of_the_load_is_stored(
    bench: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    front = bench("front")
    stored: list[Any] = []
    answered = front.answered

    def count(client: object, operation: str, given: Any) -> Any:
        if operation == "UpdateItem":
            stored.append(given["Key"])
        return answered(client, operation, given)

    monkeypatch.setattr(front, "answered", count)
    figure = front.load(getattr(front, way), votes=30)

    assert figure.references["errors"] == 0
    assert len({str(key) for key in stored}) == 30
