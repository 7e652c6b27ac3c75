"""What tests of sinks share: events of the samples, and where to crash."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from votepipe import Event
from votepipe.emulator.functions.crash_points import Step, distinct


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    """Make the event of a sample in events/bus, with these members of its vote."""

    def make(name: str = "answer-2", **vote: Any) -> Event:
        envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
        envelope["detail"]["vote"] |= vote
        return Event.from_envelope(envelope)

    return make


@pytest.fixture(scope="session")
def crash_points() -> Callable[..., Sequence[Step]]:
    """Choose steps to crash at: those that differ and are not `elsewhere`; in `make chaos` all."""

    def choose(
        steps: Sequence[Step], elsewhere: Callable[[Step], bool] = lambda _: False
    ) -> Sequence[Step]:
        if "VOTEPIPE_VOTES" in os.environ:
            return steps
        return [step for step in distinct(steps) if not elsewhere(step)]

    return choose
