"""votepipe/delivery/deliver.py: events of a schedule are delivered as events of votes are."""

from typing import Any

from votepipe import ScheduledEvent, Temporary, sink

DAILY = {"events": (), "schedule": "rate(1 day)"}


def message(day: int = 4) -> dict[str, str]:
    return {"source": "aws.scheduler", "time": f"2026-01-{day:02}T08:00:00Z"}


def test_the_function_gets_the_event(run: Any) -> None:
    did = run(lambda event: None, message(), **DAILY)

    assert [type(event) for event in did.given] == [ScheduledEvent]
    assert did.lines[0]["outcome"] == "delivered"
    assert did.lines[0]["eventId"] == "2026-01-04T08:00:00Z"


def test_the_same_time_again_is_skipped(run: Any) -> None:
    run(lambda event: None, message(), **DAILY)
    did = run(lambda event: None, message(), **DAILY)

    assert not did.given
    assert did.lines[0]["outcome"] == "skipped"


def test_an_older_time_is_skipped(run: Any) -> None:
    run(lambda event: None, message(5), **DAILY)
    did = run(lambda event: None, message(4), **DAILY)

    assert not did.given


def test_idempotent_by_event_each_stands_for_itself(run: Any) -> None:
    run(lambda event: None, message(5), **DAILY, idempotent="event")
    did = run(lambda event: None, message(4), **DAILY, idempotent="event")

    assert len(did.given) == 1


def test_a_failure_is_tried_again(run: Any, raising: Any) -> None:
    did = run(raising(Temporary("Not now.")), message(), **DAILY)

    assert len(did.kept) == 1
    assert did.lines[0]["outcome"] == "retried"


def test_a_sink_on_a_schedule_refuses_events(run: Any, envelope: Any, surroundings: Any) -> None:
    did = run(lambda event: None, envelope(), **DAILY)

    assert not did.given
    assert "those of its schedule" in surroundings.dead()[0]["reason"]


def test_a_sink_for_events_refuses_those_of_schedules(run: Any, surroundings: Any) -> None:
    did = run(lambda event: None, message())

    assert not did.given
    assert "those of its schedule" in surroundings.dead()[0]["reason"]


def test_an_event_without_a_time_goes_to_the_dead_letters(run: Any, surroundings: Any) -> None:
    did = run(lambda event: None, message() | {"time": "<time>"}, **DAILY)

    assert not did.given
    assert "no time" in surroundings.dead()[0]["reason"]


def test_the_mark_keeps_the_schedule() -> None:
    @sink(schedule="cron(0 8 * * ? *)")
    def handler(event: ScheduledEvent) -> None: ...

    assert handler.sink.schedule == "cron(0 8 * * ? *)"
    assert handler.sink.events == ()
