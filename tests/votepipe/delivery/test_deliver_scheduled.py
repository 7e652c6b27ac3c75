"""votepipe/delivery/deliver.py: events of a schedule are delivered as events of votes are."""

from typing import Any

import pytest

from votepipe import ScheduledEvent, Temporary

DAILY = {"events": (), "schedule": "rate(1 day)"}


def message(day: int = 4) -> dict[str, str]:
    return {"source": "aws.scheduler", "time": f"2026-01-{day:02}T08:00:00Z"}


def test_the_function_gets_the_event(run: Any) -> None:
    did = run(lambda event: None, message(), **DAILY)

    assert [type(event) for event in did.given] == [ScheduledEvent]
    assert did.lines[0]["outcome"] == "delivered"
    assert did.lines[0]["eventId"] == "2026-01-04T08:00:00Z"


@pytest.mark.parametrize("day", [5, 4])
def test_the_same_time_again_and_an_older_one_are_skipped(run: Any, day: int) -> None:
    run(lambda event: None, message(5), **DAILY)
    did = run(lambda event: None, message(day), **DAILY)

    assert not did.given
    assert did.lines[0]["outcome"] == "skipped"


def test_idempotent_by_event_each_stands_for_itself(run: Any) -> None:
    run(lambda event: None, message(5), **DAILY, idempotent="event")
    did = run(lambda event: None, message(4), **DAILY, idempotent="event")

    assert len(did.given) == 1


def test_a_failure_is_tried_again(run: Any, raising: Any) -> None:
    did = run(raising(Temporary("Not now.")), message(), **DAILY)

    assert len(did.kept) == 1
    assert did.lines[0]["outcome"] == "retried"


@pytest.mark.parametrize("scheduled", [True, False])
def test_schedules_and_votes_keep_apart(
    run: Any, envelope: Any, aws_side: Any, scheduled: bool
) -> None:
    body, mark = (envelope(), DAILY) if scheduled else (message(), {})
    did = run(lambda event: None, body, **mark)

    assert not did.given
    assert "those of its schedule" in aws_side.dead()[0]["reason"]


def test_an_event_without_a_time_goes_to_the_dead_letters(run: Any, aws_side: Any) -> None:
    did = run(lambda event: None, message() | {"time": "<time>"}, **DAILY)

    assert not did.given
    assert "no time" in aws_side.dead()[0]["reason"]
