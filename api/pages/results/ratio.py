"""How many liked it, and how sure that is."""

import math
from xml.etree.ElementTree import Element

from api.pages.html import element

_Z = 1.959964  # of 95 %
_WIDTH = 120


def interval(up: int, votes: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share that is up; 0 to 1 without votes."""
    if not votes:
        return 0.0, 1.0
    share, z = up / votes, _Z * _Z / votes
    middle = (share + z / 2) / (1 + z)
    reach = _Z * math.sqrt((share * (1 - share) + z / 4) / votes) / (1 + z)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def cells(up: int, down: int) -> list[Element]:
    """Up, down and ratio as cells of a table."""
    return [
        element("td", up, class_="number"),
        element("td", down, class_="number"),
        element("td", ratio(up, down), class_="ratio"),
    ]


def ratio(up: int, down: int) -> list[Element]:
    """The share that is up in words, and its interval as a picture."""
    votes = up + down
    if not votes:
        return [element("span", "no votes yet", class_="hint")]
    low, high = interval(up, votes)
    words = [
        element("strong", f"{up / votes:.0%}"),
        element("span", f" {low:.0%} to {high:.0%}", class_="hint"),
    ]
    return [element("span", *words), _picture(low, up / votes, high)]


def _picture(low: float, share: float, high: float) -> Element:
    def at(part: float) -> str:
        return f"{4 + part * (_WIDTH - 8):.1f}"

    width = f"{max(2.0, (high - low) * (_WIDTH - 8)):.1f}"
    return element(
        "svg",
        element("rect", x=4, y=7, width=_WIDTH - 8, height=2, rx=1, class_="track"),
        element("rect", x=at(low), y=5, width=width, height=6, rx=3, class_="sure"),
        element("circle", cx=at(share), cy=8, r=4, class_="dot"),
        viewBox=f"0 0 {_WIDTH} 16",
        class_="interval",
        aria_hidden="true",
    )
