"""Read a pattern into its branches: each a set of fields that must all match.

`$or` multiplies branches. Where AWS does not recognise it as an operator, it reads the whole
pattern again with `$or` as the name of an ordinary field, and so does this module.
"""

from __future__ import annotations

import json
from typing import Any

from votepipe.emulator.patterns.conditions import Field
from votepipe.emulator.patterns.document import InvalidPattern, Members, load_pattern
from votepipe.emulator.patterns.operators import OPERATORS, read_condition

__all__ = ["Branch", "parse"]

Branch = dict[str, Field]
"""Fields by path, the names on the way joined with dots."""

OR = "$or"
MOST_BRANCHES = 1_000
MOST_FIELDS = 256
MOST_STEPS = 100
"""AWS names no limit; this one keeps hostile patterns from filling the memory."""
LONGEST_FOR_PIPE = 4_096
RESERVED = frozenset(OPERATORS) | {
    *("html", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"),
    *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
    *("ip-address-in-range", "ip-address-not-in-range"),
}
"""Names that make AWS doubt that an `$or` around them is the operator."""


def parse(source: object, *, for_pipe: bool = False) -> list[Branch]:
    """Turn a pattern, parsed or as JSON text, into its branches, or refuse it."""
    members = load_pattern(source)
    try:
        if for_pipe:
            _check_length(source)
        branches = _read(members, for_pipe)
    except RecursionError:
        raise InvalidPattern("Filter is nested too deeply", hint="Flatten it.") from None
    if any(len(branch) > MOST_FIELDS for branch in branches):
        raise InvalidPattern(f"Size of rule exceeds max value of {MOST_FIELDS}")
    return branches


def _read(members: Members, for_pipe: bool) -> list[Branch]:
    try:
        return _Reader(for_pipe=for_pipe, with_or=True).read(members)
    except _TooManyBranches:
        raise
    except InvalidPattern as first:
        if not _mentions_or(members):
            raise
        try:
            return _Reader(for_pipe=for_pipe, with_or=False).read(members)
        except InvalidPattern as second:
            if first.reason != second.reason:
                second.add_note(f"Taken as an operator, {OR} is not valid either: {first.reason}.")
            raise second from None


class _Reader:
    def __init__(self, *, for_pipe: bool, with_or: bool) -> None:
        self._for_pipe = for_pipe
        self._with_or = with_or

    def read(self, members: Members) -> list[Branch]:
        return self._object(members, "", [{}], inside_or=False)

    def _object(
        self, members: Members, prefix: str, branches: list[Branch], *, inside_or: bool
    ) -> list[Branch]:
        if not members:
            raise InvalidPattern("Empty objects are not allowed", where=prefix.removesuffix("."))
        for name, value in members:
            path = _joined(prefix, name)
            if self._with_or and name == OR:
                branches = self._either(value, prefix, branches)
            elif inside_or and name in RESERVED:
                raise InvalidPattern(
                    f"{name} is Ruler reserved fieldName which cannot be used inside {OR}.", path
                )
            elif isinstance(value, Members):
                branches = self._object(value, f"{path}.", branches, inside_or=inside_or)
            elif isinstance(value, list):
                field = self._field(value, path)
                for branch in branches:
                    branch[path] = field  # a path given twice counts as given last
            else:
                raise InvalidPattern(
                    f'"{name}" must be an object or an array',
                    where=path,
                    hint=f"Put the value in brackets: [{json.dumps(value, default=str)}].",
                )
        return branches

    def _either(self, choices: Any, prefix: str, branches: list[Branch]) -> list[Branch]:
        where = prefix + OR
        if not isinstance(choices, list) or isinstance(choices, Members):
            raise InvalidPattern(f"It must be an Array followed with {OR}.", where)
        forked: list[Branch] = []
        for choice in choices:
            if not isinstance(choice, Members):
                raise InvalidPattern(
                    f"Only JSON object is allowed in array of {OR} relationship.", where
                )
            copies = [dict(branch) for branch in branches]
            forked += self._object(choice, prefix, copies, inside_or=True)
            if len(forked) > MOST_BRANCHES:
                raise _TooManyBranches(
                    f"Event pattern contains more than {MOST_BRANCHES} rule combinations", where
                )
        if len(choices) < 2:
            raise InvalidPattern(f"There must have at least 2 Objects in {OR} relationship.", where)
        return forked

    def _field(self, values: list[Any], path: str) -> Field:
        if not values:
            raise InvalidPattern("Empty arrays are not allowed", path, "List at least one value.")
        try:
            conditions = tuple(read_condition(v, for_pipe=self._for_pipe) for v in values)
        except InvalidPattern as error:
            raise InvalidPattern(error.reason, path, error.hint) from None
        return Field(path, conditions)


def _joined(prefix: str, name: str) -> str:
    path = prefix + name
    if path.count(".") >= MOST_STEPS:
        raise InvalidPattern(
            "Filter is nested too deeply", hint=f"Use at most {MOST_STEPS} levels."
        )
    return path


class _TooManyBranches(InvalidPattern):
    """A hard limit: reading `$or` as a field would not help."""


def _mentions_or(members: Members) -> bool:
    return any(
        name == OR or (isinstance(value, Members) and _mentions_or(value))
        for name, value in members
    )


def _check_length(source: object) -> None:
    text = source if isinstance(source, (str, bytes)) else _compact(source)
    if len(text) > LONGEST_FOR_PIPE:
        raise InvalidPattern(
            f"a pipe's pattern has at most {LONGEST_FOR_PIPE} characters, this has {len(text)}",
            hint="Shorten it, or split it over the pipe's filters.",
        )


def _compact(source: object) -> str:
    return json.dumps(source, default=str, separators=(",", ":"), ensure_ascii=False)
