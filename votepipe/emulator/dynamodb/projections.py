"""Projection expressions."""

import itertools
from functools import lru_cache
from typing import Any

from votepipe.emulator.dynamodb.parser import Parser, PathReader
from votepipe.emulator.dynamodb.values import Item, Path, Value, found


@lru_cache(maxsize=128)
def projection(text: str) -> tuple[PathReader, ...]:
    """Prepare a projection expression."""
    parser = Parser(text, "ProjectionExpression")
    paths = parser.listed(parser.path)
    parser.end()
    return tuple(paths)


def projected(item: Item, paths: list[Path]) -> Item:
    """The parts of an item at these paths, within what holds them."""
    result: Item = {}
    for path in sorted(paths, key=place):
        value = found(item, path)
        if value is None:
            continue
        here: Any = result
        for step, after in itertools.pairwise(path):
            shell: Value = {"L": []} if isinstance(after, int) else {"M": {}}
            here = next(iter(_child(here, step, shell).values()))
        _child(here, path[-1], value)
    return result


def _child(home: Any, step: str | int, value: Value) -> Value:
    if isinstance(step, int):
        home.append(value)
        return value
    return home.setdefault(step, value)  # type: ignore[no-any-return]


def place(path: Path) -> tuple[tuple[bool, str | int], ...]:
    """What paths sort by: names by their letters, indexes as numbers."""
    return tuple((isinstance(step, int), step) for step in path)
