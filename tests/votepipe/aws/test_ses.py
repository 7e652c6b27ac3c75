"""votepipe/aws/ses.py: mails for SES, and what its refusals mean."""

import re
from typing import Any

import pytest

from votepipe import TryLater, Undeliverable
from votepipe.aws import ses
from votepipe.model.errors import Temporary


def send(configuration_set: str = "") -> str:
    return ses.send(
        ses.simple("Subject", "Text", "<p>Text</p>"),
        sender="votes@example.com",
        recipients=("team@example.com",),
        configuration_set=configuration_set,
        plugin="Digest",
    )


def test_a_mail_has_both_parts_and_says_that_nobody_wrote_it() -> None:
    made = ses.simple("Subject", "Text", "<p>Text</p>", {"References": "<x@y>"})

    assert made["Body"]["Html"]["Data"] == "<!doctype html>\n<p>Text</p>"
    assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in made["Headers"]
    assert {"Name": "References", "Value": "<x@y>"} in made["Headers"]


def test_sending_returns_the_id(tables: Any) -> None:
    assert send() == "mail-1"
    assert "ConfigurationSetName" not in tables.mails.sent[0]


def test_a_configuration_set_is_used_where_there_is_one(tables: Any) -> None:
    send("quiet")

    assert tables.mails.sent[0]["ConfigurationSetName"] == "quiet"


@pytest.mark.parametrize("code", ses.BUSY)
def test_a_busy_ses_is_asked_later(tables: Any, code: str) -> None:
    tables.mails.refuses = code

    with pytest.raises(TryLater) as caught:
        send()
    assert (caught.value.after, str(caught.value)) == (60, f"SES answered '{code}'.")


@pytest.mark.parametrize("code", sorted(ses.HINTS))
def test_a_final_refusal_says_what_to_do(tables: Any, code: str) -> None:
    tables.mails.refuses = code

    with pytest.raises(Undeliverable) as caught:
        send()
    hint = ses.HINTS[code].format("Digest")
    assert str(caught.value) == f"SES answered '{code}'. {hint}"


def test_any_other_refusal_may_pass(tables: Any) -> None:
    tables.mails.refuses = "InternalServiceErrorException"

    with pytest.raises(Temporary):
        send()


def test_the_policy_allows_what_comes_from_the_sender_alone() -> None:
    policy = ses.send_policy("Digest")
    identities, configuration_set = (each["Fn::Sub"] for each in policy["Resource"]["Fn::If"][1])

    assert identities.endswith(":identity/*")
    assert configuration_set.endswith(":configuration-set/${DigestConfigurationSet}")
    condition, on_aws, _ = policy["Condition"]["Fn::If"]
    assert condition == "IsAws"
    assert on_aws == {"StringEqualsIgnoreCase": {"ses:FromAddress": {"Ref": "DigestSender"}}}


ADDRESSES = [
    "votes@example.com",
    "Votes+2@Sub.Example.com",
    "o'neil@example.co",
    "v@xn--bcher-kva.de",
]
NO_ADDRESSES = [
    "Votes <votes@example.com>",
    "<votes@example.com>",
    "Zoë <votes@example.com>",
    "zoë@example.com",
    "votes@bücher.de",
    "votes@example.com; jane@example.org",
    '"Doe',
    "votes example.com",
    "votes@localhost",
    "votes@example.com.",
    "mailto:votes@example.com",
    "*@example.com",
    "",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_are_taken(address: str) -> None:
    assert re.fullmatch(ses.SENDER[0], address)
    assert re.fullmatch(ses.RECIPIENTS[0], f"{address}, {ADDRESSES[0]},{address},")


def test_a_mail_goes_to_fifty_at_most() -> None:
    fifty = [f"reader{number}@example.com" for number in range(50)]

    assert re.fullmatch(ses.RECIPIENTS[0], ", ".join(fifty))
    assert not re.fullmatch(ses.RECIPIENTS[0], ", ".join([*fifty, ADDRESSES[0]]))


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert not re.fullmatch(ses.SENDER[0], address)
    assert not re.fullmatch(ses.RECIPIENTS[0], f"{ADDRESSES[0]}, {address}")
