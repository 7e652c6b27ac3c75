"""Compare texts as AWS does: without regard to case, and with wildcards.

AWS accepts, for each letter of the pattern, its lower or its upper form. That is not the same as
lowering both sides: the Kelvin sign lowers to 'k', but a pattern 'k' does not accept it.
Wildcards match without backtracking, within AWS's limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from votepipe.emulator.patterns.document import InvalidPattern

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


STAR = None
Token = str | None
# AWS publishes no number. Of its two published examples the accepted one counts 7 and the refused
# one 10, counted as below; this limit gives the benefit of the doubt to what lies between.
TOO_COMPLEX = 10
TOO_MANY_STATES = 5_000


def parse(text: str) -> list[Token]:
    """Split into letters and stars; refuse two stars in a row and stray backslashes."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        letter, following = text[position], text[position + 1 : position + 2]
        if letter == "*" and following == "*":
            raise InvalidPattern(
                f"Consecutive wildcard characters at pos {_byte_position(text, position)}",
                hint="Write one '*' instead.",
            )
        if letter == "\\":
            if following not in ("*", "\\"):  # an empty text is in neither
                raise InvalidPattern(
                    f"Invalid escape character at pos {_byte_position(text, position)}",
                    hint=r"A backslash stands only before '*' or another backslash.",
                )
            tokens.append(following)
            position += 2
            continue
        tokens.append(STAR if letter == "*" else letter)
        position += 1
    return tokens


def wildcard(text: str) -> Callable[[str], bool]:
    """A test for texts that match; refuse what AWS calls too complex."""
    tokens = parse(text)
    if complexity(tokens) >= TOO_COMPLEX:
        raise InvalidPattern(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating"
            " character sequences after a wildcard character"
        )
    parts = _parts(tokens)
    if len(parts) == 1:
        return lambda value: value == parts[0]
    first, *middle, last = parts
    shortest = len(first) + len(last)

    def test(value: str) -> bool:
        if len(value) < shortest or not value.startswith(first) or not value.endswith(last):
            return False
        position, end = len(first), len(value) - len(last)
        for part in middle:
            # The leftmost place leaves most room for the rest, so no other need be tried.
            found = value.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True

    return test


def complexity(tokens: list[Token]) -> int:
    """How many places of the wildcard one text can be at, at once, in the worst case.

    A place is the letter just matched, or a star that has taken at least one letter.
    """
    letters = {token for token in tokens if token is not STAR}
    start = frozenset({-1})
    seen, queue, worst = {start}, [start], 0
    while queue:
        places = queue.pop()
        for letter in (*letters, STAR):  # STAR stands for any letter the wildcard does not name
            reached = _step(tokens, places, letter)
            worst = max(worst, len(reached))
            if reached and reached not in seen:
                seen.add(reached)
                queue.append(reached)
        if worst >= TOO_COMPLEX or len(seen) > TOO_MANY_STATES:
            return max(worst, TOO_COMPLEX)
    return worst


def _step(tokens: list[Token], places: frozenset[int], letter: Token) -> frozenset[int]:
    reached = set()
    for place in places:
        if place >= 0 and tokens[place] is STAR:
            reached.add(place)
        following = place + 1
        if following < len(tokens) and tokens[following] is STAR:
            reached.add(following)
            following += 1
        if following < len(tokens) and letter is not STAR and tokens[following] == letter:
            reached.add(following)
    return frozenset(reached)


def _parts(tokens: list[Token]) -> list[str]:
    parts = [""]
    for token in tokens:
        if token is STAR:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _byte_position(text: str, position: int) -> int:
    """Where AWS sees it: in UTF-8, after the opening quote."""
    return 1 + len(text[:position].encode("utf-8", "replace"))
