"""sinks/discord.py: a vote as Discord shows it, and what each answer of Discord means."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.discord import Settings, handler, message
from votepipe import Event, Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer


def event(name: str = "answer-2", **vote: Any) -> Event:
    envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
    envelope["detail"]["vote"] |= vote
    return Event.from_envelope(envelope)


def settings(web: Any) -> Settings:
    return Settings(webhook_url=Secret(f"{web.url}/api/webhooks/1/token"))


def test_a_vote_with_answers() -> None:
    assert message(event()) == {
        "content": "Yay **Using DynamoDB streams** got a 👍\n"
        r"**What would make this better?** More examples of stream filters." + "\n"
        r"**How did you find this page?** A colleague sent me the link ✨" + "\n"
        r"-# from reader\@example.com · changed",
        "allowed_mentions": {"parse": []},
        "flags": 4,
    }


def test_signs_that_format_link_or_mention_are_escaped() -> None:
    content = message(event("not-known", answers={"a": "@here <@1> [x](https://e.example) `b`"}))

    line = content["content"].splitlines()[1]
    assert line == r"**a** \@here \<\@1\> \[x\]\(https\://e.example\) \`b\`"


def test_answers_that_do_not_fit_are_counted() -> None:
    content = message(event(answers={f"f{n}": "y" * 380 for n in range(9)}))["content"]

    assert "… and 5 more" in content.splitlines()


@given(st.text(max_size=500), st.lists(st.text(max_size=500), max_size=30))
def test_a_message_is_never_too_long(instance: str, answers: list[str]) -> None:
    vote = {"instanceOfJoy": instance, "answers": dict(enumerate(answers))}
    vote["answers"] = {str(name): text for name, text in vote["answers"].items()}

    content = message(event("not-known", **vote))["content"]

    assert len(content.encode("utf-16-le")) // 2 <= 2000


def test_it_is_posted_to_the_webhook(web: Any) -> None:
    web.reply(Answer(status=204, body=""))

    handler(event(), settings(web))

    assert json.loads(web.requests[0].content) == message(event())


def test_a_rate_limit_is_kept(web: Any) -> None:
    body = {"message": "slow", "retry_after": 2.7}
    web.reply(Answer(status=429, headers={"Retry-After": "3"}, body=body))

    with pytest.raises(TryLater) as caught:
        handler(event(), settings(web))
    assert caught.value.after == 3


def test_a_deleted_webhook_says_what_to_do(web: Any) -> None:
    web.reply(Answer(status=404))

    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web))
    assert str(caught.value) == (
        "127.0.0.1 answered 404 Not Found. "
        "The webhook was deleted. Make a new one and run: votepipe secret set discord"
    )
