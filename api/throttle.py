"""How many writes a minute one address may make, and one widget may get.

Counted in each running function, so that a vote costs nothing more: a brake for a script in a loop,
not a wall against many machines. The stage of the HTTP API limits all of them together.
"""

import os

from api.web import Refused, Request
from votepipe.model import times

WINDOW = 60  # seconds
WIDGET = 20  # times as many as one address
_MOST = 10_000  # keys that are kept

_counts: dict[tuple[str, int], int] = {}


def check(request: Request) -> None:
    """Count what may write by its address. Raises Refused when these were too many."""
    if request.method == "POST":
        _check(f"address {request.address}", 1)


def check_widget(widget_id: str) -> None:
    """Count a write to a widget. Raises Refused when these were too many."""
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
