"""DynamoDB JSON, as stream records carry it, to plain Python: nothing rounded, nothing guessed.

{"S": "…"} → str          {"N": "1.50"} → int or Decimal    {"B": "base64"} → bytes
{"BOOL": true} → bool     {"NULL": true} → None             {"SS"|"NS"|"BS": […]} → frozenset
{"L": […]} → list         {"M": {…}} → dict
"""

import binascii
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from votepipe.model.errors import InvalidAttribute, below, reason

MAX_DEPTH = 32  # of lists and maps, as in DynamoDB

# DynamoDB's own numbers end below 10^126; wider exponents stay Decimal, since as an int
# `1E+999999` would fill the memory.
_WIDEST_INT = 130
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def unmarshal(value: object, path: str = "value") -> Any:
    """Turn one attribute value such as `{"S": "yes"}` into plain Python.

    Whole numbers become int, others Decimal, both exact.
    Raises InvalidAttribute, which names where below `path` and never the value.
    """
    if type(value) is dict and len(value) == 1 and type(text := value.get("S")) is str:
        return text  # as most are
    return _unmarshal(value, path, 0)


def _invalid(path: str, rule: str) -> InvalidAttribute:
    return InvalidAttribute(reason(path, rule))


def _unmarshal(value: object, path: str, depth: int) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        raise _invalid(path, "not an object with exactly one type key")
    ((kind, content),) = value.items()
    if kind == "M":
        return _map(content, path, depth + 1)
    if kind == "L":
        return _list(content, path, depth + 1)
    read = _SCALARS.get(kind)
    if read is None:
        raise _invalid(path, "its type key is none of DynamoDB's")
    return read(content, path)


def _map(content: object, path: str, depth: int) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise _invalid(path, "type M without an object")
    _check_depth(path, depth)
    return {key: _unmarshal(item, below(path, key), depth) for key, item in content.items()}


def _list(content: object, path: str, depth: int) -> list[Any]:
    _check_depth(path, depth)
    items = _items(content, path, "L")
    return [_unmarshal(item, f"{path}[{index}]", depth) for index, item in enumerate(items)]


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _invalid(path, f"nested deeper than {MAX_DEPTH} levels")


def _items(content: object, path: str, kind: str) -> list[object]:
    if not isinstance(content, list):
        raise _invalid(path, f"type {kind} without an array")
    return content


def _text(content: object, path: str) -> str:
    if not isinstance(content, str):
        raise _invalid(path, "type S without text")
    return content


def _number(content: object, path: str) -> int | Decimal:
    if not isinstance(content, str) or not _NUMBER.fullmatch(content):
        raise _invalid(path, "type N without the text of a number")
    try:
        number = Decimal(content)
    except InvalidOperation:
        raise _invalid(path, "a number with an exponent out of range") from None
    if number.adjusted() < _WIDEST_INT and (whole := int(number)) == number:
        return whole
    return number


def _binary(content: object, path: str) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        if isinstance(content, str):
            return binascii.a2b_base64(content, strict_mode=True)
    except ValueError:
        pass
    raise _invalid(path, "type B without base64")


def _boolean(content: object, path: str) -> bool:
    if not isinstance(content, bool):
        raise _invalid(path, "type BOOL without true or false")
    return content


def _null(content: object, path: str) -> None:
    if content is not True:
        raise _invalid(path, "type NULL without true")


def _set_of(kind: str, read: Callable[[object, str], Any]) -> Callable[[object, str], Any]:
    def read_set(content: object, path: str) -> frozenset[Any]:
        items = _items(content, path, kind)
        return frozenset(read(item, f"{path}[{index}]") for index, item in enumerate(items))

    return read_set


_SCALARS: dict[str, Callable[[object, str], Any]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "SS": _set_of("SS", _text),
    "NS": _set_of("NS", _number),
    "BS": _set_of("BS", _binary),
}
