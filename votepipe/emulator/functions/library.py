"""The library's global state that each process has for itself, and its clocks and threads.

All processes share the modules of the library, because importing them again is slow. Hence this
list of the globals they keep.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import SimpleNamespace

from votepipe.aws import secrets
from votepipe.delivery import messages
from votepipe.emulator.functions.process import Patch
from votepipe.enrichment import run
from votepipe.enrichment.workers import Worker
from votepipe.plugins import Enricher, enrichers


def own(handler: str) -> list[Patch]:
    """The state of a new process of the function with this handler."""
    patches: list[Patch] = [(secrets, "_kept", {})]
    if handler == "votepipe.enrichment.handler":
        from votepipe import enrichment

        enrichers_here = enrichers.load()
        patches.append((enrichment, "ENRICHING", run.Enriching(enrichers_here)))
    return patches


# Runs work, and abandons it after so many seconds of virtual time.
Limited = Callable[[float, Callable[[], None]], None]


class Clock:
    """Virtual time, with a worker and threads that go by it."""

    def __init__(self, now: Callable[[], float], limited: Limited) -> None:
        class Here(_Worker):
            pass

        class Thread(_Thread):
            pass

        Here.now = staticmethod(now)
        Thread.limited = staticmethod(limited)
        self.now = now
        self.worker = Here
        self.threading = SimpleNamespace(Thread=Thread)


def timeless(clock: Clock) -> list[Patch]:
    """Replacements for threads and clocks that would use real time."""
    patches: list[Patch] = [
        (run, "Worker", clock.worker),
        (run, "monotonic", clock.now),
        (run, "checker", _checker),
        (messages, "event_in", _event_in),
    ]
    for module, name, value in (
        ("votepipe.enrichment", "monotonic", clock.now),
        ("votepipe.http", "threading", clock.threading),
    ):
        if module in sys.modules:
            patches.append((sys.modules[module], name, value))
    return patches


class _Thread:
    """A thread that does its work in the caller's thread, where virtual time can pass."""

    limited: Limited

    def __init__(self, target: Callable[[], None], daemon: bool = False) -> None:
        self._target = target

    def start(self) -> None:
        """Do nothing yet: only `join` knows how long it may take."""

    def join(self, timeout: float) -> None:
        """Do the work for at most `timeout` seconds."""
        self.limited(timeout, self._target)


class _Worker(Worker):
    """One that works while it is waited for, in the caller's thread."""

    now: Callable[[], float]

    def __init__(self) -> None:
        """Start no thread."""

    def begin(self, items: Iterator[None]) -> None:
        """Set the items to work through."""
        self._given = items

    def wait(self, seconds: float) -> bool:
        """Work until the end, or until more time has passed."""
        began = self.now()
        return not any(self.now() - began > seconds for _ in self._given)

    def leave(self) -> None:
        """Nothing to stop: there is no thread."""

    def is_alive(self) -> bool:
        """Whether its work goes on: never, once it was waited for."""
        return False


# One event goes to many sinks, some of them several times; it is immutable, so parse it once.
_event_in = lru_cache(maxsize=4096)(messages.event_in)

_compiled: dict[str, Callable[[object], object]] = {}


def _checker(enricher: Enricher) -> Callable[[object], object]:
    """The library's own, cached: compiling is the slowest part of a cold start."""
    key = json.dumps(enricher.adds, sort_keys=True)
    if key not in _compiled:
        _compiled[key] = enrichers.checker(enricher)
    return _compiled[key]
