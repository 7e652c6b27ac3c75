"""votepipe/emulator/functions/mail.py: sinks that send mail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
IDENTITY = "arn:aws:ses:us-east-1:123456789012:identity/votes@example.com"

SINK = '''"""Mail each vote."""

from email.message import EmailMessage

from votepipe import Event, sink, aws
from votepipe.plugins import Resources


def raw(event):
    mail = EmailMessage()
    mail["Subject"] = "A vote"
    mail.set_content(event.vote.vote_id)
    return mail.as_bytes()


@sink(
    events=["VoteCast"],
    resources=Resources(
        policies=[{{"Effect": "Allow", "Action": "{action}", "Resource": "{identity}"}}]
    ),
)
def handler(event: Event) -> None:
    {call}
'''
CALLS = {
    "sesv2 simple": (
        "ses:SendEmail",
        'aws.client("sesv2").send_email(FromEmailAddress="votes@example.com", '
        'Destination={"ToAddresses": ["a@example.com", "b@example.com"]}, '
        'Content={"Simple": {"Subject": {"Data": "A vote"}, '
        '"Body": {"Text": {"Data": event.vote.vote_id}}}})',
    ),
    "sesv2 raw": (
        "ses:SendEmail",
        'aws.client("sesv2").send_email(FromEmailAddress="votes@example.com", '
        'Content={"Raw": {"Data": raw(event)}})',
    ),
    "ses": (
        "ses:SendEmail",
        'aws.client("ses").send_email(Source="votes@example.com", '
        'Destination={"ToAddresses": ["a@example.com", "b@example.com"]}, '
        'Message={"Subject": {"Data": "A vote"}, '
        '"Body": {"Text": {"Data": event.vote.vote_id}}})',
    ),
    "ses raw": (
        "ses:SendRawEmail",
        'aws.client("ses").send_raw_email(Source="votes@example.com", '
        'RawMessage={"Data": raw(event)})',
    ),
}

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]


def pipeline(run: Run, checkout: Checkout, how: str, identity: str = IDENTITY) -> Pipeline:
    action, call = CALLS[how]
    return run(checkout({"post": SINK.format(action=action, identity=identity, call=call)}))


@pytest.mark.parametrize("how", CALLS)
def test_a_mail_is_a_message_of_its_sink(run: Run, checkout: Checkout, how: str) -> None:
    it = pipeline(run, checkout, how)
    it.put(VOTE)
    it.run_until_idle()
    (mail,) = it.sent("post")

    assert (mail.text.strip(), mail.headers["subject"]) == ("one", "A vote")
    assert mail.vote_key.vote == "one"


def test_a_mail_names_who_it_is_for(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout, "ses")
    it.put(VOTE)
    it.run_until_idle()

    assert it.sent("post")[0].headers["to"] == "a@example.com, b@example.com"


def test_a_mail_that_is_not_taken_is_tried_again(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout, "sesv2 simple")
    it.answer("post", status=429)
    it.put(VOTE)
    it.run_until_idle()

    assert [mail.accepted for mail in it.attempts("post")] == [False, True]


def test_a_sender_that_the_role_does_not_allow_sends_nothing(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout, "ses", IDENTITY.replace("votes@", "other@"))
    it.put(VOTE)
    it.run_until_idle()

    assert it.attempts("post") == []
    assert {hop.facts["action"] for hop in it.trace.hops if hop.what == "denied"} == {
        "ses:SendEmail"
    }
