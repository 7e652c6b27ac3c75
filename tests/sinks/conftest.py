"""What tests of sinks share: events of the samples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe import Event


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    """Make the event of a sample in events/bus, with these members of its vote."""

    def make(name: str = "answer-2", **vote: Any) -> Event:
        envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
        envelope["detail"]["vote"] |= vote
        return Event.from_envelope(envelope)

    return make
