"""Votes over time as a plot: up above the line, down below it."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from api.pages.html import element
from api.pages.results.frame import table

_WIDTH, _HEIGHT, _SIDE = 640, 200, 36
_MOST_BARS = 62

Bars = list[tuple[date, int, int]]  # the first day, up, down


def trend(votes: Iterable[Mapping[str, Any]]) -> Element | None:
    """A plot, and a table of the same; None where no vote has a date."""
    days: dict[date, list[int]] = {}
    for vote in votes:
        if "createdAt" in vote:
            count = days.setdefault(date.fromisoformat(vote["createdAt"][:10]), [0, 0])
            count[vote["voteType"] == "thumbsdown"] += 1
    if not days:
        return None
    every, bars = _bars(days)
    unit = {1: "day", 7: "week"}.get(every, f"{every} days")
    up, down = sum(each[1] for each in bars), sum(each[2] for each in bars)
    words = f"Votes by {unit}, {bars[0][0]} to {max(days)}: {up} up, {down} down."
    rows = [
        element("tr", element("th", str(start), scope="row"),
                element("td", each_up, class_="number"), element("td", each_down, class_="number"))
        for start, each_up, each_down in bars
        if each_up or each_down
    ]  # fmt: skip
    numbers = table(f"Votes by {unit}", ["From", "Up", "Down"], rows)
    return element(
        "figure",
        _picture(bars, words),
        element("figcaption", words, class_="hint"),
        element("details", element("summary", "The same as a table"), numbers, id="trend-table"),
    )


def _bars(days: Mapping[date, list[int]]) -> tuple[int, Bars]:
    """The days in a bar, and all bars, empty ones included."""
    first, last = min(days), max(days)
    span = (last - first).days + 1
    whole = -(-span // _MOST_BARS)
    every = next((each for each in (1, 7, 30, 90, 365) if each >= whole), whole)
    bars = [(first + timedelta(days=start), 0, 0) for start in range(0, span, every)]
    for day, (up, down) in days.items():
        at = (day - first).days // every
        bars[at] = (bars[at][0], bars[at][1] + up, bars[at][2] + down)
    return every, bars


def _picture(bars: Bars, words: str) -> Element:
    top = max(up for _, up, _ in bars)
    bottom = max(down for _, _, down in bars)
    scale = (_HEIGHT - 32) / max(1, top + bottom)
    zero = 8 + top * scale
    step = (_WIDTH - _SIDE) / len(bars)
    width = min(28.0, step * 0.72)
    drawn = []
    for number, (start, up, down) in enumerate(bars):
        x = f"{_SIDE + number * step + (step - width) / 2:.1f}"
        title = element("title", f"{start}: {up} up, {down} down")
        parts = [(zero - up * scale, up * scale, "up"), (zero, down * scale, "down")]
        drawn.append(element("g", title, [
            element("rect", x=x, y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}",
                    rx=min(2, int(height)), class_=kind)
            for y, height, kind in parts if height
        ]))  # fmt: skip
    labels = [
        element("text", str(count), x=_SIDE - 8, y=f"{y:.1f}", class_="end")
        for count, y in ((top, 14), (bottom, zero + bottom * scale)) if count
    ]  # fmt: skip
    ends = [element("text", str(bars[0][0]), x=_SIDE, y=_HEIGHT - 1)]
    if len(bars) > 1:
        ends.append(element("text", str(bars[-1][0]), x=_WIDTH, y=_HEIGHT - 1, class_="end"))
    line = element("path", d=f"M{_SIDE} {zero:.1f}H{_WIDTH}", class_="zero")
    return element(
        "svg", *drawn, line, *labels, *ends,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=words, class_="trend",
    )  # fmt: skip
