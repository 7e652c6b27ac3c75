"""Update expressions."""

import contextlib
import copy
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from votepipe.emulator.dynamodb.parser import Bindings, Operand, Parser, PathReader
from votepipe.emulator.dynamodb.values import (
    NUMBERS,
    SETS,
    Invalid,
    Item,
    Path,
    Value,
    found,
    home_of,
    kind_of,
    number,
    plain,
    sort_key,
)

# The new value at a path, worked out from the item as it was; None takes away what is there.
NewValue = Callable[[Item, Bindings], Value | None]

_WRONG_TYPE = "An operand in the update expression has an incorrect data type"


class Update:
    """A prepared update expression."""

    def __init__(self, text: str) -> None:
        parser = Parser(text, "UpdateExpression")
        clauses = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
        self._changes: list[tuple[PathReader, NewValue]] = []
        self._paths = lru_cache(maxsize=64)(self._read_paths)
        seen: set[str] = set()
        while parser.next:
            name = parser.take("name").upper()
            if name not in clauses:
                raise parser.wrong(name)
            if name in seen:
                raise Invalid(f'Invalid UpdateExpression: The "{name}" section can only be used '
                              "once in an update expression;")  # fmt: skip
            seen.add(name)
            read = clauses[name]
            self._changes += parser.listed(lambda read=read: read(parser))  # type: ignore[misc]

    def bind(self, bound: Bindings) -> None:
        """Use the names and values, as an update does that is worked out. Raises Invalid."""
        for path, new in self._changes:
            path(bound)
            with contextlib.suppress(Invalid):
                new({}, bound)

    def apply(self, item: Item, bound: Bindings, keys: tuple[str, ...]) -> tuple[Item, list[Path]]:
        """The item after the update, and the paths that it changes. Raises Invalid."""
        paths, used = self._paths(tuple(bound.names.items()), keys)
        bound.used |= used
        values = [new(item, bound) for _, new in self._changes]
        # Values are never changed in place, but for the ones that a path leads into.
        after = dict(item)
        nested = [path for path in paths if len(path) > 1]
        for path in nested:
            home_of(item, path)
        for name in {path[0] for path in nested}:
            after[name] = copy.deepcopy(item[name])  # type: ignore[index]  # a name
        gone: list[Path] = []
        for path, value in zip(paths, values, strict=True):
            if value is None:
                gone.append(path)
            else:
                _put(after, path, value)
        # Elements leave a list from its end, so that the indexes of the others hold.
        for path in sorted(gone, key=sort_key, reverse=True):
            _take(after, path)
        return after, paths

    def _read_paths(
        self, names: tuple[tuple[str, str], ...], keys: tuple[str, ...]
    ) -> tuple[list[Path], set[str]]:
        """The paths that it changes, and the names they use."""
        bound = Bindings(dict(names), {})
        paths = [path(bound) for path, _ in self._changes]
        _check_paths(paths, keys)
        return paths, bound.used


parse = lru_cache(maxsize=512)(Update)


def _put(item: Item, path: Path, value: Value) -> None:
    home, last = home_of(item, path), path[-1]
    if isinstance(last, int) and last >= len(home):
        home.append(value)
    else:
        home[last] = value


def _take(item: Item, path: Path) -> None:
    home, last = home_of(item, path), path[-1]
    if not isinstance(last, int):
        home.pop(last, None)
    elif last < len(home):
        del home[last]


def _set(parser: Parser) -> tuple[PathReader, NewValue]:
    path = parser.path()
    parser.expect("=")
    value = _sum(parser)

    def new(item: Item, bound: Bindings) -> Value:
        result = value(item, bound)
        if result is None:
            raise Invalid("The provided expression refers to an attribute that does not exist in "
                          "the item")  # fmt: skip
        return result

    return path, new


