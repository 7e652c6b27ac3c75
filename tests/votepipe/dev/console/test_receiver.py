"""votepipe/dev/console/receiver.py: answers as Slack does, or as a fault says."""

import time
from typing import Any

import pytest
import requests

from votepipe.dev.console.receiver import Fault, HttpFaults
from votepipe.emulator.http.receiver import Answer

HELLO = {"text": "hi"}


def fail(console: Any, **fault: Any) -> None:
    assert console.post("api/faults", {"sink": "slack", **fault}).ok


def messages(console: Any) -> Any:
    return console.get("api/messages").json()


def test_slack_takes_a_message_as_the_real_one_does(console: Any) -> None:
    reply = console.post("receive/slack", HELLO)

    assert (reply.status_code, reply.text) == (200, "ok")


def test_a_message_names_its_sink_and_what_was_sent(console: Any) -> None:
    console.post("receive/webhook/some/path", HELLO, headers={"X-Signature": "v1,abc"})

    (message,) = messages(console)
    assert message["sink"] == "webhook"
    assert message["body"] == HELLO
    assert message["headers"]["x-signature"] == "v1,abc"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_is_a_message_and_keys_are_not_shown(console: Any, method: str) -> None:
    keys = {"Authorization": "Bearer secret", "DD-API-KEY": "secret"}
    url = f"{console.server.url}receive/airtable"

    assert requests.request(method, url, json=HELLO, headers=keys, timeout=30).ok

    (message,) = messages(console)
    assert message["body"] == HELLO
    assert "secret" not in str(message)


def test_any_text_is_taken_of_other_sinks(console: Any) -> None:
    console.post("receive/webhook", data="hällo".encode())

    assert messages(console)[0]["body"] == "hällo"


def test_messages_come_oldest_first(console: Any) -> None:
    for text in ("one", "two"):
        console.post("receive/slack", {"text": text})

    assert [message["body"]["text"] for message in messages(console)] == ["one", "two"]


def test_a_fault_sets_the_answer(console: Any) -> None:
    fail(console, status=429, retryAfter=7)

    reply = console.post("receive/slack", HELLO)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")


def test_a_refused_request_is_no_message_but_in_the_journal(console: Any) -> None:
    fail(console, status=500)
    console.post("receive/slack", HELLO)

    assert messages(console) == []
    assert console.get("api/journal").json()["refused"][0]["text"] == "slack answered 500"


def test_a_fault_can_close_the_connection(console: Any) -> None:
    fail(console, disconnect=True)

    with pytest.raises(requests.ConnectionError):
        console.post("receive/slack", HELLO)
    assert messages(console) == []


def test_a_late_answer_takes_the_message(console: Any) -> None:
    fail(console, delay=0.2)
    began = time.monotonic()
    reply = console.post("receive/slack", HELLO)

    assert time.monotonic() - began >= 0.2
    assert reply.ok
    assert len(messages(console)) == 1


def test_a_fault_can_answer_with_another_success(console: Any) -> None:
    fail(console, status=202)

    assert console.post("receive/slack", HELLO).status_code == 202
    assert len(messages(console)) == 1


def test_other_sites_may_send_to_the_receiver(console: Any) -> None:
    reply = console.post("receive/webhook", HELLO, headers={"Origin": "https://example.com"})

    assert reply.ok


def test_a_body_over_a_megabyte_is_refused(console: Any) -> None:
    assert console.post("receive/webhook", data=b"x" * (1 << 20) + b"x").status_code == 413
    assert messages(console) == []


def test_what_slack_refuses_is_refused_with_its_words(console: Any) -> None:
    reply = console.post("receive/slack", {"blocks": []})

    assert (reply.status_code, reply.text) == (400, "no_text")
    assert messages(console) == []


NONE = Fault(None, 0)
BROKEN = Fault(Answer(status=500, body="internal_server_error"), 0)


@pytest.fixture
def faults() -> HttpFaults:
    return HttpFaults()


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_fault_there_is_none() -> None:
    assert HttpFaults().take("slack") == NONE


def test_a_fault_is_of_its_sink_only(faults: HttpFaults) -> None:
    faults.put({"sink": "slack", "status": 500})

    assert faults.take("webhook") == NONE
    assert faults.take("slack") == BROKEN


def test_a_fault_ends_after_its_times(faults: HttpFaults) -> None:
    faults.put({"sink": "slack", "status": 500, "times": 2})

    assert [faults.take("slack") for _ in range(3)] == [BROKEN, BROKEN, NONE]


