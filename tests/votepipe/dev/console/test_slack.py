"""votepipe/dev/console/slack.py: Slack's Web API, as far as the Slack sink uses it."""

from typing import Any

import pytest

TOKEN = {"Authorization": "Bearer xoxb-local"}
HELLO = {"channel": "C1", "text": "hi"}


def call(console: Any, method: str, body: Any, **headers: str) -> Any:
    reply = console.post(f"receive/slack/api/{method}", body, headers=headers or TOKEN)
    assert reply.status_code == 200
    return reply.json()


def test_each_message_has_a_time_stamp_of_its_own(console: Any) -> None:
    first, second = (call(console, "chat.postMessage", HELLO) for _ in range(2))

    assert (first["ok"], first["channel"]) == (True, "C1")
    assert first["ts"] != second["ts"]


def test_a_message_can_be_edited(console: Any) -> None:
    posted = call(console, "chat.postMessage", HELLO)

    edited = call(console, "chat.update", {**HELLO, "ts": posted["ts"], "text": "bye"})

    assert (edited["ok"], edited["ts"], edited["text"]) == (True, posted["ts"], "bye")


def test_a_message_that_was_deleted_is_not_found(console: Any) -> None:
    posted = call(console, "chat.postMessage", HELLO)
    call(console, "chat.delete", {"channel": "C1", "ts": posted["ts"]})

    edited = call(console, "chat.update", {**HELLO, "ts": posted["ts"]})

    assert edited == {"ok": False, "error": "message_not_found"}


@pytest.mark.parametrize(
    ("method", "body", "headers", "error"),
    [
        ("chat.postMessage", {"text": "hi"}, TOKEN, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, TOKEN, "no_text"),
        ("chat.postMessage", {**HELLO, "text": "x" * 4001}, TOKEN, "msg_too_long"),
        ("chat.postMessage", {**HELLO, "thread_ts": "1.1"}, TOKEN, "thread_not_found"),
        ("chat.update", {**HELLO, "ts": "1.1"}, TOKEN, "message_not_found"),
        ("chat.postMessage", HELLO, {"Authorization": "Bearer nonsense"}, "invalid_auth"),
        ("chat.postMessage", HELLO, {"X-None": "1"}, "not_authed"),
        ("chat.nonsense", HELLO, TOKEN, "unknown_method"),
    ],
)
def test_what_slack_refuses(
    console: Any, method: str, body: Any, headers: dict[str, str], error: str
) -> None:
    assert call(console, method, body, **headers) == {"ok": False, "error": error}


def test_a_fault_holds_for_the_web_api_as_well(console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 429, "retryAfter": 3})

    reply = console.post("receive/slack/api/chat.postMessage", HELLO, headers=TOKEN)

    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3")


def test_the_token_is_nowhere_to_be_seen(console: Any) -> None:
    call(console, "chat.postMessage", HELLO)

    assert "xoxb" not in console.get("api/messages").text
