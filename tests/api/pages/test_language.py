"""api/pages/language.py: the files of texts, and which one a reader gets."""

import re
from pathlib import Path

import pytest

from api.pages.language import FALLBACK, languages, texts_for
from api.web import Request

CODE = "".join(file.read_text() for file in sorted(Path("api/pages").rglob("*.py")))


def test_every_language_says_the_same_with_the_same_gaps() -> None:
    def gaps(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    first = languages()[FALLBACK]
    assert set(languages()) >= {"en", "sl"}
    for texts in languages().values():
        assert list(texts) == list(first)
        assert {name: gaps(texts[name]) for name in texts} == {
            name: gaps(first[name]) for name in first
        }
        assert all(texts[name].strip() for name in texts)


def test_every_text_is_used() -> None:
    parts = {"refused", "privacy", "cast"}  # these names are put together
    alone = [name for name in languages()[FALLBACK] if name.split(".")[0] not in parts]

    made = ("vote.thumbsup", "vote.thumbsdown")
    assert [name for name in alone if f'"{name}"' not in CODE and name not in made] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("sl", "sl"),
        ("SL-si", "sl"),
        ("de, fr;q=0.9", "en"),
        ("en;q=0.5, sl;q=0.9", "sl"),
        ("en, sl", "en"),
        ("*, ;;;, sl;q=x, " + "x" * 5_000, "en"),
    ],
)
def test_the_best_liked_language_that_there_is(accepted: str, language: str) -> None:
    request = Request(method="GET", path="/", headers={"accept-language": accepted})

    assert texts_for(request).language == language
