"""The examples as if they were dropped into `sinks/`, and a web server for their tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sinks
from votepipe.emulator.http.receiver import Receiver

# So that a test reads the same here and beside a sink that was dropped.
sinks.__path__.append(str(Path(__file__).parents[1] / "sinks"))


@pytest.fixture
def web() -> Iterator[Receiver]:
    """A web server of the test's own, gone after it."""
    with Receiver() as receiver:
        yield receiver
