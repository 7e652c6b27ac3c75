"""sinks/slack/deliver.py: by webhook, one message for each settled state."""

from typing import Any

import pytest

from sinks.slack import Settings, batch_key
from sinks.slack.deliver import by_webhook
from votepipe import Secret, Skip
from votepipe.model.errors import SettingsError


@pytest.fixture
def deliver(web: Any) -> Any:
    url = Secret(web.url + "/services/x")
    return lambda *events, **others: by_webhook(list(events), Settings(webhook_url=url, **others))


def texts(web: Any) -> list[str]:
    return [request.json["text"] for request in web.requests]


def test_a_settled_vote_is_a_message(deliver: Any, event: Any, web: Any) -> None:
    settled = event("VoteSettled")

    delivered = deliver(settled)

    assert texts(web) == ["Yay _i_ got a 👍"]
    assert (list(delivered.events), delivered.remote_id) == ([settled], None)


@pytest.mark.parametrize("kind", ["VoteCast", "VoteChanged", "VoteWithdrawn"])
def test_what_has_not_settled_is_skipped(event: Any, kind: str) -> None:
    with pytest.raises(Skip, match="cannot edit"):
        batch_key(event(kind), Settings(webhook_url=Secret("https://hooks.example/x")))


def test_one_call_posts_one_message(deliver: Any, event: Any, web: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(4)]

    delivered = deliver(*events)

    assert (len(web.requests), list(delivered.events)) == (1, events[:1])


def test_many_settled_votes_are_one_message(deliver: Any, event: Any, web: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(5)]

    delivered = deliver(*events)

    assert texts(web) == ["_i_ got 5 votes: 👍 5"]
    assert list(delivered.events) == events


def test_a_vote_that_settled_twice_meanwhile_is_told_once(
    deliver: Any, event: Any, web: Any
) -> None:
    again = event("VoteSettled", sequence=2, previous={"voteType": "thumbsdown"})

    delivered = deliver(event("VoteSettled"), again)

    assert texts(web) == ["Yay _i_ got a 👍\nsettled again, was 👎"]
    assert len(delivered.events) == 2


def test_votes_without_answers_can_be_counts_only(deliver: Any, event: Any, web: Any) -> None:
    answered = event("VoteSettled", vote="v2", members={"answers": {"q": "x"}})

    delivered = deliver(event("VoteSettled"), answered, count_only_without_answers=True)

    assert texts(web) == ["Yay _i_ got a 👍\n*q:* x"]
    assert len(delivered.events) == 2
    assert not deliver(event("VoteSettled"), count_only_without_answers=True).sent


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "neither 'webhook_url' nor 'bot_token'. Run: votepipe secret set slack"),
        (
            {"bot_token": Secret("x")},
            "SLACK_CHANNEL .* no value. Set the template parameter 'SlackChannel'.",
        ),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        Settings(**given)
