"""votepipe/dev/commands/stack.py: a secret goes where the sink's function reads it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands.stack import secret


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("slakc", "No sink named 'slakc'. Did you mean 'slack'?"),
        ("log", "Sink 'log' has no secret. Its settings are in the template."),
    ],
)
def test_a_sink_that_takes_none(name: str, said: str) -> None:
    result = CliRunner().invoke(secret, ["set", name])

    assert result.exit_code == 2
    assert said in result.output


@pytest.fixture
def kept(stack) -> Iterator[Any]:
    """The secret of the sink 'webhook', which holds afterwards what it held before."""
    client = stack.deployment.session.client("secretsmanager")
    arn = stack.deployment.stack.physical_id("WebhookSecret")
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    yield lambda: json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    client.put_secret_value(SecretId=arn, SecretString=before)


def put(stack, text: str) -> Result:
    """Set the secret from standard input."""
    return CliRunner().invoke(
        secret, ["set", "webhook"], input=text, env={"VOTEPIPE_PORT": str(stack.port)}
    )


def test_it_is_set_from_standard_input(stack, kept) -> None:
    values = {name: f"the {name}" for name in kept()}

    result = put(stack, json.dumps(values))

    assert result.exit_code == 0
    assert kept() == values
    assert "the " not in result.output.replace("The secret", "")


def test_what_does_not_fit_changes_nothing_and_is_not_shown(stack, kept) -> None:
    before = kept()

    result = put(stack, '{"hush": "very secret"}')

    assert result.exit_code == 1
    assert "very secret" not in f"{result.output} {result.exception}"
    assert kept() == before
