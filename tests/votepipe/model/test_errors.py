"""votepipe/model/errors.py: the tree that its docstring draws is the tree there is."""

import re
from typing import Any

import pytest

from votepipe.model import errors
from votepipe.model.errors import TryLater, VotepipeError

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
