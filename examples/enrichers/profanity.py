"""Mask swear words in a reader's answers, by a list of them.

It adds the answers that change, masked; a sink of yours shows these in place of the reader's own:
    answers = {**event.vote.answers, **event.enrichment.get("profanity", {}).get("answers", {})}
It knows whole words and their common endings, in any case. It knows no other languages and no words
that are spelled to get past it, and not what is rude without such a word. The answers themselves
stay as they are: the vote, and what sinks do with it, do not change.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from votepipe import Vote, enricher, setting


@dataclass(frozen=True, kw_only=True)
class Settings:
    words: tuple[str, ...] = setting(
        "Words to mask, with commas between",
        default=("arse", "asshole", "bastard", "bitch", "bollocks", "bullshit", "crap", "damn",
                 "dick", "fuck", "motherfucker", "piss", "prick", "shit", "wanker"),
    )  # fmt: skip


@cache
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """What finds these words, with an ending or without."""
    known = "|".join(map(re.escape, words)) or "(?!)"
    return re.compile(rf"\b(?:{known})(?:s|es|ed|er|ers|ing|in|y)?\b", re.IGNORECASE)


def masked(answer: Any, words: tuple[str, ...]) -> Any:
    """An answer of any shape with its swear words masked: their first letter stays."""
    if isinstance(answer, str):
        return pattern(words).sub(lambda found: found[0][0] + "*" * (len(found[0]) - 1), answer)
    if isinstance(answer, Mapping):
        return {name: masked(part, words) for name, part in answer.items()}
    return tuple(masked(part, words) for part in answer) if isinstance(answer, tuple) else answer


@enricher(
    adds={
        "type": "object",
        "properties": {
            "answers": {
                "description": "The answers with swear words, masked, by field.",
                "x-personal": True,
                "type": "object",
                "minProperties": 1,
            }
        },
        "required": ["answers"],
        "additionalProperties": False,
    },
    settings=Settings,
)
def enrich(vote: Vote, settings: Settings) -> dict[str, Any] | None:
    every = {field: masked(answer, settings.words) for field, answer in vote.answers.items()}
    changed = {field: answer for field, answer in every.items() if answer != vote.answers[field]}
    return {"answers": changed} if changed else None
