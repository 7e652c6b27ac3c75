"""Guess the language that a reader's answers are written in.

It goes by letters where they say enough (Greek, Hebrew, Thai, Japanese, Korean, Chinese), and in
Latin letters by the commonest words of seven languages. It is right for whole sentences: with fewer
than three such words, or as many of two languages, it adds nothing. Cyrillic, Arabic and Devanagari
serve several languages, which it does not tell apart: they add nothing either.
"""

import re
from collections import Counter

from votepipe import Vote, enricher
from votepipe.words import plain

LEAST = 3  # words, or letters of a script
LONGEST = 5_000  # characters that are looked at
SCRIPTS = {
    "el": re.compile("[\u0370-\u03ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "ja": re.compile("[\u3040-\u30ff]"),  # before Chinese, whose signs Japanese has as well
    "ko": re.compile("[\uac00-\ud7a3]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
}
COMMON = {
    "de": "aber auch das dass dem den der die ein eine es für ich ist mehr mir mit nicht sehr "
    "sich und von war wie wir zu",
    "en": "and are but for from have i in is it more my not of on so that the this to was we "
    "what with you",
    "es": "bien como con de el en es esta esto la las lo los más me muy no para pero por que se "
    "sin una y",
    "fr": "avec bien c'est ce dans de des est et il je la le les mais mes ne pas plus pour que "
    "sur très un une vous",
    "it": "anche che ci con da della di e è gli ho il in la ma mi molto non per più questo se "
    "sono un una",
    "nl": "dat de deze die een en er goed heel het ik in is maar meer met mijn niet om ook op "
    "te van voor zijn",
    "pt": "bem com como da de do e é em eu isso foi mais mas muito não o os para por que são "
    "sem uma um",
}
LANGUAGES = {code: frozenset(words.split()) for code, words in COMMON.items()}
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def language(text: str) -> str | None:
    """The code of a text's language (ISO 639-1), where that is clear enough."""
    for code, letters in SCRIPTS.items():
        if len(letters.findall(text)) >= LEAST:
            return code
    words = [word.replace("’", "'") for word in WORD.findall(text.lower())]
    counts = Counter(code for word in words for code in LANGUAGES if word in LANGUAGES[code])
    (first, most), (_, next_most) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    return first if most >= LEAST and most > next_most else None


@enricher(
    adds={
        "type": "object",
        "properties": {
            "code": {"description": "ISO 639-1.", "type": "string", "enum": [*SCRIPTS, *COMMON]}
        },
        "required": ["code"],
        "additionalProperties": False,
    }
)
def enrich(vote: Vote) -> dict[str, str] | None:
    code = language(" ".join(map(plain, vote.answers.values()))[:LONGEST])
    return {"code": code} if code else None
