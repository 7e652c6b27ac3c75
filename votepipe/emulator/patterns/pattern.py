"""The public face: compile a pattern, match events, say why."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.patterns.document import load_event
from votepipe.emulator.patterns.fast import compile_fast
from votepipe.emulator.patterns.search import Search
from votepipe.emulator.patterns.syntax import Branch, parse

__all__ = ["Event", "Pattern", "Source", "compile", "matches"]

Source = str | bytes | Mapping[str, Any]
Event = str | bytes | Mapping[str, Any]
REMEMBERED = 256


class Pattern:
    """A compiled pattern. Call it, or its `matches`, with one event after the other."""

    __slots__ = ("branches", "matches")

    def __init__(self, branches: list[Branch]) -> None:
        self.branches = branches
        # The compiled function itself, so that a call costs no look-up of a method.
        self.matches: Callable[[Event], bool] = compile_fast(branches, Search(branches))

    def __call__(self, event: Event) -> bool:
        return self.matches(event)


def compile(pattern: Source, *, for_pipe: bool = False) -> Pattern:  # noqa: A001 - as re.compile
    """Prepare a pattern for many events; raise InvalidPattern for one that AWS refuses."""
    return Pattern(parse(pattern, for_pipe=for_pipe))


def matches(pattern: Source, event: Event, *, for_pipe: bool = False) -> bool:
    """Whether the event matches the pattern; both parsed or as JSON text."""
    if isinstance(pattern, (str, bytes)):
        return _remembered(pattern, for_pipe).matches(event)
    search = Search(parse(pattern, for_pipe=for_pipe))
    return search.matches(load_event(event))


@functools.lru_cache(maxsize=REMEMBERED)
def _remembered(pattern: str | bytes, for_pipe: bool) -> Pattern:
    return compile(pattern, for_pipe=for_pipe)
