"""sinks/slack/messages.py: many votes in one message."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sinks.slack import Settings
from sinks.slack.messages import many
from votepipe import Secret

SETTINGS = Settings(webhook_url=Secret("https://hooks.example/x"))


@pytest.fixture
def votes(event: Any) -> Any:
    """Make settled votes, thumbs up unless given, with these answers."""
    return lambda *answers, **members: [
        event("VoteSettled", vote=f"v{number}", members={"answers": {"q": text}, **members})
        for number, text in enumerate(answers)
    ]


def lines(votes: list[Any]) -> list[str]:
    return str(many(votes, SETTINGS)["text"]).splitlines()


def test_the_votes_of_each_kind_are_counted(votes: Any) -> None:
    both = votes("", "", "") + votes("", voteType="thumbsdown")

    assert lines(both) == ["_i_ got 4 votes: 👍 3 · 👎 1"]


def test_the_longest_answers_come_first(votes: Any) -> None:
    assert lines(votes("short", "", "rather long", "long one"))[1:] == [
        "👍 q: rather long",
        "👍 q: long one",
        "👍 q: short",
    ]


def test_all_answers_of_a_vote_are_one_line(event: Any) -> None:
    both = event("VoteSettled", members={"answers": {"a": "1", "b": "2"}})

    assert lines([both])[1:] == ["👍 a: 1 / b: 2"]


def test_answers_over_ten_votes_are_counted(votes: Any) -> None:
    shown = lines(votes(*["x"] * 22))

    assert len(shown) == 12
    assert shown[-1] == "… and 12 more with answers"


def test_those_that_settled_again_are_counted(event: Any) -> None:
    again = event("VoteSettled", previous={"voteType": "thumbsdown"})

    assert lines([again, event("VoteSettled", vote="v2")])[-1] == "1 settled again"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(st.sampled_from(["&" * 900, "<!here>" * 99, "👩‍👩‍👧" * 300, "x"]), max_size=99)
)
def test_no_number_of_votes_breaks_slacks_limits(votes: Any, answers: list[str]) -> None:
    posted = many([*votes("x"), *votes(*answers, instanceOfJoy="<" * 999)], SETTINGS)

    texts = [block["text"]["text"] for block in posted["blocks"] if "text" in block]
    assert len(posted["text"]) <= 4000
    assert all(len(text) <= 3000 for text in texts)
    assert not any("<" in text for text in texts)
    assert sum(map(len, texts)) <= 12_000
    assert len(json.dumps(posted["blocks"])) < 13_200


def test_answers_over_what_a_message_holds_are_counted_with_the_rest(votes: Any) -> None:
    posted = many(votes(*["👍" * 900] * 22), SETTINGS)

    shown = "\n".join(block["text"]["text"] for block in posted["blocks"]).splitlines()
    assert 2 < len(shown) < 12
    assert shown[-1] == f"… and {24 - len(shown)} more with answers"
