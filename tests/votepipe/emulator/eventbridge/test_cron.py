"""votepipe/emulator/eventbridge/cron.py."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from votepipe.emulator.eventbridge import cron
from votepipe.emulator.simulation.errors import Unmodelled

START = datetime(2026, 1, 4, 10, 0, tzinfo=UTC)  # a Sunday


def times(expression: str, zone: str = "UTC", start: datetime = START, count: int = 3) -> list[str]:
    """The first times after the start, in UTC."""
    next_ = cron.parse(expression, zone, start.timestamp())

    def following() -> object:
        due = next_(start.timestamp())
        while due is not None:
            yield datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%d %H:%M")
            due = next_(due)

    return list(islice(following(), count))  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", ["2026-01-04 10:05", "2026-01-04 10:10", "2026-01-04 10:15"]),
        ("rate(1 hour)", ["2026-01-04 11:00", "2026-01-04 12:00", "2026-01-04 13:00"]),
        ("rate(2 days)", ["2026-01-06 10:00", "2026-01-08 10:00", "2026-01-10 10:00"]),
        ("cron(0 8 * * ? *)", ["2026-01-05 08:00", "2026-01-06 08:00", "2026-01-07 08:00"]),
        ("cron(30 10 * * ? *)", ["2026-01-04 10:30", "2026-01-05 10:30", "2026-01-06 10:30"]),
        ("cron(0/20 9,11 * * ? *)", ["2026-01-04 11:00", "2026-01-04 11:20", "2026-01-04 11:40"]),
        ("cron(0 8 ? * MON-FRI *)", ["2026-01-05 08:00", "2026-01-06 08:00", "2026-01-07 08:00"]),
        ("cron(0 8 ? * 1 *)", ["2026-01-11 08:00", "2026-01-18 08:00", "2026-01-25 08:00"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01 08:00", "2026-03-01 08:00", "2026-04-01 08:00"]),
        ("cron(0 8 L * ? *)", ["2026-01-31 08:00", "2026-02-28 08:00", "2026-03-31 08:00"]),
        ("cron(0 8 31W * ? *)", ["2026-01-30 08:00", "2026-02-27 08:00", "2026-03-31 08:00"]),
        ("cron(0 8 1W FEB,MAR ? *)", ["2026-02-02 08:00", "2026-03-02 08:00", "2027-02-01 08:00"]),
        ("cron(0 8 ? * 6L *)", ["2026-01-30 08:00", "2026-02-27 08:00", "2026-03-27 08:00"]),
        ("cron(0 8 ? * TUE#2 *)", ["2026-01-13 08:00", "2026-02-10 08:00", "2026-03-10 08:00"]),
        ("cron(0 0 1 JAN ? 2028)", ["2028-01-01 00:00"]),
        ("at(2026-01-04T12:00:00)", ["2026-01-04 12:00"]),
        ("at(2026-01-04T09:00:00)", []),
    ],
)
def test_a_schedule_is_due_at_these_times(expression: str, expected: list[str]) -> None:
    assert times(expression) == expected


def test_times_are_those_of_the_time_zone() -> None:
    assert times("cron(0 8 * * ? *)", "Europe/Ljubljana")[0] == "2026-01-05 07:00"
    assert times("at(2026-07-01T12:00:00)", "Europe/Ljubljana") == ["2026-07-01 10:00"]


def test_summer_time_moves_the_times() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert times("cron(0 8 * * ? *)", "Europe/Ljubljana", start, 2) == [
        "2026-03-29 06:00",
        "2026-03-30 06:00",
    ]


def test_a_time_that_summer_time_leaves_out_does_not_come() -> None:
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)

    assert times("cron(30 2 * * ? *)", "Europe/Ljubljana", start, 1) == ["2026-03-30 00:30"]


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "rate(5)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 8 * * *)",
        "cron(0 8 * * * *)",
        "cron(0 25 * * ? *)",
        "cron(0 8 ? * XYZ *)",
        "at(tomorrow)",
    ],
)
def test_what_aws_would_refuse_is_refused(expression: str) -> None:
    with pytest.raises(Unmodelled, match="is not a schedule that AWS takes"):
        cron.parse(expression)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(Unmodelled, match="'Mars/Olympus' is not a time zone"):
        cron.parse("rate(1 hour)", "Mars/Olympus")
