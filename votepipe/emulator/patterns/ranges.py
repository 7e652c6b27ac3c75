"""The numeric operator: one comparison, or a lower and an upper bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from votepipe.emulator.patterns.conditions import is_number
from votepipe.emulator.patterns.errors import InvalidPattern
from votepipe.emulator.patterns.numeric import LIMIT, MILLION, Number, comparable

__all__ = ["millionths", "numeric"]

NumberTest = Callable[[int | str], bool]
TOO_MANY = "Too many elements in numeric expression"
LOWEST, HIGHEST = -LIMIT * MILLION, LIMIT * MILLION


def numeric(terms: list[Any]) -> tuple[NumberTest, str]:
    """Turn a list such as [">", 0, "<=", 5] into a test and its description."""
    shown = " ".join(map(_text, terms))
    operator = terms[0] if terms else "]"
    if not terms or not isinstance(operator, str):
        raise InvalidPattern(f"Invalid member in numeric match: {_text(operator)}")
    if operator not in ("=", "<", "<=", ">", ">="):
        raise InvalidPattern(
            f"Unrecognized numeric range operator: {operator}", hint="Use =, <, <=, > or >=."
        )
    first = _operand(terms[1:2], "equals" if operator == "=" else operator)
    if operator in (">", ">="):
        bottom, open_bottom = millionths(first), operator == ">"
        if len(terms) == 2:
            return _between(bottom, open_bottom, HIGHEST, False), shown
        top, open_top = _upper(terms[2:])
        return _between(bottom, open_bottom, top, open_top), shown
    if len(terms) > 2:
        raise InvalidPattern(TOO_MANY, hint="Put the lower bound first: > or >=, then < or <=.")
    if operator == "=":
        wanted = millionths(first)
        return lambda key: key == wanted, shown
    return _between(LOWEST, False, millionths(first), operator == "<"), shown


def millionths(value: Number) -> int:
    """The number in millionths; refuse what AWS cannot compare."""
    found = comparable(value)
    if found is not None:
        return found
    if not -LIMIT <= value <= LIMIT:
        raise InvalidPattern("Value must be between -5.0E9 and 5.0E9, inclusive")
    raise InvalidPattern(f"Only values upto 6 decimals are supported: {value}")


def _upper(terms: list[Any]) -> tuple[int, bool]:
    operator = terms[0]
    if not isinstance(operator, str):
        raise InvalidPattern(f"Bad value in numeric range: {_text(operator)}")
    if operator not in ("<", "<="):
        raise InvalidPattern(f"Bad numeric range operator: {operator}", hint="Use < or <= here.")
    top = _operand(terms[1:2], operator)
    if len(terms) > 2:
        raise InvalidPattern("Too many terms in numeric range expression")
    return millionths(top), operator == "<"


def _operand(terms: list[Any], name: str) -> Number:
    if not terms or not is_number(terms[0]):
        raise InvalidPattern(f"Value of {name} must be numeric")
    number: Number = terms[0]
    return number


def _between(bottom: int, open_bottom: bool, top: int, open_top: bool) -> NumberTest:
    if bottom >= top:
        raise InvalidPattern("Bottom must be less than top")
    lowest, highest = bottom + open_bottom, top - open_top

    def test(key: int | str) -> bool:
        return isinstance(key, int) and lowest <= key <= highest

    return test


def _text(term: object) -> str:
    words = {True: "true", False: "false", None: "null"}
    if term is None or isinstance(term, bool):
        return words[term]
    if isinstance(term, list):
        return "{" if type(term) is not list else "["
    return str(term)
