"""Post each vote to a Discord channel through a webhook.

Make one in Discord: the channel's settings, "Integrations", "Webhooks", "New Webhook", "Copy
Webhook URL"; then run: votepipe secret set discord
A message holds 2,000 characters: later answers are left out and counted. Discord takes about five
messages in two seconds and says how long to wait after that.
Each change is a message of its own, and so is a delivery that was cut off before it was marked.
"""

import re
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post

LONGEST, ANSWER = 1900, 400  # of the 2,000 that Discord takes, some are kept for the last lines
NO_PREVIEWS = 1 << 2
MARKS = re.compile(r"([\\*_~`|>#<@:\[\]()])")
HINTS = {
    401: "The webhook's token is wrong. Run: votepipe secret set discord",
    404: "The webhook was deleted. Make a new one and run: votepipe secret set discord",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Webhook URL")


def message(event: Event) -> dict[str, Any]:
    """What Discord shows: a headline, a line for each answer that fits, and who it is from."""
    cheer, emoji = words.cheer(event.vote)
    answers, more = words.answers(event.vote, labels=words.labels(event), length=ANSWER)
    lines = [f"{cheer} **{escaped(words.title(event))}** got a {emoji}"]
    last = [f"-# {escaped(' · '.join(notes))}"] if (notes := words.notes(event)) else []
    for label, answer in answers:
        line = f"**{escaped(label)}** {escaped(answer)}"
        if length([*lines, line, *last]) > LONGEST:
            more += 1
        else:
            lines.append(line)
    lines += [f"… and {more} more"] if more else []
    return {
        "content": "\n".join([*lines, *last]),
        "allowed_mentions": {"parse": []},
        "flags": NO_PREVIEWS,
    }


def escaped(text: str) -> str:
    """Text from a reader that formats nothing, mentions nobody and links nowhere."""
    return MARKS.sub(r"\\\1", text)


def length(lines: list[str]) -> int:
    """The length of a text in UTF-16, where most emoji count twice."""
    return len("\n".join(lines).encode("utf-16-le")) // 2


@sink(events=["VoteCast", "VoteChanged"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.webhook_url.reveal(), json=message(event), hints=HINTS)
