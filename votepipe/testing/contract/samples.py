"""The events that a sink is tried with: usual ones, bare ones and hostile ones."""

import json
import re
from typing import Any

# Whatever holds one of these words is a person's, and is looked for where it must not be.
VOTER = "canary.voter@reader.example"
ANSWER = "canaryanswer"
HOSTILE = "canaryhostile"

HALF = "an emoji cut in half"

# What is put into every text of a vote, by what it tries.
HOSTILE_TEXTS = {
    "mentions and links": f"{HOSTILE} <!channel> <!here> <@U0CANARY> @everyone @here "
    "<https://evil.example|bank> [bank](https://evil.example) <at>all</at> *b* _i_ `c`",
    "HTML": f"{HOSTILE} <script>alert(1)</script><img src=x onerror=alert(1)> &lt;b&gt; \"'",
    "control characters": f"{HOSTILE} \x00\x07\x08\x1b[31mred\x1b[0m\x7f\x85\u2028end",
    "right-to-left marks": f"{HOSTILE} \u202egnp.exe\u202c \u2066x\u2069 \u200fy",
    "100 kB": f"{HOSTILE} " + "long ✨ " * 14_000,
    HALF: f"{HOSTILE} \ud83d",
    "header lines": f"{HOSTILE}\r\nBcc: canary@evil.example\r\nX-Injected: yes\r\n\r\nbody",
}
_LONGEST_NAME = 1024  # of a voter or an instance, by the schemas
_LONGEST_ANSWER = 10_000  # as schemas/stored-vote.v1.json has it
_ORIGINS = {
    "key": "the name of an answer",
    "long": "an answer with a long name",
    "one": "answers.field_1",
    "more": "answers.more_0 and the like",
    "instance": "instanceOfJoy",
    "voter": "voter",
    "title": "enrichment.article.title",
    "words": "the words of a question",
    "name": "enrichment.reader.name",
}


def detail(kind: str, number: int = 1, **vote: Any) -> dict[str, Any]:
    """An event of this type, about a vote with these members beside its keys."""
    event = {
        "eventID": f"check-event-{number:04}",
        "type": kind,
        "time": "2026-01-04T10:00:41Z",
        "version": 1,
        "sequence": str(4421584500000000017450439091 + number),
        "vote": {"widgetId": "docs-feedback", "voteId": "check-vote-0001"} | vote,
        "enrichment": {},
    }
    return event | {"reasons": ["voteType: missing"]} if kind == "VoteRejected" else event


def usual(kind: str, vote_type: str = "thumbsup") -> dict[str, Any]:
    """An event with all that a vote can hold; the reader is done, so that no sink has to wait."""
    if kind == "VoteRejected":
        return detail(kind)
    return detail(
        kind,
        voteType=vote_type,
        instanceOfJoy="using-dynamodb-streams",
        voter=VOTER,
        answers={"field_1": f"{ANSWER} one", "field_2": [f"{ANSWER} two", 5, True, None]},
        createdAt="2026-01-04T10:00:03Z",
        complete=True,
    )


def bare(kind: str) -> dict[str, Any]:
    """An event with no more than its schema requires."""
    if kind in ("VoteRejected", "VoteWithdrawn"):
        return detail(kind, 2)
    return detail(kind, 2, voteType="thumbsdown", answers={}, complete=True)


def hostile(kind: str, text: str) -> dict[str, Any]:
    """An event in which a reader wrote `text` wherever one can, with a mark of each place."""
    if kind == "VoteRejected":
        return detail(kind, 3)

    def at(mark: str, longest: int = _LONGEST_NAME) -> str:
        return text.replace(HOSTILE, HOSTILE + mark, 1)[:longest]

    answers = {
        at("key", 256): at("long", _LONGEST_ANSWER),
        "field_1": [at("one")],
        "field_2": {at("key", 256): True},
    }
    event = detail(
        kind,
        3,
        voteType="thumbsup",
        instanceOfJoy=at("instance"),
        voter=at("voter"),
        answers=answers | {f"more_{number}": at("more") for number in range(60)},
        complete=True,
    )
    return event | {
        "enrichment": {
            "article": {"title": at("title")},
            "questions": {"answers": {at("words", 256): at("long", _LONGEST_ANSWER)}},
            "reader": {"name": at("name")},
        }
    }


def origin(text: str) -> str:
    """Where in such an event the last hostile words of a text come from; empty if there are none.

    The marks are letters alone, which no way of escaping changes.
    """
    marks = re.findall(f"{HOSTILE}({'|'.join(_ORIGINS)})", text)
    return _ORIGINS[marks[-1]] if marks else ""


def moment(number: int) -> str:
    """The body of a schedule's message, one a day."""
    return json.dumps({"source": "aws.scheduler", "time": f"2026-02-{number + 1:02}T08:00:00Z"})


def envelope(event: dict[str, Any]) -> str:
    """The body of the message that the event travels in."""
    return json.dumps({"detail-type": event["type"], "source": "votepipe", "detail": event})
