"""examples/subscriber-webhook/: both receivers take what the webhook sink sends, and no forgery."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sinks.webhook import Settings, handler
from votepipe import Event, Secret, Undeliverable
from votepipe.model import times
from votepipe.project import checkout

FOLDER = checkout() / "examples" / "subscriber-webhook"
OURS = "whsec_" + base64.b64encode(b"o" * 32).decode()
ANOTHER = "whsec_" + base64.b64encode(b"a" * 32).decode()


def settings(url: str, secret: str = OURS) -> Settings:
    return Settings(url=Secret(url), signing_secret=Secret(secret), personal=True)


class Running:
    """A receiver in a process of its own."""

    def __init__(self, *command: str) -> None:
        environment = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": OURS, "PORT": "0"}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout
        first = self.process.stdout.readline()
        listening = re.fullmatch(r"Listening on (127\.0\.0\.1:\d+)\n", first)
        assert listening, first + self.end()
        self.url = f"http://{listening[1]}/votes"

    def send(self, event: Event, secret: str = OURS) -> None:
        """Post an event to it as the webhook sink does."""
        handler(event, settings(self.url, secret))

    def end(self) -> str:
        """End it; returns what it printed."""
        self.process.terminate()
        return self.process.communicate(timeout=30)[0]


def in_python(request: pytest.FixtureRequest) -> Running:
    return Running(sys.executable, str(FOLDER / "receiver.py"))


def in_node(request: pytest.FixtureRequest) -> Running:
    # Node looks for packages in the folders above a module.
    beside: Path = request.getfixturevalue("tmp_path")
    (beside / "node_modules").symlink_to(request.getfixturevalue("node_modules"))
    return Running("node", shutil.copy(FOLDER / "receiver.mjs", beside))


@pytest.fixture(
    params=[in_python, pytest.param(in_node, marks=pytest.mark.slow)], ids=["python", "node"]
)
def receiver(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A receiver in each language."""
    running = request.param(request)
    yield running
    running.end()


@pytest.fixture
def event() -> Event:
    """A settled vote."""
    return Event.from_envelope(json.loads(Path("events/bus/settled.json").read_text()))


def test_it_accepts_what_the_sink_sends_and_handles_it_once(
    receiver: Running, event: Event
) -> None:
    receiver.send(event)
    receiver.send(event, f"{ANOTHER} {OURS}")  # while the secret changes

    assert receiver.end() == f"VoteSettled {event.id}\n"


def test_it_refuses_another_key(receiver: Running, event: Event) -> None:
    with pytest.raises(Undeliverable, match=r"answered 401 Unauthorized\."):
        receiver.send(event, ANOTHER)

    assert receiver.end() == ""


def test_it_refuses_what_is_old(
    receiver: Running, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = times.now()
    monkeypatch.setattr(times, "now", lambda: now - 301)

    with pytest.raises(Undeliverable, match=r"answered 401 Unauthorized\."):
        receiver.send(event)

    assert receiver.end() == ""


Sent = tuple[dict[str, str], bytes]
CHANGES: dict[str, Callable[[dict[str, str], bytes], Sent]] = {
    "one letter": lambda headers, body: (headers, body.replace(b"thumbsdown", b"thumbsDown")),
    "another id": lambda headers, body: ({**headers, "webhook-id": "another"}, body),
    "no headers": lambda _, body: ({}, body),
    "a signature of no form": lambda headers, body: ({**headers, "webhook-signature": "v1"}, body),
    "a body that is no text": lambda headers, _: (headers, b"\xff"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_refuses_what_is_altered(
    receiver: Running, event: Event, web: Any, change: Callable[[dict[str, str], bytes], Sent]
) -> None:
    handler(event, settings(web.url))
    (sent,) = web.requests
    headers = {name: value for name, value in sent.headers.items() if name.startswith("webhook-")}

    answered = [
        requests.post(receiver.url, body, headers=each, timeout=10).status_code
        for each, body in [change(headers, sent.content), (headers, sent.content)]
    ]

    assert answered == [401, 204]
