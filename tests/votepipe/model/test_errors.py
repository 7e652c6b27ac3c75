"""votepipe/model/errors.py: the tree that its docstring draws is the tree there is."""

import re
from typing import Any

import pytest

from votepipe.model import errors
from votepipe.model.errors import MAX_REASONS, TryLater, VotepipeError, below, first_reasons, reason

CLASSES = {name: value for name, value in vars(errors).items() if isinstance(value, type)}


def test_the_tree_in_the_docstring_is_complete() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")

    assert set(drawn) == set(CLASSES) - {"VotepipeError"}


@pytest.mark.parametrize("kind", CLASSES.values())
def test_every_error_is_one_of_ours(kind: type) -> None:
    assert issubclass(kind, VotepipeError)


@pytest.mark.parametrize(("after", "kept"), [(5, 5.0), (0.5, 0.5), (-3, 0.0)])
def test_later_is_never_before_now(after: Any, kept: float) -> None:
    assert TryLater(after=after).after == kept


def test_later_says_why() -> None:
    assert str(TryLater("Not before nine.", after=1)) == "Not before nine."
    assert str(TryLater(after=1)) == "The receiver asked to wait."


def test_a_reason_is_path_and_rule():
    assert reason("answers.field_1", "longer than 10000 characters") == (
        "answers.field_1: longer than 10000 characters"
    )


def test_a_long_path_is_cut():
    text = reason("answers." + "x" * 5000, "too long")

    assert text.endswith("x…: too long")
    assert len(text) < 150


def test_a_path_is_cleaned():
    text = reason("answers.a\nb\u202ec\ud800", "broken")

    assert text == "answers.a bc\ufffd: broken"


def test_names_are_cut_on_the_way_down():
    path = "answers"
    for _ in range(32):
        path = below(path, "k" * 100_000)

    assert len(path) < 32 * 150


def test_of_many_reasons_the_rest_is_counted():
    few = ["a"] * MAX_REASONS
    kept = first_reasons([str(number) for number in range(MAX_REASONS + 5)])

    assert first_reasons(few) == few
    assert len(kept) == MAX_REASONS
    assert kept[0] == "0"
    assert kept[-1] == "and 6 more"
