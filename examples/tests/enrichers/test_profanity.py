"""enrichers/profanity.py: swear words are masked, all other words stay."""

from types import MappingProxyType
from typing import Any

import pytest

from enrichers.profanity import Settings, enrich
from votepipe import Vote


def added(settings: Settings | None = None, **answers: Any) -> Any:
    return enrich(Vote(widget_id="docs", vote_id="1", answers=answers), settings or Settings())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("What a damn good page", "What a d*** good page"),
        ("CRAP. Crappy crap!", "C***. Crappy c***!"),
        ("damned, shitty", "d*****, shitty"),
    ],
)
def test_a_swear_word_keeps_its_first_letter(written: str, shown: str) -> None:
    assert added(a=written) == {"answers": {"a": shown}}


def test_only_answers_that_change_are_added() -> None:
    assert added(a="fine", b=("ok", "crap"), c=MappingProxyType({"d": "damn"}), e=5) == {
        "answers": {"b": ("ok", "c***"), "c": {"d": "d***"}}
    }


@pytest.mark.parametrize(
    "text", ["scrap", "Scunthorpe", "dickens", "amsterdam nights", "", 5, None]
)
def test_other_words_stay(text: Any) -> None:
    assert added(a=text) is None


def test_the_list_is_a_setting() -> None:
    assert added(Settings(words=("c++",)), a="damn Moon") is None
    assert added(Settings(words=("moon",)), a="damn Moon") == {"answers": {"a": "damn M***"}}
    assert added(Settings(words=()), a="damn") is None
