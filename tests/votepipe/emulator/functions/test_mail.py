"""votepipe/emulator/functions/mail.py: sinks that send mail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Pipeline, Unmodelled

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
IDENTITY = "arn:aws:ses:us-east-1:123456789012:identity/votes@example.com"

SINK = '''"""Mail each vote."""

from votepipe import Event, sink, aws
from votepipe.plugins import Resources


@sink(
    events=["VoteCast"],
    resources=Resources(
        policies=[{{"Effect": "Allow", "Action": "ses:SendEmail", **{statement}}}]
    ),
)
def handler(event: Event) -> None:
    aws.client("sesv2").send_email(
        FromEmailAddress="{sender}",
        Destination={{"ToAddresses": {to}}},
        Content={content},
    )
'''
SIMPLE = """{"Simple": {
    "Subject": {"Data": "A vote"}, "Body": {"Text": {"Data": event.vote.vote_id}}
}}"""

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]


def pipeline(run: Run, checkout: Checkout, **given: Any) -> Pipeline:
    parts = {
        "statement": {"Resource": IDENTITY},
        "sender": "votes@example.com",
        "to": ["a@example.com", "b@example.com"],
        "content": SIMPLE,
    }
    return run(checkout({"post": SINK.format(**parts | given)}))


def test_a_mail_is_a_message_of_its_sink(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout)
    it.put(VOTE)
    it.run_until_idle()
    (mail,) = it.sent("post")

    assert (mail.text, mail.headers["subject"]) == ("one", "A vote")
    assert mail.headers["to"] == "a@example.com, b@example.com"
    assert mail.vote_key.vote == "one"


def test_other_content_is_refused_by_its_name(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout, content='{"Raw": {"Data": b"Subject: A vote"}}')
    it.put(VOTE)

    with pytest.raises(Unmodelled, match="mails of the form 'Raw'"):
        it.run_until_idle()


def test_a_mail_that_is_refused_is_tried_again(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout)
    it.answer("post", status=429)
    it.put(VOTE)
    it.run_until_idle()

    assert [mail.accepted for mail in it.attempts("post")] == [False, True]


FROM = {"Condition": {"StringEqualsIgnoreCase": {"ses:FromAddress": "Votes@Example.com"}}}
ANY = IDENTITY.replace("votes@example.com", "*")


@pytest.mark.parametrize(
    ("sender", "statement", "allowed"),
    [
        ("votes@example.com", {"Resource": IDENTITY}, True),
        ("Votes <votes@example.com>", {"Resource": IDENTITY}, True),
        ("votes@Example.COM", {"Resource": IDENTITY}, True),
        ("votes@example.com", {"Resource": IDENTITY.replace("votes@", "")}, True),
        ("Votes <votes@example.com>", {"Resource": ANY, **FROM}, True),
        ("other@example.com", {"Resource": IDENTITY}, False),
        ("votes@example.com", {"Resource": IDENTITY.replace("votes@", "other@")}, False),
        ("votes@example.com", {"Resource": IDENTITY.replace("votes@", "mail.")}, False),
        ("VOTES@example.com", {"Resource": IDENTITY}, False),
        ("votes@example.com", {"Resource": IDENTITY.replace("votes@", "Votes <votes@")}, False),
        ("other@example.com", {"Resource": ANY, **FROM}, False),
    ],
)
def test_the_role_must_allow_the_senders_address_or_domain(
    run: Run, checkout: Checkout, sender: str, statement: dict[str, Any], allowed: bool
) -> None:
    it = pipeline(run, checkout, sender=sender, statement=statement)
    it.put(VOTE)
    it.run_until_idle()

    assert len(it.sent("post")) == allowed
    denied = {hop.facts["action"] for hop in it.trace.hops if hop.what == "denied"}
    assert denied == (set() if allowed else {"ses:SendEmail"})


@pytest.mark.parametrize(
    "to", ["a@example.com; b@example.com", '"Doe', "a@bücher.de", "Zoë <a@example.com>", "jane"]
)
def test_ses_refuses_what_is_no_address(run: Run, checkout: Checkout, to: str) -> None:
    it = pipeline(run, checkout, to=["a@example.com", to])
    it.put(VOTE)
    it.advance(seconds=10)

    assert it.attempts("post") == []


def test_the_role_of_email_may_send_to_identities_of_its_recipients_and_from_its_sender() -> None:
    with Pipeline(sinks=["email"]) as it:
        role = it.models.functions["EmailSink"].role
        to = ANY.replace("*", "jane@example.org")
        allowed = [
            it.models.roles.allows(role, "ses:SendEmail", to, (("ses:FromAddress", sender),))
            for sender in ("votes@example.com", "jane@example.org")
        ]

    assert allowed == [True, False]
