"""Post each vote to a Slack channel through an incoming webhook.

Create one at https://api.slack.com/apps: your app, "Incoming Webhooks", "Add New Webhook".
A webhook takes about one message a second and cannot edit: each change is a message of its own,
and so is a delivery that was cut off before it could be marked.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, clean, setting, sink
from votepipe.http import post

# Slack refuses sections over 3,000 characters; an answer of this length fits, however escaped.
SECTION, LABEL, ANSWER, MOST_ANSWERS = 3000, 60, 500, 20
HINTS = {
    400: "Slack could not read the message.",
    403: "The webhook may be revoked, or its channel archived. Make a new one and run: "
    "votepipe secret set slack",
    404: "The webhook does not exist. Make a new one and run: votepipe secret set slack",
    410: "The webhook's channel is archived. Make a new one and run: votepipe secret set slack",
}
# Signs that format text, and the ones that only look like them.
LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Incoming webhook URL")
    emoji_up: str = setting("Shown for thumbs up", default="👍")
    emoji_down: str = setting("Shown for thumbs down", default="👎")


def message(event: Event, settings: Settings) -> dict[str, Any]:
    """What Slack shows: a headline, a line for each answer, and who it is from."""
    vote = event.vote
    place = vote.instance_of_joy or f"widget {vote.widget_id}"
    cheer, emoji = "Yay", settings.emoji_up
    if vote.vote_type == "thumbsdown":
        cheer, emoji = "Womp", settings.emoji_down
    headline = f"{cheer} _{foreign(place, 150)}_ got a {emoji}"
    answers = list(answer_lines(vote.answers))
    notes = [f"from {foreign(vote.voter, 150)}"] if vote.voter else []
    notes += ["changed"] if event.type == "VoteChanged" else []
    sections = [{"type": "section", "text": mrkdwn(text)} for text in pack([headline, *answers])]
    context = [{"type": "context", "elements": [mrkdwn(" · ".join(notes))]}] if notes else []
    return {
        "text": pack([headline, *answers, *notes])[0],
        "blocks": [*sections, *context],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def answer_lines(answers: Mapping[str, Any]) -> Iterator[str]:
    """Yield `label: answer` for the first answers, and how many more there are."""
    given = [(label, text) for label, answer in answers.items() if (text := plain(answer))]
    for label, text in given[:MOST_ANSWERS]:
        yield f"*{foreign(label, LABEL)}:* {foreign(text, ANSWER)}"
    if len(given) > MOST_ANSWERS:
        yield f"… and {len(given) - MOST_ANSWERS} more"


def plain(answer: Any) -> str:
    """An answer of any shape as people would write it."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, Mapping):
        return ", ".join(f"{name}: {plain(part)}" for name, part in answer.items())
    if isinstance(answer, tuple):
        return ", ".join(map(plain, answer))
    return str(answer)


def foreign(text: str, limit: int) -> str:
    """Text from a reader, on one line, that can neither mention, link nor format."""
    text = clean(text, limit).translate(LOOKALIKES)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> dict[str, Any]:
    """A text object in which Slack looks for no mentions and links."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def pack(lines: Sequence[str]) -> list[str]:
    """Join lines to as few texts as fit in sections."""
    texts = [lines[0]]
    for line in lines[1:]:
        if len(texts[-1]) + 1 + len(line) <= SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


@sink(events=["VoteCast", "VoteChanged"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.webhook_url.reveal(), json=message(event, settings), hints=HINTS)
