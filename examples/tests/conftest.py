"""The examples as if they were dropped in, and what tests/ gives their tests there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import enrichers
import sinks
from votepipe import Event
from votepipe.emulator.http.receiver import Receiver

# So that a test reads the same here and beside a sink that was dropped.
for package in (enrichers, sinks):
    package.__path__.append(str(Path(__file__).parents[1] / package.__name__))


@pytest.fixture
def web() -> Iterator[Receiver]:
    """A web server of the test's own, gone after it."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    """Make the event of a sample in events/bus, with these members of its vote."""

    def make(name: str = "answer-2", **vote: Any) -> Event:
        envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
        envelope["detail"]["vote"] |= vote
        return Event.from_envelope(envelope)

    return make
