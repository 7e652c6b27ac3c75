"""Many votes of one instance in one message: how many of each, and the answers worth reading."""

from collections.abc import Sequence
from typing import Any

from sinks.slack.blocks import place
from sinks.slack.settings import Settings
from votepipe import Event, words
from votepipe.slack import foreign, posted

MOST_VOTES = 10  # of which the answers are shown
ANSWER = 250


def gathered(events: Sequence[Event], settings: Settings) -> dict[str, Any]:
    """One message for settled votes of one instance."""
    emojis = {"thumbsup": settings.emoji_up, "thumbsdown": settings.emoji_down}
    kinds = [event.vote.vote_type or "" for event in events]
    counts = [f"{emoji} {kinds.count(kind)}" for kind, emoji in emojis.items() if kind in kinds]
    headline = f"_{place(events[0])}_ got {len(events)} votes: {' · '.join(counts)}"
    answered = sorted(filter(has_answers, events), key=lambda event: -_length(event))
    lines = [
        f"{emojis.get(event.vote.vote_type or '', '')} {_answers(event)}"
        for event in answered[:MOST_VOTES]
    ]
    more = len(answered) - len(lines)
    rest = [f"… and {more} more with answers"] if more else []
    again = sum(bool(event.detail.get("previous")) for event in events)
    return posted([headline, *lines, *rest], [f"{again} settled again"] if again else [])


def has_answers(event: Event) -> bool:
    """Whether there is anything to read."""
    return bool(words.answers(event.vote)[0])


def _answers(event: Event) -> str:
    given, _ = words.answers(event.vote, labels=words.labels(event))
    text = " / ".join(f"{label}: {answer}" for label, answer in given)
    return foreign(text, ANSWER)


def _length(event: Event) -> int:
    """How much there is to read: the longest first, as it says the most."""
    return sum(len(answer) for _, answer in words.answers(event.vote)[0])
