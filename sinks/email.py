"""Mail each vote to a list of people through Amazon SES.

Verify the sender's address or its domain in SES, in the Region of the stack; in the SES sandbox the
recipients as well. All recipients see each other; SES takes up to 50.
Sender and recipients are addresses without names, with domains in ASCII (`xn--…`).
A mail goes out once a vote has settled; one that settles again is another mail of the conversation,
and so is a delivery that was cut off before it could be marked, or whose answer from SES got lost.
"""

import hashlib
import html
from dataclasses import dataclass
from typing import Any

from votepipe import Event, setting, sink, words
from votepipe.aws import ses
from votepipe.plugins import Resources

MOST_ANSWERS, ANSWER = 30, 1000  # mail programs cut what is over 100 kB


@dataclass(frozen=True, kw_only=True)
class Settings:
    sender: str = setting(
        "Address that mails come from", example="votes@example.com", pattern=ses.SENDER
    )
    recipients: tuple[str, ...] = setting(
        "Addresses that mails go to, with commas between",
        example="team@example.com",
        pattern=ses.RECIPIENTS,
    )
    configuration_set: str = setting("SES configuration set, if any", default="")


def simple(event: Event, settings: Settings) -> dict[str, Any]:
    """The mail as SES takes it: subject, a part in text and one in HTML, headers."""
    vote = event.vote
    cheer, emoji = words.cheer(vote)
    subject = f"{cheer}: {words.title(event)} got a {emoji}"
    answers, more = words.answers(
        vote, labels=words.labels(event), most=MOST_ANSWERS, length=ANSWER, newlines=True
    )
    last = [*([f"… and {more} more"] if more else []), " · ".join(words.notes(event))]
    text = [subject, *(f"{words.asked(label)}\n{answer}" for label, answer in answers), *last]
    rich = [
        f"<h2>{html.escape(subject)}</h2>",
        *(ses.paragraph(f"<b>{html.escape(label)}</b>\n{html.escape(a)}") for label, a in answers),
        *(ses.paragraph(html.escape(line)) for line in last if line),
    ]
    thread = conversation(event, settings)
    return ses.simple(
        subject,
        "\n\n".join(filter(None, text)) + "\n",
        "\n".join(rich) + "\n",
        {"References": thread, "In-Reply-To": thread},
    )


def conversation(event: Event, settings: Settings) -> str:
    """A message id that the mails of one vote refer to, so that mail programs group them."""
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    return f"<vote.{hashlib.sha256(vote).hexdigest()[:32]}@{settings.sender.rpartition('@')[2]}>"


@sink(
    events=["VoteSettled"],
    settings=Settings,
    resources=Resources(window=10, policies=[ses.send_policy("Email")]),
    enabled=False,
)
def handler(event: Event, settings: Settings) -> str:
    return ses.send(
        simple(event, settings),
        sender=settings.sender,
        recipients=settings.recipients,
        configuration_set=settings.configuration_set,
        plugin="Email",
    )
