"""Compare numbers as AWS does: to six decimals, whatever their spelling; the numeric operator."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeGuard

from votepipe.emulator.patterns.document import InvalidPattern

Number = int | float | Decimal
LIMIT = 5_000_000_000
MILLION = 1_000_000


def comparable(value: Number) -> int | None:
    """The value in millionths, or None where AWS does not treat it as a number to compare."""
    if not -LIMIT <= value <= LIMIT:  # also turns away NaN, which compares with nothing
        return None
    if isinstance(value, int):
        return value * MILLION
    if isinstance(value, Decimal):
        scaled = value * MILLION
        return int(scaled) if scaled == scaled.to_integral_value() else None
    nearest = round(value * MILLION)
    return nearest if nearest / MILLION == value else None


def number_key(value: Number) -> int | str:
    """What two numbers must share to be equal: the value, or else the spelling.

    Account numbers are the usual case of a number beyond the range.
    """
    millionths = comparable(value)
    return str(value) if millionths is None else millionths


def is_number(value: object) -> TypeGuard[Number]:
    """Whether a value is a JSON number; a boolean is not."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


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
