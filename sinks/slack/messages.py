"""What Slack shows: one vote, many votes of one instance, or the counts above them."""

from collections.abc import Sequence
from typing import Any

from sinks.slack.settings import Settings
from votepipe import Event, words
from votepipe.slack import Message, escaped, foreign, message_of
from votepipe.tally.counted import COUNTERS

PREVIEWS = ("VoteCast", "VoteChanged")
LONGEST_LINK = 2000
MOST_VOTES, ANSWER = 10, 250  # of many votes, the answers that are shown


def one(event: Event, settings: Settings) -> Message:
    """A headline, a line for each answer, and who it is from."""
    down = event.vote.vote_type == "thumbsdown"
    cheer, emoji = ("Womp", settings.emoji_down) if down else ("Yay", settings.emoji_up)
    answers, more = _answers(event)
    lines = [f"{cheer} _{_article(event)}_ got a {emoji}", *answers]
    if event.type == "VoteWithdrawn":
        lines = [f"~{line}~" for line in lines]
    notes = [foreign(note, words.NAME) for note in _notes(event, settings)]
    return message_of(lines, notes, more=more)


def many(events: Sequence[Event], settings: Settings) -> Message:
    """How many settled votes of each kind, and the answers worth reading."""
    emojis = settings.emojis
    kinds = [event.vote.vote_type for event in events]
    counts = [f"{emoji} {kinds.count(kind)}" for kind, emoji in emojis.items() if kind in kinds]
    headline = f"_{_article(events[0])}_ got {len(events)} votes: {' · '.join(counts)}"
    answered = sorted(filter(has_answers, events), key=lambda event: -_length(event))
    lines = [
        f"{emojis.get(event.vote.vote_type, '')} {_answers_in_one_line(event)}"
        for event in answered[:MOST_VOTES]
    ]
    again = sum(bool(event.detail.get("previous")) for event in events)
    notes = [f"{again} settled again"] if again else []
    more = len(answered) - len(lines)
    return message_of([headline, *lines], notes, more=more, of="with answers")


def above(event: Event, counts: dict[str, Any], settings: Settings) -> Message:
    """What Slack shows above the votes of an instance, from its item in the tally."""
    if not counts:
        return message_of([f"_{_article(event)}_"])
    up, down, answered = (int(counts.get(counter, 0)) for counter in COUNTERS)
    shown = f"{settings.emoji_up} {up} · {settings.emoji_down} {down} · {answered} with answers"
    return message_of([f"_{_article(event)}_: {shown}"])


def has_answers(event: Event) -> bool:
    """Whether there is anything to read."""
    return bool(words.answers(event.vote)[0])


def _article(event: Event) -> str:
    """What was voted on, with a link to it where that is known."""
    title, link = foreign(words.title(event), words.NAME), escaped(words.link(event) or "")
    return f"<{link}|{title}>" if 0 < len(link) <= LONGEST_LINK else title


def _answers(event: Event) -> tuple[list[str], int]:
    """A line for each answer, and how many more there are."""
    given, more = words.answers(event.vote, labels=words.labels(event))
    return [
        f"*{foreign(label, words.LABEL)}:* {foreign(text, words.ANSWER)}" for label, text in given
    ], more


def _answers_in_one_line(event: Event) -> str:
    given, _ = words.answers(event.vote, labels=words.labels(event))
    return foreign(" / ".join(f"{label}: {text}" for label, text in given), ANSWER)


def _length(event: Event) -> int:
    """How much there is to read: the longest first, as it says the most."""
    return sum(len(text) for _, text in words.answers(event.vote)[0])


def _notes(event: Event, settings: Settings) -> list[str]:
    """The small print."""
    found = words.notes(event)
    if event.type == "VoteWithdrawn":
        return [*found, "withdrawn"]
    if event.type in PREVIEWS and settings.bot_token is not None:
        return [*(note for note in found if note != "changed"), "may still change"]
    previous = event.detail.get("previous")
    if not previous:
        return found
    was = settings.emojis.get(previous.get("voteType"), "")
    changed = was and previous.get("voteType") != event.vote.vote_type
    return [*found, f"settled again, was {was}" if changed else "settled again"]
