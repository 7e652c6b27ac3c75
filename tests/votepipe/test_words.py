"""votepipe/words.py: what sinks say about a vote, before it is escaped for any place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe import Event, words


def event(name: str = "answer-2", enrichment: Any = None, **vote: Any) -> Event:
    envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
    envelope["detail"]["vote"] |= vote
    if enrichment is not None:
        envelope["detail"]["enrichment"] = enrichment
    return Event.from_envelope(envelope)


@pytest.mark.parametrize(
    ("clicked", "cheer"),
    [("thumbsup", ("Yay", "👍")), ("thumbsdown", ("Womp", "👎")), (None, ("A vote", "🗳️"))],
)
def test_each_click_has_its_cheer(clicked: str | None, cheer: tuple[str, str]) -> None:
    assert words.cheer(event(voteType=clicked).vote) == cheer


def test_an_instance_is_the_place() -> None:
    assert words.instance_or_widget(event(instanceOfJoy="a\nb\u202ec").vote) == "a bc"


@pytest.mark.parametrize("instance", [None, "", "\u200b"])
def test_without_a_visible_instance_the_widget_is_the_place(instance: str | None) -> None:
    assert words.instance_or_widget(event(instanceOfJoy=instance).vote) == "widget docs-feedback"


def test_notes_name_the_voter_and_the_change() -> None:
    assert words.notes(event("answer-2")) == ["from reader@example.com", "changed"]


def test_a_first_vote_of_nobody_known_has_no_notes() -> None:
    assert words.notes(event("not-known")) == []


def test_answers_are_clean_and_cut() -> None:
    found, more = words.answers(event(answers={"a\x07": "x" * 600}).vote, length=10)

    assert (found, more) == ([("a", "xxxxxxxxx…")], 0)


def test_answers_over_the_most_are_counted() -> None:
    answers = {f"field_{number}": number for number in range(7)}

    found, more = words.answers(event(answers=answers).vote, most=2)

    assert (found, more) == ([("field_0", "0"), ("field_1", "1")], 5)


@pytest.mark.parametrize("answer", [None, "", " ", [], {}, "\u200b", "\x00"])
def test_an_answer_without_words_is_none(answer: Any) -> None:
    assert words.answers(event(answers={"field_1": answer}).vote) == ([], 0)


def test_line_breaks_stay_where_they_are_wanted() -> None:
    vote = event(answers={"field_1": "a\r\nb"}).vote

    assert words.answers(vote)[0] == [("field_1", "a b")]
    assert words.answers(vote, newlines=True)[0] == [("field_1", "a\nb")]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("yes", "yes"),
        (5, "5"),
        (2.5, "2.5"),
        (True, "yes"),
        (False, "no"),
        (None, ""),
        (["text", 5, True], "text, 5, yes"),
        (("text", "video"), "text, video"),
        ({"stars": 5, "why": ["a", "b"]}, "stars: 5, why: a, b"),
    ],
)
def test_an_answer_of_any_shape_is_written_out(answer: Any, text: str) -> None:
    assert words.plain(answer) == text


@given(st.dictionaries(st.text(max_size=90), st.text(max_size=900), max_size=30))
def test_answers_keep_their_lengths(answers: dict[str, str]) -> None:
    found, more = words.answers(event(answers=answers).vote)

    assert len(found) <= words.MOST_ANSWERS
    assert all(0 < len(label) <= words.LABEL for label, _ in found)
    assert all(0 < len(text) <= words.ANSWER for _, text in found)
    assert len(found) + more <= len(answers)


def test_what_enrichers_know_has_words() -> None:
    sample = event("answer-2")

    assert words.title(sample) == "Using DynamoDB streams"
    assert words.link(sample) == "https://blog.example.com/using-dynamodb-streams"
    assert words.answers(sample.vote, labels=words.labels(sample))[0] == [
        ("What would make this better?", "More examples of stream filters."),
        ("How did you find this page?", "A colleague sent me the link ✨"),
    ]


@pytest.mark.parametrize(
    "enrichment",
    [
        {},
        {"article": {}, "questions": {"answers": {}}},
        {"article": "text", "questions": ["text"]},
        {"article": {"title": "\u200b", "url": 5}, "questions": {"labels": 5}},
    ],
)
def test_where_enrichers_know_nothing_the_vote_speaks(enrichment: dict[str, Any]) -> None:
    sample = event(enrichment=enrichment)

    assert words.title(sample) == "using-dynamodb-streams"
    assert words.link(sample) is None
    assert words.labels(sample) == {}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://",
        "https://x.example/a b",
        "https://x.example/<b>",
        "https://x.example/a|b",
        'https://x.example/"',
        "https://x.example/)\n",
        "https://x.example/ü",
        "https://x.example/" + "a" * 2000,
    ],
)
def test_an_address_that_could_break_a_message_is_none(url: str) -> None:
    assert words.link(event(enrichment={"article": {"url": url}})) is None


@pytest.mark.parametrize(
    ("label", "before"), [("field_1", "field_1:"), ("Why?", "Why?"), ("Say why:", "Say why:")]
)
def test_a_label_gets_the_colon_that_it_lacks(label: str, before: str) -> None:
    assert words.asked(label) == before
