"""votepipe/dev/console/messages.py: bodies as sent, numbers, bounds."""

import json
from typing import Any

import pytest

from votepipe.dev.console import messages
from votepipe.dev.console.messages import Message, Messages

AT = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def kept() -> Messages:
    return Messages()


def shown(raw: str) -> Any:
    return json.loads(Message("slack", raw, {"x-a": "1"}, AT).as_json(7))


def test_a_message_says_where_when_and_what() -> None:
    assert shown('{"text": "hi"}') == {
        "sink": "slack",
        "receivedAt": AT,
        "body": {"text": "hi"},
        "raw": '{"text": "hi"}',
        "headers": {"x-a": "1"},
        "number": 7,
    }


@pytest.mark.parametrize(
    "raw", ["hello", "", "NaN", '{"a": Infinity}', "payload=%7B%7D", "\ufeff{}"]
)
def test_a_body_that_is_no_json_is_a_text(raw: str) -> None:
    assert shown(raw)["body"] == raw


def test_a_body_is_kept_as_it_was_sent() -> None:
    raw = '{"n": 12345678901234567890.10, "e": 1E2, "u": "\\u00e9é"}'

    assert f'"body": {raw},'.encode() in Message("slack", raw, {}, AT).as_json(1)


def test_a_body_too_deep_to_read_is_a_text() -> None:
    raw = "[" * 100_000

    assert shown(raw)["body"] == raw


def test_ids_are_found_in_the_body_and_in_the_headers() -> None:
    body = {"blocks": [{"block_id": "0123456789abcdef0", "type": "rich_text_section_elements"}]}

    found = Message(
        "slack",
        json.dumps(body),
        {"webhook-id": "event-0123456789ab", "user-agent": "python-requests/2.34.2"},
        AT,
    ).ids

    assert sorted(found) == ["0123456789abcdef0", "event-0123456789ab"]


def test_the_oldest_make_room_beyond_the_number(
    kept: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MESSAGES", 2)
    for text in "abc":
        kept.add(Message("slack", text, {}, AT))

    assert [json.loads(message)["body"] for message in kept.after(0)] == ["b", "c"]


def test_the_oldest_make_room_beyond_the_bytes(
    kept: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "BYTES", 5_000)
    for letter in "abc":
        kept.add(Message("slack", letter * 1_000, {}, AT))

    assert [json.loads(message)["body"][0] for message in kept.after(0)] == ["b", "c"]


def test_fifty_thousand_messages_are_kept(kept: Messages) -> None:
    for _ in range(50_000):
        kept.add(Message("slack", "{}", {}, AT))

    assert len(kept.after(0)) == 50_000


def test_only_the_last_of_the_newer_ones(kept: Messages) -> None:
    for text in "abcd":
        kept.add(Message("slack", text, {}, AT))

    assert [json.loads(message)["body"] for message in kept.after(1, last=2)] == ["c", "d"]


def test_numbers_go_on_after_clearing(kept: Messages) -> None:
    kept.add(Message("slack", "a", {}, AT))
    kept.clear()
    kept.add(Message("slack", "b", {}, AT))

    assert [json.loads(message)["number"] for message in kept.after(0)] == [2]
