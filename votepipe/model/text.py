"""Text from readers, made harmless to look at and cut where a reader would cut it."""

import re
import unicodedata

_SURROGATES = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Marks that steer direction or cannot be seen. The joiners U+200C and U+200D stay: Persian and
# emoji need them. Tags stay where they spell a flag, behind a black one.
_INVISIBLE = re.compile(
    "(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)"
    "|[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_JOINER = "\u200d"
_LONGEST_CLUSTER = 64


def clean(text: str, limit: int, *, newlines: bool = False) -> str:
    """Return `text` without control characters, direction marks and broken halves of characters.

    It is at most `limit` characters, the last one `…` when something was cut off; an emoji,
    a flag or a letter with its accents is never cut in two.
    Line breaks become spaces, or with `newlines` a line break, at most two in a row.
    """
    if text.isascii() and text.isprintable():
        return cut(text.strip(), limit)
    text = _SURROGATES.sub("\ufffd", text)
    text = _BREAKS.sub("\n", text).replace("\t", " ")
    text = _CONTROLS.sub("", _INVISIBLE.sub(r"\1", text))
    text = re.sub("\n{3,}", "\n\n", text) if newlines else text.replace("\n", " ")
    return cut(text.strip(), limit)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with `…` for what is missing."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    nearby = range(end, max(-1, end - _LONGEST_CLUSTER), -1)
    # A letter with a thousand accents has no end nearby, and is cut all the same.
    end = next((position for position in nearby if _is_boundary(text, position)), end)
    return text[:end].rstrip() + "…"


def _is_boundary(text: str, position: int) -> bool:
    """Whether a reader sees the end of a character just before `position`."""
    if position == 0:
        return True
    before, after = text[position - 1], text[position]
    if before == _JOINER or _extends(after):
        return False
    if _is_regional(after):
        start = position
        while start and _is_regional(text[start - 1]):
            start -= 1
        return (position - start) % 2 == 0
    return True


def _extends(character: str) -> bool:
    return (
        character == _JOINER
        or unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags that spell a flag
    )


def _is_regional(character: str) -> bool:
    """Whether it is a regional indicator, two of which make a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"
