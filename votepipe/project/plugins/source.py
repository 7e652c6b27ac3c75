"""What only the source of a plugin shows: mistakes that Python passes over, and lines.

A second function of the same name replaces the first without a word, and a mark on another
function is one on none.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

_WRITTEN = {"sink": "@sink(events=['VoteCast'])", "enricher": "@enricher(adds={…})"}

Def = ast.FunctionDef | ast.AsyncFunctionDef


def problem(path: Path, function: str, mark: str) -> str | None:
    """What is wrong, with its line and what to do; None where that is nothing.

    `function` must be there once and carry the mark once.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None  # importing it says where
    defined = [each for each in tree.body if isinstance(each, Def)]
    named = [each for each in defined if each.name == function]
    marks = [(each, at) for each in defined for at in each.decorator_list if _is(at, mark)]
    for _, at in marks:
        if not isinstance(at, ast.Call):
            return f"has @{mark} without options in line {at.lineno}. Write: {_WRITTEN[mark]}"
    if len(named) > 1:
        return (
            f"has {len(named)} functions '{function}', in lines {_lines(named)}, and only the last "
            "counts. Keep one; another one is a file of its own."
        )
    if named and marks and named[0] not in [each for each, _ in marks]:
        marked = marks[0][0]
        return (
            f"has @{mark} on '{marked.name}' in line {marked.lineno}, and '{function}' in "
            f"line {named[0].lineno} has no mark. Put @{mark} on '{function}'."
        )
    if len(marks) > 1:
        return (
            f"has @{mark} more than once, in lines {_lines(at for _, at in marks)}. "
            f"Keep the one on '{function}'; another one is a file of its own."
        )
    return None


def line_of_option(path: Path, option: str, name: str) -> int | None:
    """The line in which an option of the mark has this text, else begins; None if not there."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.keyword) and node.arg == option:
            texts = [each for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
            return next((each.lineno for each in texts if each.value == name), node.value.lineno)
    return None


def _is(decorator: ast.expr, mark: str) -> bool:
    """Whether it is the mark, written as `@sink(…)` or `@votepipe.sink(…)`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return mark in (getattr(called, "id", None), getattr(called, "attr", None))


def _lines(nodes: Iterable[Def | ast.expr]) -> str:
    return " and ".join(str(each.lineno) for each in nodes)
