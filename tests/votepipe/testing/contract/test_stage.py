"""votepipe/testing/contract/stage.py: nothing of a check is left behind, nor reaches out."""

import os
import socket
import sys
from typing import Any

from botocore.client import BaseClient

from votepipe import http
from votepipe.testing.contract import samples
from votepipe.testing.contract.plugin import load
from votepipe.testing.contract.stage import Stage

EVENT = samples.usual("VoteCast")


def test_everything_is_as_before_afterwards(chat: Any) -> None:
    def now() -> list[Any]:
        seams = [socket.socket.connect, socket.socket.settimeout, socket.getaddrinfo]
        seams += [BaseClient._make_api_call, http.MOST_SECONDS]
        return [dict(os.environ), "sinks.chat" in sys.modules, list(sys.path), *seams]

    before = now()

    with Stage(load(chat("post(url)"))) as stage, stage.hurried():
        assert stage.deliver(EVENT).outcome == "delivered"
        assert [old == new for old, new in zip(before, now(), strict=True)].count(True) == 1

    assert now() == before


def test_what_was_sent_is_seen(chat: Any) -> None:
    with Stage(load(chat("post(url, data=b'hello')\nprint('said')"))) as stage:
        seen = stage.deliver(EVENT)

    assert [request.body for request in seen.requests] == [b"hello"]
    assert "said" in seen.output


def test_the_wait_and_the_reason_are_seen(chat: Any) -> None:
    with Stage(load(chat("raise TryLater('Not now.', after=90)"))) as stage:
        seen = stage.deliver(EVENT)

    assert (seen.outcome, seen.wait, seen.why) == ("later", 90, "Not now.")
    assert seen.words == "put back for 90 s"


def test_the_reason_at_the_dead_letter_is_among_the_output(chat: Any) -> None:
    with Stage(load(chat("raise Undeliverable('Never.')"))) as stage:
        seen = stage.deliver(EVENT)

    assert seen.output.splitlines()[-1] == "Never."


def test_a_setting_holds_its_example_or_the_receivers_address(chat: Any) -> None:
    path = chat("post(url, json=[settings.room, settings.mood, settings.base, settings.size])")
    lines = [
        "    room: str = setting('Room', example='lobby')",
        "    mood: str = setting('Mood', choices=['calm', 'loud'])",
        "    base: str = setting('Base', default='https://api.chat.example')",
        "    size: int = setting('Size')",
    ]
    source = path.read_text().replace(
        'of the chat")\n', 'of the chat")\n' + "\n".join(lines) + "\n"
    )
    path.write_text(source)

    with Stage(load(path)) as stage:
        (request,) = stage.deliver(EVENT).requests
        address = f"{stage.receiver.url}/receive/chat/canarysecret"

    assert request.path == "/receive/chat/canarysecret"
    assert request.body.decode() == f'["lobby", "calm", "{address}", 1]'


def test_what_aws_answers_has_the_shape_of_its_model(chat: Any) -> None:
    body = "aws.client('sns').publish(TopicArn='t', Message='m')['MessageId']\nreturn 'ok'"

    with Stage(load(chat(body))) as stage:
        seen = stage.deliver(EVENT)

    assert seen.outcome == "delivered"
    assert [(call.name, call.parameters["Message"]) for call in seen.calls] == [
        ("sns:Publish", "m")
    ]
