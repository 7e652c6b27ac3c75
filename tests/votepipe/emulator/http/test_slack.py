"""votepipe/emulator/http/slack.py: it answers as Slack does, as Slack's own client sees it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from votepipe.emulator.http.receiver import Receiver
from votepipe.emulator.http.slack import Slack


class At:
    """A Slack at an address, on a clock that stands still unless it is set."""

    def __init__(self, slack: Slack, url: str) -> None:
        self.slack = slack
        self.url = f"{url}/slack"

    def bot(self, token: str = "xoxb-1") -> WebClient:
        return WebClient(token, base_url=f"{self.url}/api/")

    @property
    def webhook(self) -> WebhookClient:
        return WebhookClient(f"{self.url}/services/T/B/secret")


@pytest.fixture
def at() -> Iterator[At]:
    with Receiver() as receiver:
        slack = Slack()
        receiver.behave("slack", slack)
        yield At(slack, receiver.url)


def test_a_bot_is_known(at: At) -> None:
    assert at.bot().api_test()["ok"]
    assert at.bot().auth_test()["bot_id"] == "B1"


def test_what_is_posted_can_be_edited_and_answered_below(at: At) -> None:
    posted = at.bot().chat_postMessage(channel="C1", text="a")
    edited = at.bot().chat_update(channel="C1", ts=posted["ts"], text="b")
    below = at.bot().chat_postMessage(channel="C1", text="c", thread_ts=posted["ts"])

    assert (posted["channel"], edited["ts"], edited["text"]) == ("C1", posted["ts"], "b")
    assert at.slack.shown == {posted["ts"]: "b", below["ts"]: "c"}
    assert at.slack.methods == ["chat.postMessage", "chat.update", "chat.postMessage"]


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.postMessage", {"text": "a"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "x" * 4001}, "msg_too_long"),
        (
            "chat.postMessage",
            {"channel": "C1", "text": "a", "thread_ts": "9.9"},
            "thread_not_found",
        ),
        ("chat.postMessage", {"channel": "C1", "blocks": [{"type": 1}]}, "invalid_blocks"),
        ("chat.update", {"channel": "C1", "text": "a", "ts": "9.9"}, "message_not_found"),
        ("chat.nonsense", {"text": "a"}, "unknown_method"),
    ],
)
def test_what_a_bot_is_refused(at: At, method: str, body: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        at.bot().api_call(method, json=body)

    assert refused.value.response["error"] == error
    assert at.slack.calls == []


@pytest.mark.parametrize(("token", "error"), [("nonsense", "invalid_auth"), ("", "not_authed")])
def test_a_bot_without_a_token_is_refused(at: At, token: str, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        at.bot(token).chat_postMessage(channel="C1", text="a")

    assert refused.value.response["error"] == error


def test_a_webhook_takes_messages(at: At) -> None:
    sent = at.webhook.send(text="a")

    assert (sent.status_code, sent.body) == (200, "ok")
    assert list(at.slack.shown.values()) == ["a"]
    assert at.slack.methods == ["webhook"]


def section(length: int, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}, **more}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"blocks": [section(3001)]}, "invalid_blocks"),
        ({"blocks": [section(151) | {"type": "header"}]}, "invalid_blocks"),
        ({"blocks": [section(1)] * 51}, "invalid_blocks"),
        ({"blocks": [section(1, fields=[{"text": "x"}] * 11)]}, "invalid_blocks"),
        ({"blocks": [section(1, fields=[{"text": "x" * 2001}])]}, "invalid_blocks"),
        ({"blocks": ["text"]}, "invalid_blocks"),
        ({"blocks": [section(3000)] * 4 + [section(900)]}, "msg_blocks_too_long"),
    ],
)
def test_what_a_webhook_refuses(at: At, body: dict[str, Any], error: str) -> None:
    sent = at.webhook.send_dict(body)

    assert (sent.status_code, sent.body) == (400, error)
    assert at.slack.calls == []


def test_a_webhook_refuses_what_is_not_json(at: At) -> None:
    for body in (b"{", b"[]"):
        sent = requests.post(at.webhook.url, data=body, timeout=5)

        assert (sent.status_code, sent.text) == (400, "invalid_payload")


def test_blocks_at_their_limits_are_taken(at: At) -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}

    assert at.webhook.send(text="", blocks=[section(3000), header]).body == "ok"


def test_with_a_clock_a_second_call_within_a_second_is_refused() -> None:
    now = [0.0]
    slack = Slack(lambda: now[0])
    with Receiver() as receiver:
        receiver.behave("slack", slack)
        bot = At(slack, receiver.url).bot()

        bot.chat_postMessage(channel="C1", text="a")
        with pytest.raises(SlackApiError) as refused:
            bot.chat_postMessage(channel="C1", text="b")
        now[0] = 1
        bot.chat_postMessage(channel="C1", text="c")

    assert (refused.value.response.status_code, slack.limited) == (429, 1)
    assert refused.value.response.headers["Retry-After"] == "1"
    assert list(slack.shown.values()) == ["a", "c"]


def test_problems_are_answered(at: At) -> None:
    at.slack.problems = ["not_in_channel"]
    with pytest.raises(SlackApiError, match="not_in_channel"):
        at.bot().chat_postMessage(channel="C1", text="a")

    assert at.bot().chat_postMessage(channel="C1", text="a")["ok"]
