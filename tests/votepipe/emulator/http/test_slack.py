"""votepipe/emulator/http/slack.py: it answers as Slack does."""

import json
from typing import Any

from votepipe.emulator.http.request import Request
from votepipe.emulator.http.slack import Channel


def call(it: Channel, method: str, **body: Any) -> Any:
    content = json.dumps(body).encode()
    answer = it(
        Request(sink="slack", method="POST", path=f"/api/{method}", headers={}, content=content)
    )
    return answer.status if answer.status != 200 else answer.body


def test_what_is_posted_can_be_edited() -> None:
    channel = Channel()

    posted = call(channel, "chat.postMessage", channel="C1", text="a")
    edited = call(channel, "chat.update", channel="C1", ts=posted["ts"], text="b")

    assert edited == posted == {"ok": True, "channel": "C1", "ts": "1.000100"}
    assert channel.shown == {"1.000100": "b"}
    assert channel.methods == ["chat.postMessage", "chat.update"]


def test_what_is_not_there_cannot_be_edited() -> None:
    answer = call(Channel(), "chat.update", channel="C1", ts="9.9", text="b")

    assert answer == {"ok": False, "error": "message_not_found"}


def test_with_a_clock_a_second_call_within_a_second_is_refused() -> None:
    now = [0.0]
    channel = Channel(lambda: now[0])

    first = call(channel, "chat.postMessage", text="a")
    second = call(channel, "chat.postMessage", text="b")
    now[0] = 1
    third = call(channel, "chat.postMessage", text="c")

    assert (first["ok"], second, third["ok"]) == (True, 429, True)
    assert channel.limited == 1
