"""Say whether a reader's answers sound pleased, by a short list of English words.

It counts words: "not" and the like before one turns it round, and that is all it understands.
Irony, other languages and praise in other words pass it by, and add nothing. Good enough to sort a
long list by; not to judge a person or a text by. The thumb itself is in `vote.voteType`.
"""

import re
from typing import Any

from votepipe import Vote, enricher
from votepipe.words import plain

LONGEST = 5_000  # characters that are looked at
REACH = 3  # words after a "not" that it turns round


def listed(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


PLEASED = listed(
    "amazing appreciate awesome best better brilliant clear clearly concise delightful easy "
    "elegant enjoy enjoyed enjoyable excellent fantastic favorite favourite fun glad good great "
    "happy helped helpful helps insightful interesting informative liked love loved lovely "
    "nice perfect perfectly pleasant recommend simple smart solid super superb thank thanks "
    "thorough useful wonderful works"
)
DISPLEASED = listed(
    "annoying annoyed awful bad badly boring broken bug bugs buggy complicated confused confusing "
    "difficult dislike disappointed disappointing error errors fail failed fails frustrated "
    "frustrating hard hate hated horrible impossible incorrect incomplete lacking lost mess "
    "missing misleading mistake mistakes outdated pointless poor poorly problem problems sad slow "
    "stuck terrible ugly unclear unhappy unreadable useless waste worse worst wrong"
)
TURNS = listed(
    "not no never hardly cannot can't don't doesn't didn't isn't wasn't aren't won't nothing "
    "without"
)
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def moods(text: str) -> list[int]:
    """1 for each word that sounds pleased, -1 for each that does not."""
    found, turned = [], 0
    for word in WORD.findall(text.lower().replace("’", "'")):
        mood = (word in PLEASED) - (word in DISPLEASED)
        if mood:
            found.append(-mood if turned else mood)
        turned = REACH if word in TURNS else max(0, turned - 1)
    return found


@enricher(
    adds={
        "type": "object",
        "properties": {
            "score": {
                "description": "From -1, all displeased, to 1, all pleased.",
                "type": "number",
                "minimum": -1,
                "maximum": 1,
            },
            "words": {"description": "How many words it rests on.", "type": "integer"},
        },
        "required": ["score", "words"],
        "additionalProperties": False,
    }
)
def enrich(vote: Vote) -> dict[str, Any] | None:
    # A full stop between answers, so that a "not" stays in its own.
    texts = [plain(answer)[:LONGEST] for answer in vote.answers.values()]
    found = [mood for text in texts[:20] for mood in moods(text)]
    return {"score": round(sum(found) / len(found), 2), "words": len(found)} if found else None
