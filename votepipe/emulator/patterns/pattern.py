"""The public face: compile a pattern, match events.

A pattern becomes a function that answers for plain events without a search. Plain means: on the
paths of the pattern, no array but lists of scalars at their ends, and no dotted key. Then each
field has at most one value, and a pattern is a row of dict look-ups. The function is written as
Python source, which is several times faster than a walk in Python; it hands every other event to
the search.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.patterns.conditions import Field
from votepipe.emulator.patterns.document import load_event
from votepipe.emulator.patterns.search import ARRAYS, SCALARS, Node, Search
from votepipe.emulator.patterns.syntax import Branch, parse

Match = Callable[[Any], bool]
MISSING = object()
EMPTY: dict[str, Any] = {}
DEEPEST = 50
"""Levels beyond this are left to the search; nobody's pattern has them."""


def compile_fast(branches: list[Branch], search: Search) -> Match:
    """Make the function; it takes a parsed event or JSON text."""
    writer = _Writer(branches, search.root)
    names = writer.names
    names["search"] = lambda event: search.matches(load_event(event))
    if writer.usable:
        exec(writer.source(), names)  # noqa: S102 - the source holds no text of the pattern's
    else:
        names["match"] = names["search"]
    match: Match = names["match"]
    return match


class _Writer:
    """Writes the source. Texts of the pattern enter it as names, never as text."""

    def __init__(self, branches: list[Branch], root: Node) -> None:
        self._branches = branches
        self._root = root
        self._lines: list[str] = []
        self._flags: dict[Field, str] = {}
        self._common = set(branches[0].values()).intersection(*(b.values() for b in branches))
        self._by_path: dict[str, list[Field]] = {}
        for field in dict.fromkeys(f for branch in branches for f in branch.values()):
            self._by_path.setdefault(field.path, []).append(field)
        self.names: dict[str, Any] = {
            "MISSING": MISSING,
            "hollow": _hollow,
            "load_event": load_event,
        }
        self.usable = self._plain(root)

    def _plain(self, node: Node, depth: int = 0) -> bool:
        if depth > DEEPEST or (node.path is not None and node.children):
            return False
        return all(self._plain(child, depth + 1) for child in node.children.values())

    def source(self) -> str:
        self._write("if type(event) is not dict:")
        self._write("    event = load_event(event)")
        self._write("    if type(event) is not dict:")
        self._write("        return search(event)")
        self._object(self._root, "event")
        if len(self._branches) > 1:
            rest = [
                " and ".join(self._flags[f] for f in branch.values() if f not in self._common)
                for branch in self._branches
            ]
            self._write(f"return {' or '.join(part or 'True' for part in rest)}")
        else:
            self._write("return True")
        return "\n".join(["def match(event):", *(f"    {line}" for line in self._lines), ""])

    def _object(self, node: Node, variable: str) -> None:
        dotted = [self._name(key) for key in node.below if key not in node.children]
        if dotted:
            self._write(f"if {' or '.join(f'{key} in {variable}' for key in dotted)}:")
            self._write("    return search(event)")
        for step, child in node.children.items():
            value = f"v{len(self.names)}"
            self._write(f"{value} = {variable}.get({self._name(step)}, MISSING)")
            if child.path is not None:
                for field in self._by_path[child.path]:
                    self._leaf(field, value)
                continue
            self._write(f"if type({value}) is not dict:")
            self._write(f"    {value} = hollow({value})")
            self._write(f"    if {value} is None:")
            self._write("        return search(event)")
            self._object(child, value)

    def _leaf(self, field: Field, value: str) -> None:
        text = self._name(field.strings if field.only_strings else field.text)
        test = f"{value} in {text}" if field.only_strings else f"{text}({value})"
        flag = f"f{len(self.names)}"
        self._write(f"if type({value}) is str:")
        self._write(f"    {flag} = {test}")
        self._write("else:")
        self._write(f"    {flag} = {self._name(_other(field))}({value})")
        self._write(f"    if {flag} is None:")
        self._write("        return search(event)")
        if field in self._common:
            self._write(f"if not {flag}:")
            self._write("    return False")
        self._flags[field] = flag

    def _name(self, thing: object) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = thing
        return name

    def _write(self, line: str) -> None:
        self._lines.append(line)


def _hollow(value: object) -> dict[str, Any] | None:
    """What a value that is no dict holds: nothing, or something only the search can see."""
    return None if isinstance(value, (Mapping, *ARRAYS)) else EMPTY


def _other(field: Field) -> Callable[[object], bool | None]:
    """The verdict on a value that is no string; None where only the search can decide."""

    absent, other = field.absent, field.other

    def verdict(value: object) -> bool | None:
        if type(value) in SCALARS:
            return other(value)  # texts are not asked about here
        if value is MISSING or isinstance(value, Mapping):
            return absent  # an object is no leaf, so the field counts as absent
        if not isinstance(value, ARRAYS):
            return field.accepts(value)
        if any(isinstance(element, (Mapping, *ARRAYS)) for element in value):
            return None
        return any(map(field.accepts, value)) if value else absent

    return verdict


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
    if isinstance(pattern, (str, bytes)):
        return _remembered(pattern, for_pipe)
    return Pattern(parse(pattern, for_pipe=for_pipe))


def matches(pattern: Source, event: Event, *, for_pipe: bool = False) -> bool:
    """Whether the event matches the pattern; both parsed or as JSON text."""
    if isinstance(pattern, (str, bytes)):
        return _remembered(pattern, for_pipe).matches(event)
    search = Search(parse(pattern, for_pipe=for_pipe))
    return search.matches(load_event(event))


@functools.lru_cache(maxsize=REMEMBERED)
def _remembered(pattern: str | bytes, for_pipe: bool) -> Pattern:
    return Pattern(parse(pattern, for_pipe=for_pipe))
