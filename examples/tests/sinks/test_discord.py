"""sinks/discord.py: a vote as Discord shows it, and what each answer of Discord means."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.discord import Settings, handler, message
from votepipe import Secret, Undeliverable
from votepipe.emulator.http.receiver import Answer


def settings(web: Any) -> Settings:
    return Settings(webhook_url=Secret(f"{web.url}/api/webhooks/1/token"))


def test_a_vote_with_answers(event: Any) -> None:
    assert message(event()) == {
        "content": "Yay **Using DynamoDB streams** got a 👍\n"
        r"**What would make this better?** More examples of stream filters." + "\n"
        r"**How did you find this page?** A colleague sent me the link ✨" + "\n"
        r"-# from reader\@example.com · changed",
        "allowed_mentions": {"parse": []},
        "flags": 4,
    }


def test_signs_that_format_link_or_mention_are_escaped(event: Any) -> None:
    content = message(event("not-known", answers={"a": "@here <@1> [x](https://e.example) `b`"}))

    line = content["content"].splitlines()[1]
    assert line == r"**a** \@here \<\@1\> \[x\]\(https\://e.example\) \`b\`"


def test_answers_that_do_not_fit_are_counted(event: Any) -> None:
    content = message(event(answers={f"f{n}": "y" * 380 for n in range(9)}))["content"]

    assert "… and 5 more" in content.splitlines()


@given(st.text(max_size=500), st.lists(st.text(max_size=500), max_size=30))
def test_a_message_is_never_too_long(event: Any, instance: str, answers: list[str]) -> None:
    vote = {"instanceOfJoy": instance, "answers": dict(enumerate(answers))}
    vote["answers"] = {str(name): text for name, text in vote["answers"].items()}

    content = message(event("not-known", **vote))["content"]

    assert len(content.encode("utf-16-le")) // 2 <= 2000


def test_it_is_posted_to_the_webhook(event: Any, web: Any) -> None:
    web.reply(Answer(status=204, body=""))

    handler(event(), settings(web))

    assert json.loads(web.requests[0].content) == message(event())


def test_a_deleted_webhook_says_what_to_do(event: Any, web: Any) -> None:
    web.reply(Answer(status=404))

    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web))
    assert str(caught.value) == (
        "127.0.0.1 answered 404 Not Found. "
        "The webhook was deleted. Make a new one and run: votepipe secret set discord"
    )