def _sum(parser: Parser) -> Operand:
    left = _term(parser)
    if parser.next not in ("+", "-"):
        return left
    plus = parser.take("sign") == "+"
    right = _term(parser)

    def add(item: Item, bound: Bindings) -> Value | None:
        first, second = left(item, bound), right(item, bound)
        if first is None or second is None:
            return None
        work = NUMBERS.add if plus else NUMBERS.subtract
        return number(work(_decimal(first), _decimal(second)))

    return add


def _term(parser: Parser) -> Operand:
    if parser.after_next() != "(":
        return parser.operand()
    name = parser.take("name")
    parser.expect("(")
    left = _sum(parser)
    parser.expect(",")
    right = _sum(parser)
    parser.expect(")")

    def either(item: Item, bound: Bindings) -> Value | None:
        value, other = left(item, bound), right(item, bound)
        return other if value is None else value

    def joined(item: Item, bound: Bindings) -> Value | None:
        first, second = left(item, bound), right(item, bound)
        if first is None or second is None:
            return None
        return {"L": [*_list(first), *_list(second)]}

    functions = {"if_not_exists": either, "list_append": joined}
    if name not in functions:
        raise Invalid(f"Invalid UpdateExpression: Invalid function name; function: {name}")
    return functions[name]


def _remove(parser: Parser) -> tuple[PathReader, NewValue]:
    return parser.path(), lambda item, bound: None


def _add(parser: Parser) -> tuple[PathReader, NewValue]:
    path, value = parser.path(), parser.operand()

    def new(item: Item, bound: Bindings) -> Value:
        more, old = _operand(value(item, bound), "ADD", ("N", *SETS)), found(item, path(bound))
        kind = kind_of(more)
        if old is None:
            return more
        if kind_of(old) != kind:
            raise Invalid(_WRONG_TYPE)
        if kind == "N":
            return number(NUMBERS.add(_decimal(old), _decimal(more)))
        return {kind: [*old[kind], *_without(more, old)]}

    return path, new


def _delete(parser: Parser) -> tuple[PathReader, NewValue]:
    path, value = parser.path(), parser.operand()

    def new(item: Item, bound: Bindings) -> Value | None:
        less, old = _operand(value(item, bound), "DELETE", tuple(SETS)), found(item, path(bound))
        if old is None:
            return None
        if kind_of(old) != kind_of(less):
            raise Invalid(_WRONG_TYPE)
        left = _without(old, less)
        return {kind_of(old): left} if left else None

    return path, new


def _without(one: Value, other: Value) -> list[Any]:
    """The elements of a set that are not in another."""
    kind = kind_of(one)
    known = plain(other)[1]
    return [each for each in one[kind] if plain({SETS[kind]: each})[1] not in known]


def _operand(value: Value | None, clause: str, kinds: tuple[str, ...]) -> Value:
    kind = kind_of(value) if value else "NULL"
    if value is None or kind not in kinds:
        raise Invalid("Invalid UpdateExpression: Incorrect operand type for operator or function; "
                      f"operator: {clause}, operand type: {kind}")  # fmt: skip
    return value


def _decimal(value: Value) -> Decimal:
    if "N" not in value:
        raise Invalid(_WRONG_TYPE)
    return Decimal(value["N"])


def _list(value: Value) -> list[Value]:
    if "L" not in value:
        raise Invalid(_WRONG_TYPE)
    return value["L"]  # type: ignore[no-any-return]


def _check_paths(paths: list[Path], keys: tuple[str, ...]) -> None:
    for path in paths:
        if path[0] in keys:
            raise Invalid("One or more parameter values were invalid: Cannot update attribute "
                          f"{path[0]}. This attribute is part of the key")  # fmt: skip
    for index, path in enumerate(paths):
        for other in paths[index + 1 :]:
            shared = min(len(path), len(other))
            if path[:shared] == other[:shared]:
                raise Invalid("Invalid UpdateExpression: Two document paths overlap with each "
                              "other; must remove or rewrite one of these paths;")  # fmt: skip
