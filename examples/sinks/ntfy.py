"""Push each settled vote to phones and browsers through ntfy.

Choose a topic that nobody guesses and subscribe to it in ntfy's app; then run:
votepipe secret set ntfy
Whoever knows a topic reads it, unless it is reserved; a reserved one needs an access token
("Account", "Access tokens"). So the answers go there and the voter does not.
A message holds 4,096 bytes: later answers are left out and counted. When ntfy answers that there
were too many, the message waits for half a minute.
A duplicate, or a vote that settles again, takes the place of its notification (server 2.16 and
Android 1.22 or later; older ones show another).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post

LARGEST, ANSWER = 4000, 400  # bytes of a message, characters of an answer
TAGS = {"thumbsup": "+1", "thumbsdown": "-1"}  # ntfy shows them as emoji
HINTS = {
    401: "The access token is wrong. Run: votepipe secret set ntfy",
    403: "The topic is reserved. Give a token that may write to it: votepipe secret set ntfy",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    topic: Secret = setting("Topic, up to 64 of A-Z, a-z, 0-9, - and _", example="made-up-topic")
    token: Secret | None = setting("Access token, 'tk_…', of a reserved topic", default=None)
    url: str = setting("Address of the ntfy server", default="https://ntfy.sh/", local="{receiver}")


def message(event: Event, settings: Settings) -> dict[str, Any]:
    """What ntfy takes as JSON, in plain text."""
    cheer, emoji = words.cheer(event.vote)
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    link, tag = words.link(event), TAGS.get(event.vote.vote_type or "")
    return {
        "topic": settings.topic.reveal().strip(),
        "title": f"{cheer}: {words.title(event)}",
        "message": text(event) or emoji,
        "sequence_id": hashlib.sha256(vote).hexdigest(),
        **({"tags": [tag]} if tag else {}),
        **({"click": link} if link else {}),
    }


def text(event: Event) -> str:
    """A line for each answer that fits."""
    given, more = words.answers(event.vote, labels=words.labels(event), length=ANSWER)
    lines = [f"{words.asked(label)} {answer}" for label, answer in given]
    while len("\n".join(lines).encode()) > LARGEST:
        lines.pop()
        more += 1
    return "\n".join([*lines, *([f"… and {more} more"] if more else [])])


@sink(events=["VoteSettled"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    token = settings.token
    headers = {"Authorization": f"Bearer {token.reveal().strip()}"} if token else None
    post(settings.url, json=message(event, settings), headers=headers, hints=HINTS)
