"""sinks/mattermost.py: a vote in a channel, at a server that takes what Mattermost takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.mattermost import Settings, handler, message
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request


def refusal(status: int, text: str) -> Answer:
    body = {"id": "web.incoming_webhook.app_error", "message": text, "status_code": status}
    return Answer(status=status, body=body)


def mattermost(request: Request) -> Answer:
    """A server with one incoming webhook."""
    if request.path != "/hooks/right":
        return refusal(400, "Invalid webhook.")
    if request.headers["content-type"] != "application/json" or not request.json.get("text"):
        return refusal(400, "Unable to parse incoming data.")
    if len(request.json["text"]) > 4000:
        return refusal(413, "The post is too long.")
    return Answer()


def settings(web: Any, key: str = "right") -> Settings:
    web.behave("hooks", mattermost)
    return Settings(webhook_url=Secret(f"{web.url}/hooks/{key}"))


def test_a_vote_with_answers(event: Any) -> None:
    assert message(event("settled"))["text"].split("\n\n") == [
        "Womp: **Using DynamoDB streams** got a 👎",
        "**What would make this better?** More examples of stream filters.",
        "**How did you find this page?** A colleague sent me the link ✨",
        "_from reader＠example.com_",
    ]


def test_a_reader_formats_nothing_links_nowhere_and_mentions_nobody(event: Any) -> None:
    text = message(event("not-known", answers={"a": "@all <!here> [x](y) *b* _i_ `c` \\"}))["text"]

    assert text.endswith("**a:** ＠all ‹!here› ⁅x⁆(y) ∗b∗ ˍiˍ ˋcˋ ∖")


@given(st.text(max_size=500), st.lists(st.text(max_size=900), max_size=30))
def test_a_message_is_never_too_long(event: Any, instance: str, answers: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(answers)}

    assert len(message(event("settled", instanceOfJoy=instance, answers=named))["text"]) <= 4100


def test_mattermost_takes_it(event: Any, web: Any) -> None:
    handler(event("settled"), settings(web))

    assert web.requests[0].json == message(event("settled"))


def test_a_deleted_webhook_says_what_to_do(event: Any, web: Any) -> None:
    with pytest.raises(Undeliverable, match="The webhook may be deleted, or its channel archived"):
        handler(event("settled"), settings(web, "wrong"))


def test_a_rate_limit_is_kept(event: Any, web: Any) -> None:
    web.reply(Answer(status=429, headers={"Retry-After": "3"}, body="limit exceeded"))

    with pytest.raises(TryLater) as caught:
        handler(event("settled"), settings(web))
    assert caught.value.after == 3
