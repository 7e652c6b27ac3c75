"""votepipe/dev/console/receiver.py: answers as Slack does, or as a fault says."""

import time
from typing import Any

import pytest
import requests

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
