"""A vote as Slack shows it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sinks.slack.settings import Settings
from votepipe import Event, clean, words

# Slack refuses sections over 3,000 characters; an answer as words.py cuts it fits, however escaped.
SECTION = 3000
LINK = 2000
PREVIEWS = ("VoteCast", "VoteChanged")
# Signs that format text, and the ones that only look like them.
LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})


def message(event: Event, settings: Settings) -> dict[str, Any]:
    """What Slack shows: a headline, a line for each answer, and who it is from."""
    withdrawn = event.type == "VoteWithdrawn"
    cheer, emoji = "Yay", settings.emoji_up
    if event.vote.vote_type == "thumbsdown":
        cheer, emoji = "Womp", settings.emoji_down
    lines = [f"{cheer} _{place(event)}_ got a {emoji}", *answer_lines(event)]
    if withdrawn:
        lines = [f"~{line}~" for line in lines]
    return posted(lines, [foreign(note, words.NAME) for note in notes(event, settings)])


def notes(event: Event, settings: Settings) -> list[str]:
    """What stands below the answers."""
    found = words.notes(event)
    if event.type == "VoteWithdrawn":
        return [*found, "withdrawn"]
    if event.type in PREVIEWS and settings.bot_token is not None:
        return [*found, "may still change"]
    previous = event.detail.get("previous")
    if previous:
        before = {"thumbsup": settings.emoji_up, "thumbsdown": settings.emoji_down}
        was = before.get(previous.get("voteType"), "")
        changed = was and previous.get("voteType") != event.vote.vote_type
        return [*found, f"settled again, was {was}" if changed else "settled again"]
    return found


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


def place(event: Event) -> str:
    """What was voted on, and a link to it where that is known."""
    title, link = foreign(words.title(event), words.NAME), words.link(event)
    link = escaped(link or "")
    return f"<{link}|{title}>" if 0 < len(link) <= LINK else title


def answer_lines(event: Event) -> Iterator[str]:
    """Yield `label: answer` for the first answers, and how many more there are."""
    given, more = words.answers(event.vote, labels=words.labels(event))
    for label, text in given:
        yield f"*{foreign(label, words.LABEL)}:* {foreign(text, words.ANSWER)}"
    if more:
        yield f"… and {more} more"


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
