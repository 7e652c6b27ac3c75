"""Match any event at all, arrays and dotted keys included.

Every value of the event that a pattern can mean is a leaf, at the place that its way through
arrays gives it. A match takes one leaf for each field so that no two of them lie in different
elements of the same array. Scalars directly in an array lie in no element of it, as for AWS.

A field that may be absent is absent if none of its leaves could be taken beside the leaves taken
so far. AWS takes fields in the order of their paths, so this module does too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from votepipe.emulator.patterns.conditions import Field
from votepipe.emulator.patterns.syntax import Branch

__all__ = ["Node", "Place", "Search", "collect", "in_order"]

Place = tuple[tuple[int, int], ...]
"""The way to a leaf: for each array, outermost first, its number and the element's index."""

Leaves = dict[str, list[tuple[Any, Place]]]
ARRAYS = (list, tuple)
SCALARS = frozenset({str, int, float, bool, type(None)})
"""Looked up by type first, since asking for a Mapping is slow."""


_Found = tuple[Any, "Node", Place]
_State = tuple[int, frozenset[tuple[int, int]]]


class Node:
    """What a pattern wants at and below one point of an event."""

    __slots__ = ("below", "children", "path")

    def __init__(self) -> None:
        self.path: str | None = None
        self.children: dict[str, Node] = {}
        # Every way down from here, dots and all, since an event may spell a way as one dotted key.
        self.below: dict[str, Node] = {}

    def add(self, path: str) -> None:
        """Make room for a path below this node."""
        steps = path.split(".")
        way = [self]
        for step in steps:
            way.append(way[-1].children.setdefault(step, Node()))
        way[-1].path = path
        for start, node in enumerate(way):
            for end in range(start + 1, len(way)):
                node.below[".".join(steps[start:end])] = way[end]


def collect(event: Mapping[str, Any], root: Node) -> Leaves:
    """Find the leaves of each path of the pattern."""
    leaves: Leaves = {}
    arrays = 0
    # A stack of our own: events may be nested deeper than Python likes to call.
    pending: list[_Found] = [(event, root, ())]
    while pending:
        value, node, place = pending.pop()
        if isinstance(value, ARRAYS):
            arrays += 1
            inner = _elements(value, node, place, arrays)
        else:
            inner = _members(value, node, place)
        for found in inner:
            if _is_nested(found[0]):
                pending.append(found)
            elif (path := found[1].path) is not None:
                leaves.setdefault(path, []).append((found[0], found[2]))
    return leaves


def _members(value: Mapping[str, Any], node: Node, place: Place) -> list[_Found]:
    below = node.below
    if len(below) <= len(value):
        return [(value[key], child, place) for key, child in below.items() if key in value]
    return [(member, below[key], place) for key, member in value.items() if key in below]


def _elements(value: Sequence[Any], node: Node, place: Place, number: int) -> list[_Found]:
    return [
        (element, node, (*place, (number, index)) if _is_nested(element) else place)
        for index, element in enumerate(value)
    ]


def _is_nested(value: object) -> bool:
    kind = type(value)
    if kind in SCALARS:
        return False
    return kind is dict or kind is list or isinstance(value, (Mapping, *ARRAYS))


def in_order(branch: Branch) -> list[Field]:
    """The fields in the order in which AWS takes them: by UTF-16 units of the path."""
    return sorted(branch.values(), key=lambda f: f.path.encode("utf-16-be", "surrogatepass"))


class Search:
    """A compiled pattern that walks the whole event; slow, but right for every event."""

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._branches = [in_order(branch) for branch in branches]
        # In the pattern's own order: people put the most selective field first.
        self.root = Node()
        for path in dict.fromkeys(path for branch in branches for path in branch):
            self.root.add(path)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether any branch matches."""
        leaves = collect(event, self.root)
        options: dict[Field, _Option] = {}
        for branch in self._branches:
            for field in branch:
                if field not in options:
                    options[field] = _Option(field, leaves.get(field.path, ()))
                if not options[field].possible:
                    break
            else:
                if _Choice([options[field] for field in branch]).exists():
                    return True
        return False


class _Places:
    """A set of places that finds those which can be taken beside given elements."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._ends = set(places)

    def __bool__(self) -> bool:
        return bool(self._ends)

    @functools.cached_property
    def arrays(self) -> set[int]:
        """The arrays on the way to any of the places."""
        return {number for place in self._ends for number, _ in place}

    @functools.cached_property
    def _steps(self) -> dict[Place, dict[int, set[int]]]:
        """From each point, the elements of each array that lead on to a place."""
        steps: dict[Place, dict[int, set[int]]] = {}
        for place in self._ends:
            for depth, (number, index) in enumerate(place):
                steps.setdefault(place[:depth], {}).setdefault(number, set()).add(index)
        return steps

    def beside(self, taken: Mapping[int, int]) -> Iterator[Place]:
        """Yield the places that are in no other element of an array taken from already."""
        pending: list[Place] = [()]
        while pending:
            place = pending.pop()
            if place in self._ends:
                yield place
            for number, indexes in self._steps.get(place, {}).items():
                index = taken.get(number)
                if index is None:
                    pending += [(*place, (number, other)) for other in indexes]
                else:
                    pending.append((*place, (number, index)))


class _Option:
    """Where one field matches, and where it has leaves at all."""

    def __init__(self, field: Field, leaves: Sequence[tuple[Any, Place]]) -> None:
        self.accepted = _Places(place for value, place in leaves if field.accepts(value))
        self.may_be_absent = field.absent
        self.present = _Places(place for _, place in leaves) if field.absent else self.accepted
        self.possible = bool(self.accepted) or field.absent


class _Choice:
    """The search for one leaf per field, remembering what led nowhere."""

    def __init__(self, options: list[_Option]) -> None:
        self._options = options
        self._failed: set[_State] = set()
        self._later: list[set[int]] = [set()]
        for option in reversed(options):
            self._later.append(self._later[-1] | option.present.arrays)
        self._later.reverse()

    def exists(self) -> bool:
        return self._from(0, {})

    def _from(self, position: int, taken: dict[int, int]) -> bool:
        if position == len(self._options):
            return True
        if self._failed and self._state(position, taken) in self._failed:
            return False
        option = self._options[position]
        for place in option.accepted.beside(taken):
            if self._from(position + 1, {**taken, **dict(place)}):
                return True
        absent = option.may_be_absent and next(option.present.beside(taken), None) is None
        if absent and self._from(position + 1, taken):
            return True
        self._failed.add(self._state(position, taken))
        return False

    def _state(self, position: int, taken: dict[int, int]) -> _State:
        """What decides whether the rest can succeed: only arrays that later fields meet."""
        later = self._later[position]
        return position, frozenset(pair for pair in taken.items() if pair[0] in later)
