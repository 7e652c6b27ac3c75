"""votepipe/dev/local/settings.py: settings of sinks change on the running local stack."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.local.sam import ParameterError
from votepipe.dev.local.settings import SettingError, SinkSettings
from votepipe.dev.operations.secrets import put_secret, secret_values


@pytest.fixture
def given() -> dict[str, str]:
    """What later deployments of this run repeat."""
    return {}


@pytest.fixture
def settings(stack: Any, given: dict[str, str]) -> Iterator[SinkSettings]:
    """The settings of the stack, as they were again afterwards."""
    root = Path(__file__).parents[4]
    found = SinkSettings(stack.deployment, given, url=stack.url, root=root)
    before = dict(found.deployment.stack.parameters)
    yield found
    found.change("slack", {}, bot=False)
    found._update({name: before[name] for name in given})


def shown(settings: SinkSettings, sink: str) -> dict[str, Any]:
    (found,) = (each for each in settings.shown() if each["sink"] == sink)
    return found


def environment(settings: SinkSettings, function: str) -> dict[str, str]:
    client: Any = settings.deployment.session.client("lambda")
    name = settings.deployment.stack.physical_id(function)
    found: dict[str, str] = client.get_function_configuration(FunctionName=name)["Environment"][
        "Variables"
    ]
    return found


def test_a_broken_sink_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "sinks").mkdir()
    (tmp_path / "sinks" / "chat.py").write_text(
        '"""Chat."""\nfrom votepipe import sink\n\n'
        '@sink(events=["VoteCast"])\ndef handler(event):\n    pass\n'
    )
    (tmp_path / "sinks" / "broken.py").write_text("def")
    stack = SimpleNamespace(parameters={"ChatEnabled": "true"}, physical_ids={})
    deployment: Any = SimpleNamespace(stack=stack)

    (found,) = SinkSettings(deployment, {}, url="", root=tmp_path).shown()

    assert (found["sink"], found["enabled"], found["bot"]) == ("chat", True, None)


def test_a_change_is_in_force_and_repeated_by_later_deployments(
    settings: SinkSettings, given: dict[str, str]
) -> None:
    settings.change("settle", {"QuietPeriodSeconds": "7"})

    (quiet, _) = shown(settings, "settle")["settings"]
    assert (quiet["parameter"], quiet["value"]) == ("QuietPeriodSeconds", "7")
    assert environment(settings, "SettleSink")["SETTLE_QUIET_PERIOD_SECONDS"] == "7"
    assert given == {"QuietPeriodSeconds": "7"}


def test_a_sink_goes_off_and_on_again(settings: SinkSettings) -> None:
    settings.change("webhook", {"WebhookEnabled": "false"})
    off = shown(settings, "webhook")["enabled"]
    settings.change("webhook", {"WebhookEnabled": "true"})

    assert (off, shown(settings, "webhook")["enabled"]) == (False, True)
    # Its secret is a new one, and points to the receiver again.
    secret = settings.deployment.stack.physical_id("WebhookSecret")
    held = secret_values(settings.deployment.session.client("secretsmanager"), secret)
    assert held["url"].endswith("/receive/webhook")


def test_slack_posts_as_a_bot_and_by_its_webhook_again(settings: SinkSettings) -> None:
    settings.change("slack", {}, bot=True)
    bot = shown(settings, "slack")["bot"], environment(settings, "SlackSink")
    settings.change("slack", {}, bot=False)

    assert bot[0] is True
    assert bot[1]["SLACK_API_URL"].endswith("/receive/slack/api/")
    assert bot[1]["SLACK_CHANNEL"] == "C0LOCAL"
    assert shown(settings, "slack")["bot"] is False


def test_a_token_of_ones_own_stays(settings: SinkSettings) -> None:
    client = settings.deployment.session.client("secretsmanager")
    secret = settings.deployment.stack.physical_id("SlackSecret")
    before = secret_values(client, secret)
    put_secret(client, secret, {"bot_token": "xoxb-own"})

    with pytest.raises(SettingError, match="votepipe secret set slack"):
        settings.change("slack", {}, bot=False)

    put_secret(client, secret, before)


@pytest.mark.parametrize(
    ("sink", "parameters", "error", "says"),
    [
        ("slak", {}, SettingError, "Did you mean 'slack'?"),
        ("slack", {"SlackThread": "true"}, SettingError, "Did you mean 'SlackThreads'?"),
        ("slack", {"QuietPeriodSeconds": "5"}, SettingError, "'slack' has no"),
        ("slack", {"SlackThreads": "maybe"}, ParameterError, "Choose one of"),
    ],
)
def test_what_cannot_be_set_is_refused(
    settings: SinkSettings, sink: str, parameters: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says.replace("?", r"\?")):
        settings.change(sink, parameters)


def test_a_sink_without_a_bot_has_none(settings: SinkSettings) -> None:
    assert shown(settings, "webhook")["bot"] is None

    with pytest.raises(SettingError, match="by its own secret"):
        settings.change("webhook", {}, bot=True)
