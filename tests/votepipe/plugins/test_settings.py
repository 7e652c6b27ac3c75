"""votepipe/plugins/settings.py: settings are read, and every one that is wrong is named at once."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import boto3
import pytest
from moto import mock_aws

from votepipe import Secret, aws, setting
from votepipe.model import times
from votepipe.model.errors import SettingsError, Temporary
from votepipe.plugins.fields import fields
from votepipe.plugins.settings import load


@dataclass(frozen=True, kw_only=True)
class Settings:
    channel: str = setting("Channel to post to")
    emoji: str = setting("Shown first", default="✨")
    greeting: str = setting("Shown next", default="Hello")
    most: int = setting("Most answers shown", default=20)
    pace: float = setting("Messages a second", default=1.0)
    threads: bool = setting("Whether to use threads", default=False)
    style: Literal["short", "long"] = setting("How much is shown", default="short")
    limit: int = setting("Kind of limit", default=1, choices=[1, 2])
    people: tuple[str, ...] = setting("Who gets it", default=())
    teams: list[str] = setting("Which teams get it", default=["all"])


@dataclass(frozen=True, kw_only=True)
class Keys:
    webhook_url: Secret = setting("Incoming webhook URL")
    token: Secret | None = setting("Bot token", default=None)


@pytest.fixture
def secrets() -> Any:
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def put(secrets: Any) -> Callable[[Any], dict[str, str]]:
    """Put a value into the secret of the plugin; the environment that names it."""
    arn = secrets.create_secret(Name="slack")["ARN"]

    def put(value: Any) -> dict[str, str]:
        if value is not None:
            secrets.put_secret_value(SecretId=arn, SecretString=value)
        return {"SLACK_SECRET_ARN": arn}

    return put


def complaint(cls: type, env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(cls, "slack", env)
    return str(caught.value)


def test_defaults_apply_where_nothing_is_set() -> None:
    assert load(Settings, "slack", {"SLACK_CHANNEL": "#votes"}) == Settings(channel="#votes")


def test_each_type_is_read_from_its_text() -> None:
    env = {
        "SLACK_CHANNEL": " #votes\n",
        "SLACK_EMOJI": ":tada:",
        "SLACK_MOST": "7",
        "SLACK_PACE": "0.5",
        "SLACK_THREADS": "Yes",
        "SLACK_STYLE": "long",
        "SLACK_LIMIT": "2",
        "SLACK_PEOPLE": "a@example.com, b@example.com,",
        "SLACK_TEAMS": "docs,web",
    }

    assert load(Settings, "slack", env) == Settings(
        channel="#votes",
        emoji=":tada:",
        most=7,
        pace=0.5,
        threads=True,
        style="long",
        limit=2,
        people=("a@example.com", "b@example.com"),
        teams=["docs", "web"],
    )


def test_a_text_can_be_emptied_and_a_number_falls_back() -> None:
    env = {"SLACK_CHANNEL": "c", "SLACK_GREETING": "", "SLACK_MOST": ""}
    settings = load(Settings, "slack", env)

    assert (settings.greeting, settings.most) == ("", 20)


@pytest.mark.parametrize(("given", "value"), [("", "✨"), (" ", "✨"), ("★", "★"), ("x", "x")])
def test_an_empty_text_is_the_default_that_a_parameter_cannot_hold(given: str, value: str) -> None:
    settings = load(Settings, "slack", {"SLACK_CHANNEL": "c", "SLACK_EMOJI": given})

    assert settings.emoji == value


def test_every_default_survives_the_template() -> None:
    defaults = {
        field.env: field.default_text
        for field in fields(Settings, "slack")
        if field.default_text is not None
    }

    assert load(Settings, "slack", {"SLACK_CHANNEL": "c", **defaults}) == Settings(channel="c")


def test_all_that_is_wrong_is_named_at_once() -> None:
    env = {
        "SLACK_CHANNEL": " ",
        "SLACK_MOST": "many",
        "SLACK_PACE": "fast",
        "SLACK_THREADS": "perhaps",
        "SLACK_STYLE": "tall",
        "SLACK_LIMIT": "3",
    }

    assert complaint(Settings, env) == (
        "'slack' cannot run. "
        "SLACK_CHANNEL (Channel to post to) has no value. "
        "SLACK_MOST (Most answers shown) is not a whole number. "
        "SLACK_PACE (Messages a second) is not a number. "
        "SLACK_THREADS (Whether to use threads) is not 'true' or 'false'. "
        "SLACK_STYLE (How much is shown) is not one of 'short', 'long'. "
        "SLACK_LIMIT (Kind of limit) is not one of 1, 2. "
        "Set the template parameters 'SlackChannel', 'SlackMost', 'SlackPace', 'SlackThreads', "
        "'SlackStyle', 'SlackLimit'."
    )


def test_secrets_come_from_the_one_secret_of_the_plugin(put: Any) -> None:
    env = put(json.dumps({"webhook_url": "https://hooks.example/x\n", "token": "xoxb"}))

    keys = load(Keys, "slack", env)

    assert keys.webhook_url.reveal() == "https://hooks.example/x"
    assert keys.token is not None
    assert keys.token.reveal() == "xoxb"


def test_a_secret_that_may_be_missing_is_none(put: Any) -> None:
    assert load(Keys, "slack", put('{"webhook_url": "https://hooks.example"}')).token is None


@pytest.mark.parametrize("value", [None, "{}", "xoxb", "[]", '{"webhook_url": ""}'])
def test_a_secret_without_a_value_says_how_to_set_it(put: Any, value: str | None) -> None:
    assert complaint(Keys, put(value)) == (
        "'slack' cannot run. Secret 'webhook_url' (Incoming webhook URL) has no value. "
        "Run: votepipe secret set slack"
    )


def test_a_function_that_knows_no_secret_says_the_same() -> None:
    assert complaint(Keys, {}).endswith("has no value. Run: votepipe secret set slack")


def test_a_secret_of_another_shape_is_refused(put: Any) -> None:
    text = complaint(Keys, put('{"webhook_url": ["swordfish"]}'))

    assert "Secret 'webhook_url' (Incoming webhook URL) is not a text." in text
    assert "swordfish" not in text


def test_a_secret_is_kept_for_five_minutes(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)
    env = put('{"webhook_url": "old"}')
    load(Keys, "slack", env)
    put('{"webhook_url": "new"}')

    monkeypatch.setattr(times, "now", lambda: 1299.0)
    before = load(Keys, "slack", env)
    monkeypatch.setattr(times, "now", lambda: 1300.0)
    after = load(Keys, "slack", env)

    assert (before.webhook_url.reveal(), after.webhook_url.reveal()) == ("old", "new")


def test_an_empty_secret_is_read_anew_each_time(put: Any) -> None:
    complaint(Keys, put(None))

    assert load(Keys, "slack", put('{"webhook_url": "set"}')).webhook_url.reveal() == "set"


def test_secrets_manager_out_of_reach_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(aws, "ATTEMPTS", 1)

    with pytest.raises(Temporary, match=r"Secrets Manager did not answer \(\w+\)\."):
        load(Keys, "slack", {"SLACK_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:1:secret:x"})
