"""sinks/email.py: a vote as a mail."""

import re
from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.ses.models import ses_backends

from sinks.email import Settings, handler, simple
from votepipe.model.errors import SettingsError
from votepipe.plugins.settings import load
from votepipe.project import Project, checkout

SETTINGS = Settings(sender="votes@example.com", recipients=("a@example.com", "b@example.com"))


def parts(made: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    body = made["Body"]
    return made["Subject"]["Data"], body["Text"]["Data"], body["Html"]["Data"]


def headers(made: dict[str, Any]) -> dict[str, str]:
    return {header["Name"]: header["Value"] for header in made["Headers"]}


def test_a_mail_has_a_subject_and_two_parts(event: Any) -> None:
    assert parts(simple(event(), SETTINGS)) == (
        "Yay: Using DynamoDB streams got a 👍",
        "Yay: Using DynamoDB streams got a 👍\n\n"
        "What would make this better?\nMore examples of stream filters.\n\n"
        "How did you find this page?\nA colleague sent me the link ✨\n\n"
        "from reader@example.com · changed\n",
        "<!doctype html>\n"
        "<h2>Yay: Using DynamoDB streams got a 👍</h2>\n"
        '<p style="white-space: pre-line"><b>What would make this better?</b>\n'
        "More examples of stream filters.</p>\n"
        '<p style="white-space: pre-line"><b>How did you find this page?</b>\n'
        "A colleague sent me the link ✨</p>\n"
        '<p style="white-space: pre-line">from reader@example.com · changed</p>\n',
    )


def test_a_vote_of_nobody_known_is_a_mail_as_well(event: Any) -> None:
    assert parts(simple(event("not-known"), SETTINGS))[1] == "Yay: widget docs-feedback got a 👍\n"


def test_more_answers_than_fit_are_counted(event: Any) -> None:
    made = simple(event(answers={f"field_{n}": "x" for n in range(33)}), SETTINGS)

    assert "\n… and 3 more\n" in parts(made)[1]
    assert "… and 3 more" in parts(made)[2]


def test_mails_of_one_vote_stand_together(event: Any) -> None:
    first, second = (headers(simple(event(name), SETTINGS)) for name in ("answer-1", "answer-2"))

    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert first["References"].endswith("@example.com>")


def test_mails_of_two_votes_do_not_stand_together(event: Any) -> None:
    first = headers(simple(event(), SETTINGS))
    second = headers(simple(event(voteId="another"), SETTINGS))

    assert first["References"] != second["References"]


def test_html_from_a_reader_is_text(event: Any) -> None:
    hostile = '<script>alert("1")</script>&'
    made = simple(event("not-known", instanceOfJoy=hostile, answers={hostile: hostile}), SETTINGS)
    html = parts(made)[2]

    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;") == 3


@given(st.text(), st.text(max_size=20))
def test_a_subject_is_one_short_line(event: Any, instance: str, injected: str) -> None:
    made = simple(event("not-known", instanceOfJoy=f"{instance}\r\nBcc: {injected}"), SETTINGS)

    subject = parts(made)[0]
    assert len(subject) < 200
    assert subject.isprintable() or all(c.isprintable() or ord(c) > 159 for c in subject)


@given(st.text(min_size=1), st.text())
def test_headers_are_short_ascii(event: Any, widget: str, vote: str) -> None:
    made = simple(event(widgetId=widget, voteId=vote), SETTINGS)

    assert all(value.isascii() and value.isprintable() for value in headers(made).values())
    assert all(len(value) < 200 for value in headers(made).values())


def test_ses_takes_it_and_gives_its_id(event: Any) -> None:
    with mock_aws():
        boto3.client("ses").verify_email_identity(EmailAddress=SETTINGS.sender)

        identifier = handler(event(), SETTINGS)

        (sent,) = ses_backends["123456789012"]["us-east-1"].sent_messages
    assert sent.id == identifier
    assert sent.source == "votes@example.com"
    assert sent.destinations == {"ToAddresses": ["a@example.com", "b@example.com"]}


def test_the_configuration_set_reaches_ses(event: Any, tables: Any) -> None:
    handler(event(), replace(SETTINGS, configuration_set="votes"))

    assert tables.mails.sent[0]["ConfigurationSetName"] == "votes"


MANY = "addresses with commas between, 50 at most"
ONLY = "without names and quotes, with domains in ASCII ('xn--...')."


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("EmailSender", "Votes <votes@example.com>", "one address"),
        ("EmailSender", "votes@bücher.de", "one address"),
        ("EmailRecipients", '"Doe, Jane" <jane@example.org>', MANY),
        ("EmailRecipients", "a@example.com; b@example.com", MANY),
        ("EmailRecipients", "Zoë <zoe@example.com>", MANY),
    ],
)
def test_what_is_no_address_is_refused_where_it_is_set_and_when_it_is_read(
    parameter: str, value: str, expected: str
) -> None:
    declared = Project.read(checkout()).template["Parameters"][parameter]
    env = {"EMAIL_SENDER": "votes@example.com", "EMAIL_RECIPIENTS": "team@example.com"}
    name = f"EMAIL_{parameter.removeprefix('Email').upper()}"

    with pytest.raises(SettingsError) as caught:
        load(Settings, "email", env | {name: value})

    assert f"is not {expected}, {ONLY} Set the template parameter '{parameter}'." in str(
        caught.value
    )
    assert not re.fullmatch(declared["AllowedPattern"], value)
    assert re.fullmatch(declared["AllowedPattern"], env[name])
    assert re.fullmatch(declared["AllowedPattern"], "")
    assert declared["ConstraintDescription"] == f"Give {expected}, {ONLY}"
