"""votepipe/dev/console/receiver.py: the shared Slack answers below /receive/slack."""

from typing import Any

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


def test_what_slack_refuses_is_in_the_journal_and_no_message(console: Any) -> None:
    refused = call(console, "chat.update", {**HELLO, "ts": "1.1"})

    assert refused == {"ok": False, "error": "message_not_found"}
    (hop,) = console.get("api/journal").json()["refused"]
    assert hop["text"] == "slack answered 'message_not_found'"
    assert console.get("api/messages").json() == []


def test_who_shows_no_token_is_refused(console: Any) -> None:
    refused = call(console, "chat.postMessage", HELLO, **{"X-None": "1"})

    assert refused == {"ok": False, "error": "not_authed"}


def test_a_fault_holds_for_the_web_api_as_well(console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 429, "retryAfter": 3})

    reply = console.post("receive/slack/api/chat.postMessage", HELLO, headers=TOKEN)

    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3")


def test_the_token_is_nowhere_to_be_seen(console: Any) -> None:
    call(console, "chat.postMessage", HELLO)

    assert "xoxb" not in console.get("api/messages").text
