"""The `$.path` values that a pipe's target parameters may hold."""

import re
from collections.abc import Callable
from typing import Any

_PATH = re.compile(r"\$(\.[\w/-]+(\[\d+\])*)*")
_STEP = re.compile(r"\.([\w/-]+)|\[(\d+)\]")

Reader = Callable[[Any], Any]


class MissingPath(LookupError):
    """The event has nothing at the path; its text is the path."""


def is_path(text: str) -> bool:
    """Whether a parameter reads the event rather than standing for itself."""
    return text.startswith("$")


def compile_path(path: str) -> Reader:
    """A function that reads an event at the path, raising MissingPath where there is nothing.

    Raises ValueError for anything else, and for `[*]`, which gives no single value.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(path)
    steps = [name or int(index) for name, index in _STEP.findall(path)]

    def read(event: Any) -> Any:
        for step in steps:
            try:
                event = event[step]
            except (KeyError, IndexError, TypeError):
                raise MissingPath(path) from None
        return event

    return read


def compile_value(value: str) -> Reader:
    """A function that gives the static value, or reads the event when the value is a path."""
    return compile_path(value) if is_path(value) else lambda event: value
