"""votepipe/delivery/__init__.py: moments of a schedule are delivered as events are."""

from typing import Any

from votepipe import Moment, Temporary, sink

DAILY = {"events": (), "schedule": "rate(1 day)"}


def message(day: int = 4) -> dict[str, str]:
    return {"source": "aws.scheduler", "time": f"2026-01-{day:02}T08:00:00Z"}


def test_the_function_gets_the_moment(run: Any) -> None:
    did = run(lambda moment: None, message(), **DAILY)

    assert [type(moment) for moment in did.given] == [Moment]
    assert did.lines[0]["outcome"] == "delivered"
    assert did.lines[0]["eventId"] == "2026-01-04T08:00:00Z"


def test_the_same_moment_again_is_skipped(run: Any) -> None:
    run(lambda moment: None, message(), **DAILY)
    did = run(lambda moment: None, message(), **DAILY)

    assert not did.given
    assert did.lines[0]["outcome"] == "skipped"


def test_an_older_moment_is_skipped(run: Any) -> None:
    run(lambda moment: None, message(5), **DAILY)
    did = run(lambda moment: None, message(4), **DAILY)

    assert not did.given


def test_without_order_each_moment_stands_for_itself(run: Any) -> None:
    run(lambda moment: None, message(5), **DAILY, ordered=False)
    did = run(lambda moment: None, message(4), **DAILY, ordered=False)

    assert len(did.given) == 1


def test_a_failure_is_tried_again(run: Any, raising: Any) -> None:
    did = run(raising(Temporary("Not now.")), message(), **DAILY)

    assert len(did.kept) == 1
    assert did.lines[0]["outcome"] == "retried"


def test_a_sink_on_a_schedule_refuses_events(run: Any, envelope: Any, surroundings: Any) -> None:
    did = run(lambda moment: None, envelope(), **DAILY)

    assert not did.given
    assert "moments of its schedule" in surroundings.dead()[0]["reason"]


def test_a_sink_for_events_refuses_moments(run: Any, surroundings: Any) -> None:
    did = run(lambda event: None, message())

    assert not did.given
    assert "moments of its schedule" in surroundings.dead()[0]["reason"]


def test_a_moment_without_a_time_goes_to_the_dead_letters(run: Any, surroundings: Any) -> None:
    did = run(lambda moment: None, message() | {"time": "<time>"}, **DAILY)

    assert not did.given
    assert "no time" in surroundings.dead()[0]["reason"]


def test_the_mark_keeps_the_schedule() -> None:
    @sink(schedule="cron(0 8 * * ? *)")
    def handler(moment: Moment) -> None: ...

    assert handler.sink.schedule == "cron(0 8 * * ? *)"
    assert handler.sink.events == ()
