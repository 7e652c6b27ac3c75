"""Attribute values in DynamoDB's own JSON, such as {"S": "text"}, and documents made of them."""

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]
Step = str | int
Path = tuple[Step, ...]

_ORDERED = ("S", "N", "B")
_TYPES: Mapping[str, Any] = {
    "S": str, "N": str, "B": (bytes, bytearray), "BOOL": bool, "NULL": bool, "M": dict,
    "L": list | tuple, "SS": list | tuple, "NS": list | tuple, "BS": list | tuple,
}  # fmt: skip
# Numbers have up to 38 digits.
NUMBERS = Context(prec=38)
SETS = {"SS": "S", "NS": "N", "BS": "B"}


class Invalid(Exception):
    """DynamoDB's ValidationException; its text follows the service's own."""


def kind_of(value: Value) -> str:
    """The type of a value, such as 'S'."""
    (kind,) = value
    return kind


def plain(value: Value) -> Any:
    """Something hashable that is equal for equal values."""
    ((kind, content),) = value.items()
    if kind == "N":
        return (kind, Decimal(content))
    if kind == "L":
        return (kind, tuple(plain(each) for each in content))
    if kind == "M":
        return (kind, frozenset((name, plain(each)) for name, each in content.items()))
    if kind == "NS":
        return (kind, frozenset(Decimal(each) for each in content))
    if kind in SETS:
        return (kind, frozenset(content))
    return (kind, content)


def compared(left: Value, right: Value) -> int | None:
    """-1, 0 or 1; None for values that have no order between them."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in _ORDERED:
        return None
    first, second = sortable(left), sortable(right)
    return int(first > second) - int(first < second)


def sortable(value: Value) -> Any:
    """What a key sorts by: numbers as numbers, texts by their characters, as their bytes would."""
    ((kind, content),) = value.items()
    if kind == "N":
        return Decimal(content)
    return content if kind == "S" else bytes(content)


def number(value: Decimal) -> Value:
    """A number as DynamoDB writes it."""
    text = format(NUMBERS.normalize(value), "f")
    return {"N": "0" if text == "-0" else text}


def found(item: Item, path: Path) -> Value | None:
    """The value at a path of names and indexes; None if there is nothing."""
    here: Any = item.get(path[0])  # type: ignore[arg-type]  # a path starts with a name
    for step in path[1:]:
        if here is None:
            return None
        if isinstance(step, int):
            items = here.get("L")
            here = items[step] if items is not None and step < len(items) else None
        else:
            here = here.get("M", {}).get(step)
    return here  # type: ignore[no-any-return]


def sort_key(path: Path) -> tuple[tuple[bool, str | int], ...]:
    """What paths sort by: names by their letters, indexes as numbers."""
    return tuple((isinstance(step, int), step) for step in path)


def home_of(item: Item, path: Path) -> Any:
    """The object or list that holds the last step of a path. Raises Invalid without one."""
    if len(path) == 1:
        return item
    parent = found(item, path[:-1]) or {}
    home = parent.get("L" if isinstance(path[-1], int) else "M")
    if home is None:
        raise Invalid("The document path provided in the update expression is invalid for update")
    return home


def size_of(value: Value) -> int:
    """What `size()` gives. Raises Invalid for a type without one."""
    ((kind, content),) = value.items()
    if kind in ("S", "B", "L", "M", *SETS):
        return len(content)
    raise Invalid(f"Invalid operand type for operator or function; operator: size, type: {kind}")


def copy_of(item: Item) -> Item:
    """A copy to give away, which may be changed without harm."""
    return {name: _copied(value) for name, value in item.items()}


def _copied(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "M":
        return {"M": copy_of(content)}
    if kind == "L":
        return {"L": [_copied(each) for each in content]}
    return {kind: list(content) if kind in SETS else content}


def bytes_of(item: Mapping[str, Value]) -> int:
    """Roughly the size of an item as DynamoDB counts it."""
    size = 0
    for name, value in item.items():
        text = value.get("S")  # as most are
        size += len(name.encode()) + (_bytes(value) if text is None else len(text.encode()))
    return size


def _bytes(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + bytes_of(content)
    if kind == "L":
        return 3 + sum(_bytes(each) for each in content)
    if kind in SETS:
        return sum(len(each) for each in content)
    if kind == "N":
        return len(content) // 2 + 1
    return len(content.encode()) if kind == "S" else 1 if kind in ("BOOL", "NULL") else len(content)


def checked(value: Any) -> Value:
    """A value that is well formed. Raises Invalid."""
    if not isinstance(value, dict) or len(value) != 1:
        raise Invalid("Supplied AttributeValue has more than one datatypes set, must contain "
                      "exactly one of the supported datatypes")  # fmt: skip
    ((kind, content),) = value.items()
    if not isinstance(content, _TYPES.get(kind, ())):
        raise Invalid(f"The value of type {kind} is not written as DynamoDB wants it")
    if kind in ("L", "M"):
        for each in content if kind == "L" else content.values():
            checked(each)
    elif kind == "N":
        _check_number(content)
    elif kind in SETS:
        _check_set(kind, content)
    return value


def _check_number(text: Any) -> None:
    if len(text) <= NUMBERS.prec and text.replace(".", "", 1).isdecimal():
        return
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not value.is_finite():
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}")
    if NUMBERS.create_decimal(value) != value:
        raise Invalid("Attempting to store more than 38 significant digits in a Number")


def _check_set(kind: str, content: Any) -> None:
    if not content:
        noun = "number" if kind == "NS" else "string"
        raise Invalid(f"One or more parameter values were invalid: An {noun} set  may not be empty")
    if len(plain({kind: content})[1]) < len(content):
        raise Invalid("One or more parameter values were invalid: Input collection "
                      "contains duplicates.")  # fmt: skip
