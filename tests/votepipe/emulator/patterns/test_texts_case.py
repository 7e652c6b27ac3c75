"""votepipe/emulator/patterns/texts.py: any case, letter by letter."""

import string

import pytest

from votepipe.emulator.patterns.texts import ending, equal, starting

SAME = [
    ("thumbsup", "THUMBSUP"),
    ("İ", "i̇"),
    ("straße", "STRASSE"),
    ("ŉ", "ʼN"),
    ("ΜΈΣΑ", "μέσα"),
    ("ⱥ", "Ⱥ"),
    ("👍", "👍"),
    ("", ""),
    (string.punctuation, string.punctuation),
]
OTHER = [
    ("k", "\u212a"),
    ("ss", "ß"),
    ("i", "İ"),
    ("𐐨", "𐐀"),  # AWS looks at UTF-16 units, which have no case
    ("[", "{"),
    ("a", "aa"),
]


@pytest.mark.parametrize(("wanted", "text"), SAME)
def test_the_same_but_for_case(wanted, text):
    assert equal(wanted)(text)
    assert starting(wanted)(f"{text}…")
    assert ending(wanted)(f"…{text}")


@pytest.mark.parametrize(("wanted", "text"), OTHER)
def test_not_the_same(wanted, text):
    assert not equal(wanted)(text)


@pytest.mark.parametrize(("wanted", "text"), [("ab", "xab"), ("ü", "xü")])
def test_the_start_is_the_start(wanted, text):
    assert not starting(wanted)(text)


@pytest.mark.parametrize(("wanted", "text"), [("ab", "abx"), ("ü", "üx"), ("ü", "ü\n")])
def test_the_end_is_the_end(wanted, text):
    assert not ending(wanted)(text)