def test_a_fault_ends_after_its_seconds() -> None:
    clock = Clock()
    faults = HttpFaults(clock)
    faults.put({"sink": "slack", "status": 500, "seconds": 60})
    clock.now += 59
    before = faults.take("slack")
    clock.now += 1

    assert before == BROKEN
    assert faults.take("slack") == NONE


def test_what_is_left_of_a_fault_is_shown() -> None:
    clock = Clock()
    faults = HttpFaults(clock)
    faults.put({"sink": "slack", "status": 429, "retryAfter": 5, "seconds": 60, "times": 3})
    clock.now += 20
    faults.take("slack")

    assert faults.shown() == [
        {"sink": "slack", "status": 429, "retryAfter": 5, "secondsLeft": 40.0, "timesLeft": 2}
    ]


def test_a_new_fault_takes_the_place_of_the_old(faults: HttpFaults) -> None:
    faults.put({"sink": "slack", "status": 500})
    faults.put({"sink": "slack", "disconnect": True})

    assert faults.take("slack") == Fault(Answer(disconnect=True), 0)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (
            {"status": 429, "retryAfter": 7},
            Fault(Answer(status=429, headers={"Retry-After": "7"}, body="too_many_requests"), 0),
        ),
        ({"status": 599}, Fault(Answer(status=599, body="error"), 0)),
        ({"delay": 1.5}, Fault(None, 1.5)),
        ({"disconnect": True, "delay": 1}, Fault(Answer(disconnect=True), 1)),
    ],
)
def test_a_fault_is_an_answer_and_a_delay(
    faults: HttpFaults, wanted: dict[str, Any], fault: Fault
) -> None:
    faults.put({"sink": "slack", **wanted})

    assert faults.take("slack") == fault


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, "'sink'"),
        ([], "'sink'"),
        ({"status": 500}, "'sink'"),
        ({"sink": "slack"}, "does nothing"),
        ({"sink": "slack", "disconnect": "yes"}, "does nothing"),
        ({"sink": "slack", "status": 99}, "'status'"),
        ({"sink": "slack", "status": 500.5}, "'status'"),
        ({"sink": "slack", "status": True}, "'status'"),
        ({"sink": "slack", "status": 500, "seconds": -1}, "'seconds'"),
        ({"sink": "slack", "status": 500, "times": "three"}, "'times'"),
        ({"sink": "slack", "staus": 500}, "'staus'"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(wanted: Any, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        HttpFaults().put(wanted)


TOKEN = {"Authorization": "Bearer xoxb-local"}
POST = {"channel": "C1", "text": "hi"}


def call(console: Any, method: str, body: Any, **headers: str) -> Any:
    reply = console.post(f"receive/slack/api/{method}", body, headers=headers or TOKEN)
    assert reply.status_code == 200
    return reply.json()


def test_each_message_has_a_time_stamp_of_its_own(console: Any) -> None:
    first, second = (call(console, "chat.postMessage", POST) for _ in range(2))

    assert (first["ok"], first["channel"]) == (True, "C1")
    assert first["ts"] != second["ts"]


def test_a_message_can_be_edited(console: Any) -> None:
    posted = call(console, "chat.postMessage", POST)

    edited = call(console, "chat.update", {**POST, "ts": posted["ts"], "text": "bye"})

    assert (edited["ok"], edited["ts"], edited["text"]) == (True, posted["ts"], "bye")


def test_what_slack_refuses_is_in_the_journal_and_no_message(console: Any) -> None:
    refused = call(console, "chat.update", {**POST, "ts": "1.1"})

    assert refused == {"ok": False, "error": "message_not_found"}
    (hop,) = console.get("api/journal").json()["refused"]
    assert hop["text"] == "slack answered 'message_not_found'"
    assert console.get("api/messages").json() == []


def test_who_shows_no_token_is_refused(console: Any) -> None:
    refused = call(console, "chat.postMessage", POST, **{"X-None": "1"})

    assert refused == {"ok": False, "error": "not_authed"}


def test_a_fault_holds_for_the_web_api_as_well(console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 429, "retryAfter": 3})

    reply = console.post("receive/slack/api/chat.postMessage", POST, headers=TOKEN)

    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "3")


def test_the_token_is_nowhere_to_be_seen(console: Any) -> None:
    call(console, "chat.postMessage", POST)

    assert "xoxb" not in console.get("api/messages").text
