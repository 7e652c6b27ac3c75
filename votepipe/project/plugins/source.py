"""What only the source of a plugin shows: mistakes that Python passes over, and lines.

A second function of the same name replaces the first without a word, and a mark on another
function is one on none.
"""

import ast
from collections.abc import Iterator
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
    marked = [each for each in defined if _times(each, mark)]
    bare = [each.lineno for function in marked for each in function.decorator_list
            if isinstance(each, ast.Name | ast.Attribute) and mark in _names(each)]  # fmt: skip
    if bare:
        return f"has @{mark} without options in line {bare[0]}. Write: {_WRITTEN[mark]}"
    if len(named) > 1:
        lines = " and ".join(str(each.lineno) for each in named)
        return (
            f"has {len(named)} functions '{function}', in lines {lines}, and only the last counts. "
            "Keep one; another one is a file of its own."
        )
    if named and marked and named[0] not in marked:
        return (
            f"has @{mark} on '{marked[0].name}' in line {marked[0].lineno}, and '{function}' in "
            f"line {named[0].lineno} has no mark. Put @{mark} on '{function}'."
        )
    if sum(_times(each, mark) for each in marked) > 1:
        lines = " and ".join(str(line) for each in marked for line in _lines(each, mark))
        return (
            f"has @{mark} more than once, in lines {lines}. "
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


def _times(function: Def, mark: str) -> int:
    return len(list(_lines(function, mark)))


def _lines(function: Def, mark: str) -> Iterator[int]:
    """The lines of the marks on a function, written as `@sink(…)` or `@votepipe.sink(…)`."""
    for each in function.decorator_list:
        if mark in _names(each.func if isinstance(each, ast.Call) else each):
            yield each.lineno


def _names(expression: ast.expr) -> tuple[str | None, str | None]:
    return getattr(expression, "id", None), getattr(expression, "attr", None)
