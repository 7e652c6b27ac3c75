"""sinks/teams.py: a vote as a card in Teams, and what each answer of a workflow means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.teams import Settings, handler, message
from votepipe import Secret, Undeliverable
from votepipe.emulator.http.receiver import Answer


def settings(web: Any) -> Settings:
    return Settings(webhook_url=Secret(f"{web.url}/workflows/1?sig=token"))


def blocks(posted: dict[str, Any]) -> list[str]:
    """The text of each block of the card."""
    body = posted["attachments"][0]["content"]["body"]
    return ["".join(run["text"] for run in block["inlines"]) for block in body]


def test_a_vote_with_answers(event: Any) -> None:
    assert blocks(message(event())) == [
        "Yay: Using DynamoDB streams got a 👍",
        "What would make this better? More examples of stream filters.",
        "How did you find this page? A colleague sent me the link ✨",
        "from reader@example.com · changed",
    ]


def test_it_is_a_card_in_a_message(event: Any) -> None:
    posted = message(event("not-known"))

    assert posted["type"] == "message"
    (attachment,) = posted["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["type"] == "AdaptiveCard"


def test_every_text_is_one_in_which_teams_formats_nothing(event: Any) -> None:
    content = message(event())["attachments"][0]["content"]

    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in content["body"] for run in block["inlines"]} == {"TextRun"}


def test_answers_that_do_not_fit_are_counted(event: Any) -> None:
    shown = blocks(message(event(answers={f"f{n}": "✨" * 400 for n in range(25)})))

    assert shown[-2] == f"… and {25 - (len(shown) - 3)} more"


@given(st.text(max_size=500), st.lists(st.text(max_size=900), max_size=30))
def test_a_message_is_never_too_large(event: Any, instance: str, answers: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(answers)}

    posted = message(event("not-known", instanceOfJoy=instance, answers=named))

    assert len(json.dumps(posted)) <= 28_000


def test_accepted_is_delivered(event: Any, web: Any) -> None:
    web.reply(Answer(status=202, body=""))

    handler(event(), settings(web))

    assert json.loads(web.requests[0].content) == message(event())


def test_a_deleted_workflow_says_what_to_do(event: Any, web: Any) -> None:
    web.reply(Answer(status=404))

    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web))
    assert str(caught.value) == (
        "127.0.0.1 answered 404 Not Found. "
        "The workflow was deleted. Make a new one. Run: votepipe secret set teams"
    )
