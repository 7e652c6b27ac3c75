"""The conditions a pattern sets on one field, and the tests they become."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from votepipe.emulator.patterns.addresses import address
from votepipe.emulator.patterns.numbers import is_number, number_key

__all__ = ["Condition", "Field", "Scalar"]

Scalar = str | int | float | Decimal | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One alternative of a field: an element of its list in the pattern.

    `text` tests strings and `number` tests the key of a number (see `number_key`); `otherwise`
    is the verdict on any value these two do not test, null and booleans included.
    """

    shown: str
    text: Callable[[str], bool] | None = None
    number: Callable[[int | str], bool] | None = None
    otherwise: bool = False
    equals: Scalar = None
    exact: bool = False
    absent: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """All that a pattern says about one path: it matches if any condition does."""

    path: str
    conditions: tuple[Condition, ...]
    strings: frozenset[str] = field(init=False)
    only_strings: bool = field(init=False)
    absent: bool = field(init=False)
    text: Callable[[str], bool] = field(init=False)
    other: Callable[[object], bool] = field(init=False)

    def __post_init__(self) -> None:
        exact = [c.equals for c in self.conditions if c.exact]
        strings = frozenset(value for value in exact if isinstance(value, str))
        tests = [c for c in self.conditions if not c.exact and not c.absent]
        put = functools.partial(object.__setattr__, self)
        put("absent", any(c.absent for c in self.conditions))
        put("strings", strings)
        text = _text_test(strings, tests)
        put("only_strings", text is None)
        put("text", text or strings.__contains__)
        put("other", _other_test(exact, tests))

    def accepts(self, value: object) -> bool:
        """Whether a value that is there satisfies the field."""
        return self.text(value) if isinstance(value, str) else self.other(value)


def _text_test(strings: frozenset[str], tests: list[Condition]) -> Callable[[str], bool] | None:
    """The test for strings, or None where being one of `strings` is all there is to it."""
    if any(c.text is None and c.otherwise for c in tests):
        return lambda value: True
    texts = [c.text for c in tests if c.text is not None]
    addresses = {address(value) for value in strings} - {None}
    if addresses:
        texts.append(lambda value: address(value) in addresses)
    if not texts:
        return None
    if len(texts) == 1 and not strings:
        return texts[0]
    return lambda value: value in strings or any(test(value) for test in texts)


def _other_test(exact: list[Scalar], tests: list[Condition]) -> Callable[[object], bool]:
    """The test for numbers, booleans and null."""
    keys = frozenset(number_key(value) for value in exact if is_number(value))
    words = [value for value in exact if value is None or isinstance(value, bool)]
    numbers = [c.number for c in tests if c.number is not None]
    any_number = any(c.number is None and c.otherwise for c in tests)
    any_word = any(c.otherwise for c in tests)

    def test(value: object) -> bool:
        if value is None or isinstance(value, bool):
            return any_word or value in words
        if not is_number(value):
            return False
        if any_number:
            return True
        key = number_key(value)
        return key in keys or any(number(key) for number in numbers)

    return test
