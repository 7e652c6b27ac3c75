"""Sinks as third parties write them, good and bad, to try the contract on."""

from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = '''"""Post each vote to a chat."""

import logging
from dataclasses import dataclass

import requests

from votepipe import Event, Secret, Skip, Temporary, TryLater, Undeliverable
from votepipe import aws, clean, setting, sink
from votepipe.http import post
from votepipe.plugins import Resources

SEEN = set()


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address of the chat")


def text(event):
    return clean(str(dict(event.vote.answers)), 500)


@sink(events={events}, settings=Settings{options})
def handler(event: Event, settings: Settings) -> None:
    url = settings.url.reveal()
'''

Chat = Callable[..., Path]


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """Write sinks/chat.py whose function has this body."""

    def write(body: str, *, events: str = "['VoteCast']", options: str = "") -> Path:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        path = tmp_path / "sinks" / "chat.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD.format(events=events, options=options) + lines)
        return path

    return write
