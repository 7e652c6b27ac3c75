"""What tests of the Slack sink share: a channel, settings that lead to it, events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sinks.slack import Settings
from votepipe import Event, Secret
from votepipe.emulator.http.receiver import Receiver
from votepipe.emulator.http.slack import Slack


@pytest.fixture(scope="session")
def slack_class() -> type[Slack]:
    """The class, for tests that need one with a clock."""
    return Slack


@pytest.fixture
def slack() -> Slack:
    """A Slack without a rate limit."""
    return Slack()


@pytest.fixture
def settings(slack: Slack) -> Iterator[Any]:
    """Make settings for a bot that talks to that Slack on this machine."""
    with Receiver() as receiver:
        receiver.behave("slack", slack)
        usual = {"bot_token": Secret("xoxb-the-secret"), "channel": "C1"}
        yield lambda **others: Settings(**usual | {"api_url": f"{receiver.url}/slack/"} | others)


@pytest.fixture
def event() -> Any:
    """Make an event of a vote in the instance `i`, without answers unless given."""

    def make(kind: str = "VoteCast", vote: str = "v1", sequence: int = 1, **changes: Any) -> Event:
        sample = json.loads(Path("events/bus/settled.json").read_text())["detail"]
        members = {"voteId": vote, "instanceOfJoy": "i", "voter": None, "answers": {}}
        sample["vote"] |= members | {"voteType": "thumbsup"} | changes.pop("members", {})
        facts = {"type": kind, "eventID": f"{vote}-{kind}-{sequence}", "enrichment": {}}
        return Event.from_detail(sample | facts | {"sequence": str(sequence)} | changes)

    return make
