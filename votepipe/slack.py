"""Text as Slack formats it, in which what readers wrote stays text."""

import re
from collections.abc import Sequence
from typing import Any

from votepipe.model.text import clean

# Slack refuses sections over 3,000 characters; an answer as words.py cuts it fits, however escaped.
SECTION = 3000
# Signs that format text, and the ones that only look like them.
LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})


def posted(lines: Sequence[str], notes: Sequence[str]) -> dict[str, Any]:
    """The message as Slack takes it: lines of mrkdwn, and notes in small print."""
    sections = [{"type": "section", "text": mrkdwn(text)} for text in pack(lines)]
    context = [{"type": "context", "elements": [mrkdwn(" · ".join(notes))]}] if notes else []
    return {
        "text": pack([*lines, *notes])[0],
        "blocks": [*sections, *context],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def foreign(text: str, limit: int) -> str:
    """Text from a reader, on one line, that can neither mention, link nor format."""
    text = clean(text, limit).translate(LOOKALIKES)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text)
    return escaped(text)


def escaped(text: str) -> str:
    """Text in which Slack finds no tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> dict[str, Any]:
    """A text object in which Slack looks for no mentions and links."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def pack(lines: Sequence[str]) -> list[str]:
    """Join lines to as few texts as fit in sections."""
    texts = [lines[0]]
    for line in lines[1:]:
        if len(texts[-1]) + 1 + len(line) <= SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts
