"""When a schedule is due: `rate(…)`, `cron(…)` and `at(…)` as EventBridge writes them."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from votepipe.emulator.simulation.errors import Unmodelled

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8), strict=True))
_YEARS = 10  # how far to look ahead

# Seconds since 1970 of the first time after another, None without one.
Next = Callable[[float], float | None]


def parse(expression: str, zone: str = "UTC", start: float = 0.0) -> Next:
    """When a schedule that was made at `start` is due next. Raises Unmodelled."""
    match = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression.strip())
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unmodelled(f"'{zone}' is not a time zone. Correct the schedule.") from None
    try:
        if match and match[1] == "rate":
            return _rate(match[2], start)
        if match and match[1] == "at":
            moment = datetime.fromisoformat(match[2]).replace(tzinfo=place).timestamp()
            return lambda after: moment if moment > after else None
        if match:
            return _Cron.of(match[2], place).after
    except (ValueError, KeyError, IndexError):
        pass
    raise Unmodelled(f"'{expression}' is not a schedule that AWS takes. Correct it.")


def _rate(text: str, start: float) -> Next:
    number, unit = text.split()
    if int(number) < 1:
        raise ValueError(text)
    every = int(number) * _SECONDS[unit.removesuffix("s")]
    return lambda after: start + every * (int((after - start) // every) + 1)


@dataclass(frozen=True)
class _Cron:
    """A cron expression; a function decides its days, because L, W and # depend on the month."""

    zone: ZoneInfo
    minutes: list[int]
    hours: list[int]
    months: set[int]
    years: set[int]
    is_day: Callable[[date], bool]

    @classmethod
    def of(cls, text: str, zone: ZoneInfo) -> "_Cron":
        minute, hour, day, month, weekday, year = text.upper().split()
        if (day == "?") is (weekday == "?"):
            raise ValueError(text)
        return cls(
            zone,
            sorted(_numbers(minute, 0, 59)),
            sorted(_numbers(hour, 0, 23)),
            _numbers(month, 1, 12, _MONTHS),
            _numbers(year, 1970, 2199),
            _days_of_month(day) if weekday == "?" else _days_of_week(weekday),
        )

    def after(self, moment: float) -> float | None:
        """The first time after a moment."""
        first = datetime.fromtimestamp(moment, UTC).astimezone(self.zone).date()
        for number in range(366 * _YEARS):
            day = first + timedelta(days=number)
            if day.year in self.years and day.month in self.months and self.is_day(day):
                for due in self._times(day):
                    if due > moment:
                        return due
        return None

    def _times(self, day: date) -> Iterator[float]:
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime.combine(day, time(hour, minute), self.zone)
                due = local.timestamp()
                # Summer time skips an hour: what falls into it does not run.
                if datetime.fromtimestamp(due, self.zone).hour == hour:
                    yield due


def _numbers(text: str, least: int, most: int, names: dict[str, int] | None = None) -> set[int]:
    """What a field stands for: `*`, numbers or names, ranges, steps, and lists of these."""
    known = names or {}

    def number(word: str) -> int:
        value = known[word] if word in known else int(word)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = least, most
        elif "-" in span:
            first, last = (number(word) for word in span.split("-"))
        else:
            first = number(span)
            last = most if step else first
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _days_of_month(text: str) -> Callable[[date], bool]:
    if text == "L":
        return lambda day: day.day == _length(day)
    if text.endswith("W"):
        nearest = int(text[:-1])
        return lambda day: day.day == _workday(day, nearest)
    days = _numbers(text, 1, 31)
    return lambda day: day.day in days


def _days_of_week(text: str) -> Callable[[date], bool]:
    if "#" in text:
        name, nth = text.split("#")
        (wanted,) = _numbers(name, 1, 7, _DAYS)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == int(nth)
    if text.endswith("L") and text != "L":
        (last,) = _numbers(text[:-1], 1, 7, _DAYS)
        return lambda day: _weekday(day) == last and day.day + 7 > _length(day)
    days = {7} if text == "L" else _numbers(text, 1, 7, _DAYS)
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    """1 is Sunday, as AWS counts."""
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _workday(day: date, nearest: int) -> int:
    """The day from Monday to Friday that is nearest, within the same month."""
    target = day.replace(day=min(nearest, _length(day)))
    if target.isoweekday() == 6:
        return target.day - 1 if target.day > 1 else 3
    if target.isoweekday() == 7:
        return target.day + 1 if target.day < _length(day) else target.day - 2
    return target.day
