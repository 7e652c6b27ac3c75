"""Limits on writes a minute, from one address and to one widget.

Each running function counts in its own memory, which costs a vote nothing: this slows down a script
in a loop, not many machines. The stage of the HTTP API limits the total.
"""

import os

from api.web import Refused, Request
from votepipe.model import times

WINDOW = 60  # seconds
WIDGET = 20  # times as many as one address
_MOST = 10_000  # keys that are kept

_counts: dict[tuple[str, int], int] = {}


def check(request: Request) -> None:
    """Count a request that may write by its address. Raises Refused above the limit."""
    if request.method == "POST":
        _check(f"address {request.address}", 1)


def check_widget(widget_id: str) -> None:
    """Count a write to a widget. Raises Refused above the limit."""
    _check(f"widget {widget_id}", WIDGET)


def _check(key: str, times_as_many: int) -> None:
    limit = int(os.environ.get("API_WRITES_PER_MINUTE", "0")) * times_as_many
    if not limit:
        return
    now = int(times.now() / WINDOW)
    if len(_counts) >= _MOST:
        _counts.clear()
    _counts[key, now] = _counts.get((key, now), 0) + 1
    if _counts[key, now] > limit:
        raise Refused(429, "Too many votes came at once. Try again in a minute.")
