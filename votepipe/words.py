"""The words for a vote that sinks share: clean and cut, but not yet escaped for any place."""

import re
from collections.abc import Mapping
from typing import Any

from votepipe.model.events import Event, Vote
from votepipe.model.text import clean

NAME = 150  # characters of an instance, a widget or a voter that are shown
LABEL = 60
ANSWER = 500
MOST_ANSWERS = 20

# Without what means something to HTML, Markdown or Slack, save `&` and `'`.
_LINK = re.compile(r"https?://[\w!#$%&'*+,./:;=?@~-]{1,2000}", re.ASCII)
_CHEERS = {"thumbsup": ("Yay", "👍"), "thumbsdown": ("Womp", "👎")}


def cheer(vote: Vote) -> tuple[str, str]:
    """A word and an emoji for what was clicked; plain ones where that is not known."""
    return _CHEERS.get(vote.vote_type or "", ("A vote", "🗳️"))


def instance_or_widget(vote: Vote) -> str:
    """What was voted on: the article or email, else the widget."""
    return clean(vote.instance_of_joy or "", NAME) or f"widget {clean(vote.widget_id, NAME)}"


def title(event: Event) -> str:
    """The article's title, where an enricher knows one; else what was voted on."""
    known = _added(event, "article", "title")
    return (clean(known, NAME) if isinstance(known, str) else "") or instance_or_widget(event.vote)


def link(event: Event) -> str | None:
    """The article's address, where an enricher added one that is fit for a message."""
    known = _added(event, "article", "url")
    return known if isinstance(known, str) and _LINK.fullmatch(known) else None


def labels(event: Event) -> Mapping[str, str]:
    """The words of questions by field, as far as an enricher knows them."""
    known = _added(event, "questions", "labels")
    known = known if isinstance(known, Mapping) else {}
    return {field: words for field, words in known.items() if isinstance(words, str)}


def _added(event: Event, enricher: str, name: str) -> Any:
    """A fact from an enricher, which may be missing or not be the shipped one."""
    facts = event.enrichment.get(enricher)
    return facts.get(name) if isinstance(facts, Mapping) else None


def notes(event: Event) -> list[str]:
    """What follows the answers: who it is from, and whether it replaces an earlier vote."""
    voter = clean(event.vote.voter or "", NAME)
    return [
        *([f"from {voter}"] if voter else []),
        *(["changed"] if event.type == "VoteChanged" else []),
    ]


def answers(
    vote: Vote,
    *,
    labels: Mapping[str, str] | None = None,
    most: int = MOST_ANSWERS,
    length: int = ANSWER,
    newlines: bool = False,
) -> tuple[list[tuple[str, str]], int]:
    """The first `most` answers as (label, text of at most `length`), and how many more there are.

    A field that is not in `labels` is its own label. An answer without words, such as null, is
    none.
    """
    texts = [
        (clean((labels or {}).get(field, field), LABEL) or "answer", text)
        for field, answer in vote.answers.items()
        if (text := clean(plain(answer), length, newlines=newlines))
    ]
    return texts[:most], max(0, len(texts) - most)


def asked(label: str) -> str:
    """A label before its answer: with a colon, unless it ends like a sentence."""
    return label if label.endswith(("?", "!", ".", ":", "…")) else f"{label}:"


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
