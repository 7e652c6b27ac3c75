"""enrichers/questions.py: answers by the words of their questions, whatever they are called."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichers import questions
from votepipe import Vote
from votepipe.model import widgets

ASKED = {"field_1": "Why?", "field_2": "How?", "field_3": "Why?"}


@pytest.fixture(autouse=True)
def described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "WIDGETS", {"docs": widgets.Widget(questions=ASKED)})


def added(answers: dict[str, Any], widget: str = "docs") -> Any:
    return questions.enrich(Vote(widget_id=widget, vote_id="1", answers=answers))


def test_an_answer_stands_under_its_question() -> None:
    assert added({"field_1": "Because.", "field_2": 5}) == {
        "answers": {"Why?": "Because.", "How?": 5},
        "labels": {"field_1": "Why?", "field_2": "How?"},
    }


def test_a_field_without_words_keeps_its_name() -> None:
    assert added({"field_1": "a", "field_9": "b"}) == {
        "answers": {"Why?": "a", "field_9": "b"},
        "labels": {"field_1": "Why?"},
    }


def test_of_two_questions_with_the_same_words_the_later_shows_its_field() -> None:
    assert added({"field_1": "a", "field_3": "b"})["answers"] == {
        "Why?": "a",
        "Why? (field_3)": "b",
    }


def test_a_field_that_is_called_like_a_question_takes_no_ones_place() -> None:
    answers = {"Why?": "a", "Why? (field_1)": "b", "field_1": "c"}

    assert list(added(answers)["answers"].values()) == ["a", "b", "c"]


@pytest.mark.parametrize("answers", [{}, {"field_9": "a"}])
def test_where_no_answer_has_words_nothing_is_added(answers: dict[str, Any]) -> None:
    assert added(answers) is None


def test_a_widget_that_is_not_described_adds_nothing() -> None:
    assert added({"field_1": "a"}, widget="other") is None


FIELDS = st.sampled_from([*ASKED, "Why?", "How?", "Why? (field_1)", "Why? (field_3)"])


@given(st.lists(FIELDS, unique=True, max_size=7))
def test_no_answer_is_lost_and_their_order_stays(fields: list[str]) -> None:
    answers = {field: number for number, field in enumerate(fields)}
    found = added(answers)

    assert found is None or list(found["answers"].values()) == list(answers.values())
