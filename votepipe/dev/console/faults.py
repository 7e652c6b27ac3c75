"""Faults of the receiver: for a while, or for so many requests, it answers as told."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

_NUMBERS = ("status", "seconds", "times", "retryAfter", "delay")
_NAMES = {"sink", *_NUMBERS, "disconnect"}


@dataclass(frozen=True)
class Fault:
    """How the receiver answers instead: after `delay` seconds with `status`, or not at all.

    With neither `status` nor `disconnect` the answer is the usual one, only late.
    """

    sink: str
    status: int | None = None
    retryAfter: float | None = None  # noqa: N815  named as in the API
    delay: float = 0
    disconnect: bool = False

    @property
    def refuses(self) -> bool:
        """Whether the request is not taken."""
        return self.disconnect or (self.status is not None and not 200 <= self.status < 300)


@dataclass
class _Set:
    fault: Fault
    until: float | None
    left: int | None


class Faults:
    """The fault of each sink; a new one takes the place of the old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._set: dict[str, _Set] = {}

    def put(self, wanted: Any) -> None:
        """Set a fault from the API's JSON. Raises ValueError with what is wrong about it."""
        fault, seconds, times = _read(wanted)
        until = None if seconds is None else self._clock() + seconds
        with self._lock:
            self._set[fault.sink] = _Set(fault, until, times)

    def take(self, sink: str) -> Fault | None:
        """The fault for a request to `sink`, which uses up one of its times."""
        with self._lock:
            self._expire()
            found = self._set.get(sink)
            if found is not None and found.left is not None:
                found.left -= 1
            return found.fault if found is not None else None

    def shown(self) -> list[dict[str, Any]]:
        """The faults in force, with what is left of them."""
        with self._lock:
            self._expire()
            now = self._clock()
            return [
                {
                    **{name: value for name, value in asdict(item.fault).items() if value},
                    "secondsLeft": None if item.until is None else round(item.until - now, 1),
                    "timesLeft": item.left,
                }
                for item in self._set.values()
            ]

    def clear(self) -> None:
        """Answer as usual again."""
        with self._lock:
            self._set.clear()

    def _expire(self) -> None:
        now = self._clock()
        for sink, item in list(self._set.items()):
            if (item.until is not None and item.until <= now) or item.left == 0:
                del self._set[sink]


def _read(wanted: Any) -> tuple[Fault, float | None, int | None]:
    if not isinstance(wanted, Mapping) or not isinstance(wanted.get("sink"), str):
        raise ValueError("A fault needs 'sink', the name of a sink. Send it as a JSON object.")
    unknown = sorted(set(wanted) - _NAMES)
    if unknown:
        raise ValueError(f"A fault has no '{unknown[0]}'. It takes: {', '.join(sorted(_NAMES))}.")
    for name in _NUMBERS:
        value = wanted.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"'{name}' of a fault is a number, 0 or more. Leave it out or fix it.")
    status = wanted.get("status")
    if status is not None and not (isinstance(status, int) and 200 <= status <= 599):
        raise ValueError("'status' of a fault is an HTTP status. Use 200 to 599.")
    if status is None and not wanted.get("delay") and wanted.get("disconnect") is not True:
        raise ValueError("A fault does nothing yet. Give it 'status', 'delay' or 'disconnect'.")
    fault = Fault(
        sink=wanted["sink"],
        status=status,
        retryAfter=wanted.get("retryAfter"),
        delay=wanted.get("delay", 0),
        disconnect=wanted.get("disconnect") is True,
    )
    times = wanted.get("times")
    return fault, wanted.get("seconds"), None if times is None else int(times)
