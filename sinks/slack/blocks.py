"""A vote as Slack shows it."""

from collections.abc import Iterator
from typing import Any

from sinks.slack.settings import Settings
from votepipe import Event, words
from votepipe.slack import escaped, foreign, posted

LINK = 2000
PREVIEWS = ("VoteCast", "VoteChanged")


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
        return [*(note for note in found if note != "changed"), "may still change"]
    previous = event.detail.get("previous")
    if previous:
        before = {"thumbsup": settings.emoji_up, "thumbsdown": settings.emoji_down}
        was = before.get(previous.get("voteType"), "")
        changed = was and previous.get("voteType") != event.vote.vote_type
        return [*found, f"settled again, was {was}" if changed else "settled again"]
    return found


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
