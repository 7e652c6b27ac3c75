"""Say for each field of a pattern why it does or does not match an event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from votepipe.emulator.patterns.conditions import Field
from votepipe.emulator.patterns.document import InvalidPattern, UnreadableEvent, load_event
from votepipe.emulator.patterns.search import Leaves, Search, collect, in_order
from votepipe.emulator.patterns.syntax import Branch, parse

__all__ = ["BranchReport", "Explanation", "FieldReport", "explain"]

WIDEST = 60
MOST_VALUES = 3
MOST_BRANCHES = 5


@dataclass(frozen=True, slots=True)
class FieldReport:
    """One field: where it looks, what it wants, what it found."""

    path: str
    matched: bool
    wanted: str
    found: str

    def __str__(self) -> str:
        sign = "✓" if self.matched else "✗"
        return f"{sign} {self.path}: {self.found}; wanted {self.wanted}"


@dataclass(frozen=True, slots=True)
class BranchReport:
    """One way to satisfy the pattern; without `$or` there is just one."""

    matched: bool
    fields: tuple[FieldReport, ...]
    note: str = ""

    def __str__(self) -> str:
        lines = [str(field) for field in self.fields]
        return "\n".join([*lines, self.note] if self.note else lines)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict and its reasons; `error` instead of reasons where input is not valid."""

    matched: bool
    branches: tuple[BranchReport, ...] = ()
    error: str = ""

    @property
    def fields(self) -> tuple[FieldReport, ...]:
        """The fields of the branch that matched, or else of the one that came closest."""
        best = max(
            self.branches,
            key=lambda branch: (branch.matched, sum(field.matched for field in branch.fields)),
            default=None,
        )
        return best.fields if best else ()

    def __str__(self) -> str:
        if self.error:
            return self.error
        lines = ["match" if self.matched else "no match"]
        shown = [branch for branch in self.branches if branch.matched] or list(self.branches)
        for number, branch in enumerate(shown[:MOST_BRANCHES], start=1):
            if len(self.branches) > 1:
                lines.append(f"way {number} of {len(shown)}:")
            lines += [f"  {line}" for line in str(branch).splitlines()]
        if len(shown) > MOST_BRANCHES:
            lines.append(f"and {len(shown) - MOST_BRANCHES} more ways")
        return "\n".join(lines)


def explain(pattern: Any, event: Any, *, for_pipe: bool = False) -> Explanation:
    """Say why the event matches the pattern or does not; never raise."""
    try:
        branches = parse(pattern, for_pipe=for_pipe)
    except InvalidPattern as error:
        return Explanation(
            matched=False, error="\n".join([str(error), *getattr(error, "__notes__", ())])
        )
    try:
        members = load_event(event)
    except UnreadableEvent as error:
        return Explanation(matched=False, error=str(error))
    leaves = collect(members, Search(branches).root)
    reports = tuple(
        _branch(branch, leaves, Search([branch]).matches(members)) for branch in branches
    )
    return Explanation(any(report.matched for report in reports), reports)


def _branch(branch: Branch, leaves: Leaves, matched: bool) -> BranchReport:
    reports = tuple(_field(field, leaves) for field in in_order(branch))
    note = ""
    if not matched and all(report.matched for report in reports):
        note = "Each field matches, but no single element of an array satisfies all of them."
    return BranchReport(matched, reports, note)


def _field(field: Field, leaves: Leaves) -> FieldReport:
    values = [value for value, _ in leaves.get(field.path, ())]
    accepted = [value for value in values if field.accepts(value)]
    # A field that may be absent can be so in one element of an array and not in another.
    in_arrays = any(place for _, place in leaves.get(field.path, ()))
    matched = bool(accepted) or (field.absent and (not values or in_arrays))
    found = _values(accepted or values) if values else "absent"
    return FieldReport(
        path=field.path,
        matched=matched,
        wanted=" or ".join(condition.shown for condition in field.conditions),
        found=found,
    )


def _values(values: list[Any]) -> str:
    shown = [_cut(json.dumps(value, ensure_ascii=False, default=str)) for value in values]
    more = len(shown) - MOST_VALUES
    return ", ".join(shown[:MOST_VALUES]) + (f" and {more} more" if more > 0 else "")


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
