"""A server that behaves like Slack: one message a second, edits of what is there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sinks.slack import Settings
from votepipe import Event, Secret
from votepipe.testing import Answer, Request
from votepipe.testing.receiver import Receiver


class Slack:
    """What a channel shows, by time stamp, and all calls that were taken.

    With a clock, a second call within a second is answered 429.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.clock = clock
        self.free = 0.0
        self.calls: list[tuple[str, Any]] = []
        self.shown: dict[str, str] = {}
        self.limited = 0
        self.problems: list[str] = []

    def __call__(self, request: Request) -> Answer:
        """Answer a call of the Web API, or a webhook's."""
        if self.clock is not None and self.clock() < self.free:
            self.limited += 1
            return Answer(status=429, headers={"Retry-After": "1"}, body="ratelimited")
        if self.clock is not None:
            self.free = self.clock() + 1
        if self.problems:
            return Answer(body={"ok": False, "error": self.problems.pop(0)})
        body = request.json
        if request.path.endswith("chat.update") and body["ts"] not in self.shown:
            return Answer(body={"ok": False, "error": "message_not_found"})
        self.calls.append((request.path.rpartition("/")[2], body))
        ts = body.get("ts", f"{len(self.calls)}.000100")
        self.shown[ts] = body["text"]
        return Answer(body={"ok": True, "channel": body.get("channel", ""), "ts": ts})

    @property
    def methods(self) -> list[str]:
        """The methods that were called."""
        return [method for method, _ in self.calls]


@pytest.fixture(scope="session")
def slack_class() -> type[Slack]:
    """The class, for tests that need one with a clock."""
    return Slack


@pytest.fixture
def slack() -> Slack:
    """A Slack without a pace."""
    return Slack()


@pytest.fixture
def settings(slack: Slack) -> Iterator[Any]:
    """Make settings for a bot that talks to that Slack on this machine."""
    receiver = Receiver(lambda request, answer: None)
    receiver.behave("slack", slack)
    receiver.start()
    usual = {"bot_token": Secret("xoxb-the-secret"), "channel": "C1"}
    yield lambda **others: Settings(**usual | {"api_url": f"{receiver.url}/slack/"} | others)
    receiver.close()


@pytest.fixture
def event() -> Any:
    """Make an event of a vote in the instance `i`, without answers unless told."""

    def make(kind: str = "VoteCast", vote: str = "v1", sequence: int = 1, **changes: Any) -> Event:
        sample = json.loads(Path("events/bus/settled.json").read_text())["detail"]
        members = {"voteId": vote, "instanceOfJoy": "i", "voter": None, "answers": {}}
        sample["vote"] |= members | {"voteType": "thumbsup"} | changes.pop("members", {})
        facts = {"type": kind, "eventID": f"{vote}-{kind}-{sequence}", "enrichment": {}}
        return Event.from_detail(sample | facts | {"sequence": str(sequence)} | changes)

    return make
