"""Compare texts without regard to case, one letter at a time, as AWS does.

AWS accepts, for each letter of the pattern, its lower or its upper form. That is not the same as
lowering both sides: the Kelvin sign lowers to 'k', but a pattern 'k' does not accept it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["ending", "equal", "starting"]

Test = Callable[[str], bool]
LAST_OF_ONE_UNIT = 0xFFFF


def equal(wanted: str) -> Test:
    """A test for texts that equal `wanted` in any case."""
    if wanted.isascii():
        lowered = wanted.lower()
        return lambda text: text.isascii() and text.lower() == lowered
    whole = re.compile(_either_case(wanted))
    return lambda text: whole.fullmatch(text) is not None


def starting(wanted: str) -> Test:
    """A test for texts that start with `wanted` in any case."""
    if wanted.isascii():
        lowered, size = wanted.lower(), len(wanted)
        return lambda text: (head := text[:size]).isascii() and head.lower() == lowered
    start = re.compile(_either_case(wanted))
    return lambda text: start.match(text) is not None


def ending(wanted: str) -> Test:
    """A test for texts that end with `wanted` in any case."""
    if wanted.isascii():
        lowered, size = wanted.lower(), len(wanted)
        return lambda text: (
            (tail := text[max(0, len(text) - size) :]).isascii() and tail.lower() == lowered
        )
    # Letters may grow when their case changes, so the end has no fixed size.
    end = re.compile(_either_case(wanted) + r"\Z")
    return lambda text: end.search(text) is not None


def _either_case(wanted: str) -> str:
    return "".join(f"(?:{'|'.join(map(re.escape, _forms(letter)))})" for letter in wanted)


def _forms(letter: str) -> list[str]:
    # AWS looks at UTF-16 units, so a letter of two units has no other case.
    if ord(letter) > LAST_OF_ONE_UNIT:
        return [letter]
    return sorted({letter.lower(), letter.upper()})
