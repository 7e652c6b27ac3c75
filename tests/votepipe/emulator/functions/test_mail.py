"""votepipe/emulator/functions/mail.py: sinks that send mail."""

from collections.abc import Callable
from pathlib import Path

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
        policies=[{{"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "{identity}"}}]
    ),
)
def handler(event: Event) -> None:
    aws.client("sesv2").send_email(
        FromEmailAddress="votes@example.com",
        Destination={{"ToAddresses": ["a@example.com", "b@example.com"]}},
        Content={content},
    )
'''
SIMPLE = """{"Simple": {
    "Subject": {"Data": "A vote"}, "Body": {"Text": {"Data": event.vote.vote_id}}
}}"""

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]


def pipeline(
    run: Run, checkout: Checkout, identity: str = IDENTITY, content: str = SIMPLE
) -> Pipeline:
    return run(checkout({"post": SINK.format(identity=identity, content=content)}))


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


def test_a_sender_that_the_role_does_not_allow_sends_nothing(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout, IDENTITY.replace("votes@", "other@"))
    it.put(VOTE)
    it.run_until_idle()

    assert it.attempts("post") == []
    assert {hop.facts["action"] for hop in it.trace.hops if hop.what == "denied"} == {
        "ses:SendEmail"
    }
