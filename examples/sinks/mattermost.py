"""Post each settled vote to a Mattermost channel through an incoming webhook.

Make one in Mattermost: "Integrations", "Incoming Webhooks", "Add Incoming Webhook"; copy its
address and run: votepipe secret set mattermost
A message stays below 4,000 characters, which every server takes: later answers are left out and
counted. Signs of a reader that would format, link or mention become ones that look like them.
A vote that settles again is another message, and so is a delivery that was cut off before it was
marked: Mattermost recognizes no duplicates.
"""

import re
from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink, words
from votepipe.http import post

LONGEST, ANSWER = 3800, 500
LOOKALIKES = str.maketrans("<>@*~`[]|\\", "‹›＠∗∼ˋ⁅⁆∣∖")
AGAIN = "Make a new one and run: votepipe secret set mattermost"
HINTS = {
    400: f"The webhook may be deleted, or its channel archived. {AGAIN}",
    403: "The webhook's maker may not post to its channel. Add them to it.",
    404: f"The webhook does not exist. {AGAIN}",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Incoming webhook URL")


def message(event: Event) -> dict[str, str]:
    """What Mattermost shows: a headline, a line for each answer that fits, and who it is from."""
    cheer, emoji = words.cheer(event.vote)
    given, more = words.answers(event.vote, labels=words.labels(event), length=ANSWER)
    lines = [f"{cheer}: **{harmless(words.title(event))}** got a {emoji}"]
    lines += [f"**{harmless(words.asked(label))}** {harmless(answer)}" for label, answer in given]
    while len("\n".join(lines)) > LONGEST:
        lines.pop()
        more += 1
    lines += [f"… and {more} more"] if more else []
    lines += [f"_{harmless(' · '.join(notes))}_"] if (notes := words.notes(event)) else []
    return {"text": "\n\n".join(lines)}


def harmless(text: str) -> str:
    """Text from a reader that formats nothing, mentions nobody and links nowhere."""
    return re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text.translate(LOOKALIKES))


@sink(events=["VoteSettled"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.webhook_url.reveal(), json=message(event), hints=HINTS)
