"""votepipe/dev/console/receiver.py: how long each fault lasts and what it does."""

from typing import Any

import pytest

from votepipe.dev.console.receiver import Fault, HttpFaults
from votepipe.emulator.http.receiver import Answer

NONE = Fault(None, 0)
BROKEN = Fault(Answer(status=500, body="internal_server_error"), 0)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_fault_there_is_none() -> None:
    assert HttpFaults().take("slack") == NONE


def test_a_fault_is_of_its_sink_only() -> None:
    faults = HttpFaults()
    faults.put({"sink": "slack", "status": 500})

    assert faults.take("webhook") == NONE
    assert faults.take("slack") == BROKEN


def test_a_fault_ends_after_its_times() -> None:
    faults = HttpFaults()
    faults.put({"sink": "slack", "status": 500, "times": 2})

    assert [faults.take("slack") for _ in range(3)] == [BROKEN, BROKEN, NONE]


def test_a_fault_ends_after_its_seconds() -> None:
    clock = Clock()
    faults = HttpFaults(clock)
    faults.put({"sink": "slack", "status": 500, "seconds": 60})
    clock.now += 59
    before = faults.take("slack")
    clock.now += 1

    assert before == BROKEN
    assert faults.take("slack") == NONE


def test_what_is_left_of_a_fault_is_shown() -> None:
    clock = Clock()
    faults = HttpFaults(clock)
    faults.put({"sink": "slack", "status": 429, "retryAfter": 5, "seconds": 60, "times": 3})
    clock.now += 20
    faults.take("slack")

    assert faults.shown() == [
        {"sink": "slack", "status": 429, "retryAfter": 5, "secondsLeft": 40.0, "timesLeft": 2}
    ]


def test_a_new_fault_takes_the_place_of_the_old() -> None:
    faults = HttpFaults()
    faults.put({"sink": "slack", "status": 500})
    faults.put({"sink": "slack", "disconnect": True})

    assert faults.take("slack") == Fault(Answer(disconnect=True), 0)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (
            {"status": 429, "retryAfter": 7},
            Fault(Answer(status=429, headers={"Retry-After": "7"}, body="too_many_requests"), 0),
        ),
        ({"status": 599}, Fault(Answer(status=599, body="error"), 0)),
        ({"delay": 1.5}, Fault(None, 1.5)),
        ({"disconnect": True, "delay": 1}, Fault(Answer(disconnect=True), 1)),
    ],
)
def test_a_fault_is_an_answer_and_a_delay(wanted: dict[str, Any], fault: Fault) -> None:
    faults = HttpFaults()
    faults.put({"sink": "slack", **wanted})

    assert faults.take("slack") == fault


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, "'sink'"),
        ([], "'sink'"),
        ({"status": 500}, "'sink'"),
        ({"sink": "slack"}, "does nothing"),
        ({"sink": "slack", "disconnect": "yes"}, "does nothing"),
        ({"sink": "slack", "status": 99}, "'status'"),
        ({"sink": "slack", "status": 500.5}, "'status'"),
        ({"sink": "slack", "status": True}, "'status'"),
        ({"sink": "slack", "status": 500, "seconds": -1}, "'seconds'"),
        ({"sink": "slack", "status": 500, "times": "three"}, "'times'"),
        ({"sink": "slack", "staus": 500}, "'staus'"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(wanted: Any, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        HttpFaults().put(wanted)
