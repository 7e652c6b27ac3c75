"""A figure beside those of others, and a plot of how one grows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Points = list[tuple[float, float]]
WIDTH, HEIGHT, MARGIN = 640, 360, 60
COLOURS = ("#0b6e4f", "#c1121f", "#6c757d")


@dataclass(frozen=True)
class Figure:
    """A value with its unit; rivals do the same, references are only to compare with."""

    value: float
    unit: str
    rivals: Mapping[str, float] = field(default_factory=dict)
    references: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times as good as the best rival: below 1 where that one is better."""
        if not self.rivals:
            return None
        if self.unit.endswith("/s"):
            return self.value / max(self.rivals.values())
        return min(self.rivals.values()) / self.value

    def as_json(self) -> dict[str, Any]:
        """As bench/results.json has it."""
        return {
            "value": self.value,
            "unit": self.unit,
            "rivals": dict(self.rivals),
            "references": dict(self.references),
            "ratio_to_best_rival": self.ratio,
        }


def table(figures: Mapping[str, Figure]) -> str:
    """All of them, in Markdown."""
    lines = ["| figure | votepipe | others | times the best of them |", "|---|---|---|---|"]
    for name, each in figures.items():
        others = [f"{rival} {value:,.4g}" for rival, value in each.rivals.items()]
        others += [f"({other} {value:,.4g})" for other, value in each.references.items()]
        ratio = "" if each.ratio is None else f"{each.ratio:.1f}"
        lines.append(
            f"| `{name}` | {each.value:,.4g} {each.unit} | {'; '.join(others)} | {ratio} |"
        )
    return "\n".join(lines)


def plot(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """An SVG with both axes by powers of ten."""
    points = [point for each in lines.values() for point in each]
    low = [math.floor(math.log10(min(point[axis] for point in points))) for axis in (0, 1)]
    high = [math.ceil(math.log10(max(point[axis] for point in points))) for axis in (0, 1)]

    def at(point: tuple[float, float]) -> tuple[float, float]:
        parts = [
            (math.log10(point[axis]) - low[axis]) / max(1, high[axis] - low[axis])
            for axis in (0, 1)
        ]
        x = MARGIN + parts[0] * (WIDTH - 2 * MARGIN)
        return round(x, 1), round(HEIGHT - MARGIN - parts[1] * (HEIGHT - 2 * MARGIN), 1)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="14">{title}</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{across}</text>',
        f'<text x="14" y="{MARGIN - 16}">{up}</text>',
    ]
    for axis in (0, 1):
        for power in range(low[axis], high[axis] + 1):
            x, y = at((10.0**power, 10.0 ** low[1]) if axis == 0 else (10.0 ** low[0], 10.0**power))
            end = (x, MARGIN) if axis == 0 else (WIDTH - MARGIN, y)
            drawn.append(f'<path d="M{x} {y}L{end[0]} {end[1]}" stroke="#ddd"/>')
            place = (x - 8, y + 16) if axis == 0 else (x - 42, y + 4)
            drawn.append(f'<text x="{place[0]}" y="{place[1]}">{10.0**power:,.9g}</text>')
    for number, (name, each) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{x} {y}" for x, y in map(at, sorted(each)))
        drawn.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in map(at, each)]
        drawn.append(
            f'<text x="{MARGIN + 8}" y="{MARGIN + 16 + 16 * number}" fill="{colour}">{name}</text>'
        )
    return "\n".join([*drawn, "</svg>", ""])
