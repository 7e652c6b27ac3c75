"""votepipe/slack.py: messages for Slack, in which foreign text stays text."""

import pytest

from votepipe.slack import SECTION, escaped, foreign, pack, posted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> & <https://x|y>", "&lt;!channel&gt; &amp; &lt;https://x|y&gt;"),
        ("*bold* ~gone~ `code`", "∗bold∗ ∼gone∼ ˋcodeˋ"),
        ("_aside_ snake_case", "ˍasideˍ snake_case"),
        ("two\nlines", "two lines"),
    ],
)
def test_foreign_text_neither_mentions_nor_links_nor_formats(text: str, shown: str) -> None:
    assert foreign(text, 100) == shown


def test_it_is_cut_before_it_is_escaped() -> None:
    assert foreign("&" * 10, 3) == "&amp;&amp;…"


def test_an_address_keeps_what_formats_nothing_there() -> None:
    assert escaped("https://x/?a=1&b=2") == "https://x/?a=1&amp;b=2"


def test_lines_are_packed_into_as_few_sections_as_take_them() -> None:
    half = "x" * (SECTION // 2)

    assert pack([half, half[1:], "y"]) == [f"{half}\n{half[1:]}", "y"]


def test_no_text_object_looks_for_mentions() -> None:
    made = posted(["a"], ["b"])

    assert made["blocks"][0]["text"]["verbatim"]
    assert made["blocks"][1]["elements"][0]["verbatim"]
