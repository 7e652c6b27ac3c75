"""Condition, filter and key condition expressions."""

import operator
from collections.abc import Callable
from functools import lru_cache

from votepipe.emulator.dynamodb.parser import Bindings, Operand, Parser
from votepipe.emulator.dynamodb.values import (
    SETS,
    Invalid,
    Item,
    Value,
    compared,
    found,
    kind_of,
    plain,
    size_of,
)

Condition = Callable[[Item, Bindings], bool]

_ORDERS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@lru_cache(maxsize=512)
def parse(text: str, kind: str = "ConditionExpression") -> Condition:
    """Prepare an expression. Raises Invalid."""
    parser = Parser(text, kind)
    condition = _or(parser)
    parser.end()
    return condition


def _or(parser: Parser) -> Condition:
    left = _and(parser)
    while parser.accept("OR"):
        left = _either(left, _and(parser))
    return left


def _and(parser: Parser) -> Condition:
    left = _not(parser)
    while parser.accept("AND"):
        left = _both(left, _not(parser))
    return left


# Both sides are always worked out: each must be well formed, and its placeholders count as used.
def _either(left: Condition, right: Condition) -> Condition:
    return lambda item, bound: left(item, bound) | right(item, bound)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda item, bound: left(item, bound) & right(item, bound)


def _not(parser: Parser) -> Condition:
    if parser.accept("NOT"):
        inner = _not(parser)
        return lambda item, bound: not inner(item, bound)
    if parser.next == "(":
        parser.expect("(")
        inner = _or(parser)
        parser.expect(")")
        return inner
    if parser.after_next() == "(" and parser.next != "size":
        return _function(parser)
    return _comparison(parser)


def _function(parser: Parser) -> Condition:
    name = parser.take("name")
    parser.expect("(")
    if name in ("attribute_exists", "attribute_not_exists"):
        value_of = parser.attribute()
        parser.expect(")")
        wanted = name == "attribute_exists"
        return lambda item, bound: (value_of(item, bound) is not None) is wanted
    tests = {"begins_with": _begins, "contains": _contains, "attribute_type": _is_type}
    if name not in tests:
        raise Invalid(f"Invalid {parser.kind}: Invalid function name; function: {name}")
    test = tests[name]
    left = parser.operand()
    parser.expect(",")
    right = parser.operand()
    parser.expect(")")

    def check(item: Item, bound: Bindings) -> bool:
        value, other = left(item, bound), right(item, bound)
        return value is not None and other is not None and test(value, other)

    return check


def _sized(parser: Parser) -> Operand:
    """An operand of a comparison, which may be a size."""
    if not (parser.next == "size" and parser.after_next() == "("):
        return parser.operand()
    parser.take("name")
    parser.expect("(")
    path = parser.path()
    parser.expect(")")

    def size(item: Item, bound: Bindings) -> Value | None:
        value = found(item, path(bound))
        return None if value is None else {"N": str(size_of(value))}

    return size


def _comparison(parser: Parser) -> Condition:
    left = _sized(parser)
    if parser.accept("BETWEEN"):
        low = _sized(parser)
        parser.expect("AND")
        high = _sized(parser)
        least, most = _ordered(">=", left, low), _ordered("<=", left, high)
        return _both(least, most)
    if parser.accept("IN"):
        parser.expect("(")
        choices = parser.listed(lambda: _sized(parser))
        parser.expect(")")
        tests = [_same(left, each) for each in choices]
        return lambda item, bound: True in [test(item, bound) for test in tests]
    sign = parser.take("sign")
    right = _sized(parser)
    if sign in _ORDERS:
        return _ordered(sign, left, right)
    same = _same(left, right)
    if sign == "=":
        return same
    if sign == "<>":
        return lambda item, bound: not same(item, bound)
    raise parser.wrong(sign)


def _same(left: Operand, right: Operand) -> Condition:
    def check(item: Item, bound: Bindings) -> bool:
        value, other = left(item, bound), right(item, bound)
        if value is None or other is None:
            return False
        return value == other or plain(value) == plain(other)

    return check


def _ordered(sign: str, left: Operand, right: Operand) -> Condition:
    order = _ORDERS[sign]

    def check(item: Item, bound: Bindings) -> bool:
        value, other = left(item, bound), right(item, bound)
        if value is None or other is None:
            return False
        result = compared(value, other)
        return result is not None and order(result, 0)

    return check


def _begins(value: Value, start: Value) -> bool:
    kind, content = next(iter(value.items()))
    return kind in ("S", "B") and kind in start and content.startswith(start[kind])


def _contains(value: Value, part: Value) -> bool:
    kind, content = next(iter(value.items()))
    if kind in SETS:
        element = {SETS[kind]: None}
        return kind_of(part) in element and plain(part)[1] in plain(value)[1]
    if kind == "L":
        return plain(part) in plain(value)[1]
    return kind in ("S", "B") and kind in part and part[kind] in content


def _is_type(value: Value, name: Value) -> bool:
    return bool(kind_of(value) == name.get("S"))


def check(text: str | None, item: Item | None, bound: Bindings) -> bool:
    """Whether a condition holds of an item, which may be missing; true without a condition."""
    return text is None or parse(text)(item or {}, bound)
