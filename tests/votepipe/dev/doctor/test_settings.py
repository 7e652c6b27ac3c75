"""votepipe/dev/doctor/settings.py: what the sinks that are on lack, each setting by name."""

from collections.abc import Callable
from typing import Any

import pytest

from votepipe.dev.doctor.settings import Missing, missing_settings
from votepipe.project import checkout
from votepipe.project.template import read

Found = Callable[..., list[Missing]]
DEFAULTS = {
    name: str(facts.get("Default", "")) for name, facts in read(checkout())["Parameters"].items()
}
HOOK = {"slack": {"webhook_url": "https://hooks.example.com/x"}}
NO_HOOK = (
    "'slack' cannot run. Its secret has neither 'webhook_url' nor 'bot_token'. "
    "Run: votepipe secret set slack"
)
NO_CHANNEL = (
    "'slack' cannot run. SLACK_CHANNEL (Id of the channel that the bot posts to) has no value. "
    "Set the template parameter 'SlackChannel'."
)
NO_ADDRESSES = (
    "'email' cannot run. EMAIL_SENDER (Address that mails come from) has no value. "
    "EMAIL_RECIPIENTS (Addresses that mails go to, with commas between) has no value. "
    "Set the template parameters 'EmailSender', 'EmailRecipients'."
)


@pytest.fixture
def found(others_off: dict[str, str]) -> Found:
    """What is missing, given what secrets hold and parameters that are set."""

    def found(secrets: dict[str, Any], **parameters: str) -> list[Missing]:
        return list(missing_settings(DEFAULTS | others_off | parameters, secrets))

    return found


def test_nothing_is_missing_where_every_setting_has_its_value(found: Found) -> None:
    assert found(HOOK) == []


def test_a_secret_that_was_never_set(found: Found) -> None:
    assert found({}) == [Missing("slack", NO_HOOK, by_secret=True)]


def test_a_sink_that_is_off_lacks_nothing(found: Found) -> None:
    assert found({}, SlackEnabled="false") == []


def test_every_parameter_that_is_missing_is_named(found: Found) -> None:
    assert found(HOOK, EmailEnabled="true") == [Missing("email", NO_ADDRESSES, by_secret=False)]


def test_a_parameter_that_only_this_secret_needs(found: Found) -> None:
    bot = {"slack": {"bot_token": "xoxb-1"}}

    assert found(bot) == [Missing("slack", NO_CHANNEL, by_secret=False)]
    assert found(bot, SlackChannel="C1") == []


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ({}, ["Secret 'url'", "Secret 'signing_secret'"]),
        ({"url": "https://example.com"}, ["Secret 'signing_secret'"]),
    ],
)
def test_every_secret_that_is_missing_is_named(
    found: Found, secret: dict[str, str], said: list[str]
) -> None:
    (missing,) = found({**HOOK, "webhook": secret}, WebhookEnabled="true")

    assert [
        name for name in ("Secret 'url'", "Secret 'signing_secret'") if name in missing.text
    ] == said
    assert missing.by_secret


def test_one_that_reads_what_another_keeps(found: Found) -> None:
    hook = {**HOOK, "digest": {"webhook_url": "https://hooks.example.com/x"}}

    assert found(hook, DigestEnabled="true") == [
        Missing(
            "digest",
            "'digest' reports nothing: the sink 'tally', which keeps what it reads, is off. "
            "Set the template parameter 'TallyEnabled' to 'true'.",
            by_secret=False,
        )
    ]
    assert found(hook, DigestEnabled="true", TallyEnabled="true") == []
