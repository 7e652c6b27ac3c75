"""Post each settled vote to a Google Chat space through a webhook.

Make one in the space: its name, "Apps & integrations", "Webhooks"; copy its address and run:
votepipe secret set google_chat
A space takes one message a second: the others wait. A message stays below 4,000 characters: later
answers are left out and counted. Signs of a reader that would format, link or mention become ones
that look like them.
A vote that settles again answers in the thread of its first message. A delivery that was cut off
before it was marked has the id of the first request, by which Google Chat finds its message.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post
from votepipe.plugins import RateLimit

LONGEST, ANSWER = 3800, 500
LOOKALIKES = str.maketrans("<>@*~`|", "‹›＠∗∼ˋ∣")
AGAIN = "Run: votepipe secret set google_chat"
HINTS = {
    400: f"The webhook's address may be cut short. {AGAIN}",
    401: f"The webhook's address lacks its key or token. {AGAIN}",
    403: f"The webhook was deleted, or an admin blocks webhooks. Make a new one. {AGAIN}",
    404: f"The space or the webhook was deleted. Make a new one. {AGAIN}",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Webhook URL of the space, with its key and token")


def message(event: Event) -> dict[str, Any]:
    """What Google Chat shows, and the thread that it belongs to."""
    cheer, emoji = words.cheer(event.vote)
    given, more = words.answers(event.vote, labels=words.labels(event), length=ANSWER)
    lines = [f"{cheer}: *{harmless(words.title(event))}* got a {emoji}"]
    lines += [f"*{harmless(words.asked(label))}* {harmless(answer)}" for label, answer in given]
    while len("\n".join(lines)) > LONGEST:
        lines.pop()
        more += 1
    lines += [f"… and {more} more"] if more else []
    lines += [f"_{harmless(' · '.join(notes))}_"] if (notes := words.notes(event)) else []
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    return {"text": "\n".join(lines), "thread": {"threadKey": hashlib.sha256(vote).hexdigest()}}


def harmless(text: str) -> str:
    """Text from a reader that formats nothing, mentions nobody and hides no link."""
    return re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text.translate(LOOKALIKES))


@sink(events=["VoteSettled"], settings=Settings, rate_limit=RateLimit(seconds=1))
def handler(event: Event, settings: Settings) -> None:
    url = settings.webhook_url.reveal().strip()
    request = {
        "messageReplyOption": "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
        "requestId": event.id,
    }
    address = f"{url}{'&' if '?' in url else '?'}{urlencode(request)}"
    post(address, json=message(event), hints=HINTS)
