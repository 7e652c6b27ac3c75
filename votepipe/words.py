"""The words for a vote that sinks share: clean and cut, but not yet escaped for any place."""

from collections.abc import Mapping
from typing import Any

from votepipe.events import Event, Vote
from votepipe.text import clean

NAME = 150  # characters of an instance, a widget or a voter that are shown
LABEL = 60
ANSWER = 500
MOST_ANSWERS = 20

_CHEERS = {"thumbsup": ("Yay", "👍"), "thumbsdown": ("Womp", "👎")}


def cheer(vote: Vote) -> tuple[str, str]:
    """A word and an emoji for what was clicked; plain ones where that is not known."""
    return _CHEERS.get(vote.vote_type or "", ("A vote", "🗳️"))


def place(vote: Vote) -> str:
    """What was voted on: the article or email, else the widget."""
    return clean(vote.instance_of_joy or "", NAME) or f"widget {clean(vote.widget_id, NAME)}"


def notes(event: Event) -> list[str]:
    """What stands below the answers: who it is from, and whether it replaces what was known."""
    voter = clean(event.vote.voter or "", NAME)
    return [
        *([f"from {voter}"] if voter else []),
        *(["changed"] if event.type == "VoteChanged" else []),
    ]


def answers(
    vote: Vote, *, most: int = MOST_ANSWERS, length: int = ANSWER, newlines: bool = False
) -> tuple[list[tuple[str, str]], int]:
    """The first `most` answers as (label, text of at most `length`), and how many more there are.

    An answer without words, such as null, is none.
    """
    texts = [
        (clean(label, LABEL) or "answer", text)
        for label, answer in vote.answers.items()
        if (text := clean(plain(answer), length, newlines=newlines))
    ]
    return texts[:most], max(0, len(texts) - most)


def plain(answer: Any) -> str:
    """An answer of any shape as people would write it."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, Mapping):
        return ", ".join(f"{name}: {plain(part)}" for name, part in answer.items())
    if isinstance(answer, list | tuple):
        return ", ".join(map(plain, answer))
    return str(answer)
