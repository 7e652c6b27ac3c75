"""Mail each vote to a list of people through Amazon SES.

Verify the sender's address or its domain in SES, in the Region of the stack; in the SES sandbox the
recipients as well. All recipients see each other; SES takes up to 50.
A mail cannot be edited: each change is another mail of the same conversation, and so is a delivery
that was cut off before it could be marked, or whose answer from SES got lost.
"""

import hashlib
import html
from dataclasses import dataclass
from typing import Any

from votepipe import Event, TryLater, Undeliverable, aws, setting, sink, words

MOST_ANSWERS, ANSWER = 30, 1000  # mail programs cut what is over 100 kB
# What SES says while it cannot take more, and what it says of mails that it will never take.
BUSY = ("TooManyRequestsException", "LimitExceededException", "SendingPausedException")
HINTS = {
    "MessageRejected": "Verify the sender in SES, and in its sandbox the recipients as well.",
    "MailFromDomainNotVerifiedException": "Verify the sender's MAIL FROM domain in SES.",
    "NotFoundException": "Correct the template parameter 'EmailConfigurationSet'.",
    "BadRequestException": "Correct the addresses in 'EmailSender' and 'EmailRecipients'.",
    "AccountSuspendedException": "Ask AWS Support to let the account send again.",
}
SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
# The part behind the @; the one that is added keeps the template valid while the sender is empty.
DOMAIN = {"Fn::Select": [1, {"Fn::Split": ["@", {"Fn::Sub": "${EmailSender}@"}]}]}
NEEDED = [
    {"Fn::Sub": SES + "identity/${EmailSender}"},
    {"Fn::Sub": [SES + "identity/${Domain}", {"Domain": DOMAIN}]},
    {"Fn::Sub": SES + "configuration-set/${EmailConfigurationSet}"},
]
SEND = {
    "Effect": "Allow",
    "Action": "ses:SendEmail",
    # The local AWS knows no resources of SES.
    "Resource": {"Fn::If": ["IsAws", NEEDED, "*"]},
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    sender: str = setting("Address that mails come from", example="votes@example.com")
    recipients: tuple[str, ...] = setting(
        "Addresses that mails go to, with commas between", example="team@example.com"
    )
    configuration_set: str = setting("SES configuration set, if any", default="")


def simple(event: Event, settings: Settings) -> dict[str, Any]:
    """The mail as SES takes it: subject, a part in text and one in HTML, headers."""
    vote = event.vote
    cheer, emoji = words.cheer(vote)
    subject = f"{cheer}: {words.place(vote)} got a {emoji}"
    answers, more = words.answers(vote, most=MOST_ANSWERS, length=ANSWER, newlines=True)
    last = [*([f"… and {more} more"] if more else []), " · ".join(words.notes(event))]
    text = [subject, *(f"{label}:\n{answer}" for label, answer in answers), *last]
    rich = [
        f"<h2>{html.escape(subject)}</h2>",
        *(paragraph(f"<b>{html.escape(label)}</b>\n{html.escape(a)}") for label, a in answers),
        *(paragraph(html.escape(line)) for line in last if line),
    ]
    thread = conversation(event, settings)
    headers = {"References": thread, "In-Reply-To": thread, "Auto-Submitted": "auto-generated"}
    return {
        "Subject": part(subject),
        "Body": {
            "Text": part("\n\n".join(filter(None, text)) + "\n"),
            "Html": part("<!doctype html>\n" + "\n".join(rich) + "\n"),
        },
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
    }


def part(text: str) -> dict[str, str]:
    """A text as SES takes it."""
    return {"Data": text, "Charset": "UTF-8"}


def paragraph(inner: str) -> str:
    """A paragraph of HTML that keeps its line breaks."""
    return f'<p style="white-space: pre-line">{inner}</p>'


def conversation(event: Event, settings: Settings) -> str:
    """A message id of no mail, which those of one vote refer to, so that they stand together."""
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    return f"<vote.{hashlib.sha256(vote).hexdigest()[:32]}@{settings.sender.rpartition('@')[2]}>"


# Once votes are settled, VoteSettled alone makes one mail of each vote: change `events` to it.
@sink(events=["VoteCast", "VoteChanged"], settings=Settings, policies=[SEND])
def handler(event: Event, settings: Settings) -> str:
    request = {
        "FromEmailAddress": settings.sender,
        "Destination": {"ToAddresses": list(settings.recipients)},
        "Content": {"Simple": simple(event, settings)},
    }
    if settings.configuration_set:
        request["ConfigurationSetName"] = settings.configuration_set
    ses = aws.client("sesv2")
    with aws.asking("SES"):
        try:
            return str(ses.send_email(**request)["MessageId"])
        except ses.exceptions.ClientError as error:
            code = aws.error_code(error)
            if code in BUSY:
                raise TryLater(f"SES answered '{code}'.", after=60) from None
            if code in HINTS:
                raise Undeliverable(f"SES answered '{code}'. {HINTS[code]}") from None
            raise
