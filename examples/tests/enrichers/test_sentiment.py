"""enrichers/sentiment.py: words are counted, and a "not" turns them round."""

from typing import Any

import pytest

from enrichers.sentiment import DISPLEASED, PLEASED, enrich
from votepipe import Vote


def added(*answers: Any) -> Any:
    named = {f"field_{number}": answer for number, answer in enumerate(answers)}
    return enrich(Vote(widget_id="docs", vote_id="1", answers=named))


@pytest.mark.parametrize(
    ("text", "score", "words"),
    [
        ("Great, clear and useful!", 1, 3),
        ("Confusing and outdated", -1, 2),
        ("Good text, wrong code", 0, 2),
        ("It is not really helpful", -1, 1),
        ("I don’t hate it", 1, 1),
        ("Not in the least what I hoped for, but good", 1, 1),
    ],
)
def test_a_text_sounds_pleased_or_not(text: str, score: float, words: int) -> None:
    assert added(text) == {"score": score, "words": words}


def test_a_not_stays_in_its_answer() -> None:
    assert added("certainly not", "good") == {"score": 1, "words": 1}


@pytest.mark.parametrize("answer", ["", "Sehr schön", 5, None, "goodness"])
def test_without_a_word_of_the_list_it_adds_nothing(answer: Any) -> None:
    assert added(answer) is None


def test_no_word_is_on_both_lists() -> None:
    assert not PLEASED & DISPLEASED
