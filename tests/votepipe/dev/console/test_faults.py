"""votepipe/dev/console/faults.py: how long each lasts and what it does."""

from typing import Any

import pytest

from votepipe.dev.console.faults import Fault, Faults


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_fault_there_is_none() -> None:
    assert Faults().take("slack") is None


def test_a_fault_is_of_its_sink_only() -> None:
    faults = Faults()
    faults.put({"sink": "slack", "status": 500})

    assert faults.take("webhook") is None
    assert faults.take("slack") == Fault("slack", status=500)


def test_a_fault_ends_after_its_times() -> None:
    faults = Faults()
    faults.put({"sink": "slack", "status": 500, "times": 2})

    assert [faults.take("slack") is not None for _ in range(3)] == [True, True, False]


def test_a_fault_ends_after_its_seconds() -> None:
    clock = Clock()
    faults = Faults(clock)
    faults.put({"sink": "slack", "status": 500, "seconds": 60})
    clock.now += 59
    before = faults.take("slack")
    clock.now += 1

    assert before is not None
    assert faults.take("slack") is None


def test_what_is_left_of_a_fault_is_shown() -> None:
    clock = Clock()
    faults = Faults(clock)
    faults.put({"sink": "slack", "status": 429, "retryAfter": 5, "seconds": 60, "times": 3})
    clock.now += 20
    faults.take("slack")

    assert faults.shown() == [
        {"sink": "slack", "status": 429, "retryAfter": 5, "secondsLeft": 40.0, "timesLeft": 2}
    ]


def test_a_new_fault_takes_the_place_of_the_old() -> None:
    faults = Faults()
    faults.put({"sink": "slack", "status": 500})
    faults.put({"sink": "slack", "disconnect": True})

    assert faults.take("slack") == Fault("slack", disconnect=True)


@pytest.mark.parametrize(
    ("fault", "refuses"),
    [
        (Fault("slack", status=500), True),
        (Fault("slack", status=302), True),
        (Fault("slack", status=202), False),
        (Fault("slack", delay=1), False),
        (Fault("slack", disconnect=True), True),
    ],
)
def test_a_fault_refuses_unless_it_answers_with_success(fault: Fault, refuses: bool) -> None:
    assert fault.refuses is refuses


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
        Faults().put(wanted)
