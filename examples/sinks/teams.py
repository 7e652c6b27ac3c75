"""Post each vote to a Microsoft Teams channel through a workflow.

Make one in Teams: the channel's "…", "Workflows", "Post to a channel when a webhook request is
received"; copy its address and run: votepipe secret set teams
A message holds 28 kB: later answers are left out and counted. Teams answers 202 before the workflow
runs: a card that the workflow cannot post shows in its run history only.
Each change is a message of its own, and so is a delivery that was cut off before it was marked.
"""

import json
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post

LARGEST = 24_000  # bytes, of the 28 kB that Teams takes
AGAIN = "Run: votepipe secret set teams"
HINTS = {
    400: f"The workflow may be turned off, or its address cut short. {AGAIN}",
    401: f"The address's signature is wrong. {AGAIN}",
    403: "The workflow may take requests of its own tenant only. Change who can trigger it.",
    404: f"The workflow was deleted. Make a new one. {AGAIN}",
}
Block = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Address of the workflow")


def message(event: Event) -> dict[str, Any]:
    """An Adaptive Card: a headline, a block for each answer that fits, and who it is from."""
    cheer, emoji = words.cheer(event.vote)
    headline = block(run(f"{cheer}: {words.title(event)} got a {emoji}", weight="Bolder"))
    given, more = words.answers(event.vote, labels=words.labels(event))
    answers = [
        block(run(f"{words.asked(label)} ", weight="Bolder"), run(answer))
        for label, answer in given
    ]
    notes = " · ".join(words.notes(event))
    last = [block(run(notes, size="Small", isSubtle=True))] if notes else []
    while size(card([headline, *answers, *last])) > LARGEST:
        answers.pop()
        more += 1
    left_out = [block(run(f"… and {more} more"))] if more else []
    return card([headline, *answers, *left_out, *last])


def run(text: str, **look: Any) -> Block:
    """A piece of text in which Teams looks for no Markdown and no mentions."""
    return {"type": "TextRun", "text": text, **look}


def block(*runs: Block) -> Block:
    """A paragraph of such pieces."""
    return {"type": "RichTextBlock", "inlines": list(runs)}


def card(body: list[Block]) -> dict[str, Any]:
    """The message in which a workflow expects a card."""
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


def size(sent: dict[str, Any]) -> int:
    """The bytes of a message as it is sent."""
    return len(json.dumps(sent))


@sink(events=["VoteCast", "VoteChanged"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.webhook_url.reveal(), json=message(event), hints=HINTS)
