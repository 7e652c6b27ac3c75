"""votepipe/model/text.py: what readers wrote becomes harmless, and is cut where a reader would."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.model.text import clean, cut

FAMILY = "👩‍👩‍👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
HOSTILE = re.compile(
    "[\ud800-\udfff\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
anything = st.text(st.characters(codec=None), max_size=60) | st.text(
    st.sampled_from(["a", " ", "\n", "\u0301", "\u200d", "👩", "🏽", "🇸", "🇮", "\ud83d", "\u202e"])
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("  around  ", "around"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \u200fy", "gnp.exe x y"),
        ("in\u200bvisi\u2060ble\ufeff", "invisible"),
        ("half \ud83d an emoji", "half \ufffd an emoji"),
        ("hidden\U000e0068\U000e0069 tags", "hidden tags"),
        ("می‌خواهم", "می‌خواهم"),
        (FAMILY, FAMILY),
        (ENGLAND, ENGLAND),
    ],
)
def test_only_what_can_harm_is_taken_out(text: str, expected: str) -> None:
    assert clean(text, 100) == expected


def test_line_breaks_stay_when_asked_for() -> None:
    assert clean("one\r\ntwo\u2028three\n\n\n\nfour", 100, newlines=True) == (
        "one\ntwo\nthree\n\nfour"
    )


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("abcd", 1, "…"),
        ("abcd", 0, ""),
        ("ae\u0301x", 3, "a…"),
        (f"a{FAMILY}b", 5, "a…"),
        ("ab👍🏽", 3, "ab…"),
        ("a👍🏽c", 3, "a…"),
        ("🇸🇮🇦🇹x", 4, "🇸🇮…"),
        ("🇸🇮🇦🇹x", 3, "🇸🇮…"),
        (f"a{ENGLAND}b", 6, "a…"),
        ("1\ufe0f\u20e3x", 3, "…"),
    ],
)
def test_a_cut_never_splits_what_is_seen_as_one(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


def test_a_letter_with_a_thousand_accents_is_cut_all_the_same() -> None:
    assert len(cut("a" + "\u0301" * 1000, 200)) == 200


@given(anything, st.integers(0, 40), st.booleans())
def test_nothing_hostile_or_too_long_comes_through(text: str, limit: int, newlines: bool) -> None:
    result = clean(text, limit, newlines=newlines)

    assert len(result) <= limit
    assert not HOSTILE.search(result)
    assert newlines or "\n" not in result


@given(anything, st.integers(0, 40))
def test_cleaning_twice_changes_nothing_more(text: str, limit: int) -> None:
    once = clean(text, limit)

    assert clean(once, limit) == once


@given(anything, st.integers(1, 40))
def test_a_cut_text_is_the_beginning_of_the_whole(text: str, limit: int) -> None:
    result = cut(text, limit)

    assert result == text or text.startswith(result.removesuffix("…"))


@given(st.text(min_size=3), st.integers(1, 20))
def test_what_is_cut_off_begins_no_accent(text: str, limit: int) -> None:
    kept = cut(text, limit).removesuffix("…")
    rest = text[len(kept) :].lstrip()

    assert not kept or not rest or not unicodedata.category(rest[0]).startswith("M")
