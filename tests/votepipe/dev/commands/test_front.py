"""votepipe/dev/commands/front.py: keys, widgets and forgetting, on the local stack."""

import tomllib
import uuid
from typing import Any

import requests
from click.testing import CliRunner

from votepipe.dev.commands.front import forget, owner_key, widget

RESULTS = '{ results(widgetId: "%s") { votes { votes { voter } } } }'


def run(stack: Any, command: Any, *given: str) -> str:
    result = CliRunner().invoke(command, given, env={"VOTEPIPE_PORT": str(stack.port)})
    assert result.exit_code == 0, result.output
    return result.output


def voters(stack: Any, name: str, key: str) -> Any:
    """The voters of a widget's results; None where the key is not the owner's."""
    answer = requests.post(
        f"{stack.status['api']}/graphql",
        json={"query": RESULTS % name},
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    ).json()
    if answer["data"]["results"] is None:
        return None
    return [vote["voter"] for vote in answer["data"]["results"]["votes"]["votes"]]


def test_a_widget_is_made_voted_on_and_a_reader_forgotten(stack: Any) -> None:
    name, reader = f"widget-{uuid.uuid4().hex[:8]}", f"{uuid.uuid4().hex}@example.com"
    key = stack.status["ownerKey"]

    printed = run(stack, widget, "new", name, "--question", "Why?", "--tool", "ghost")
    address = f"{stack.status['api']}/{name}/thumbsup?voter={reader}&instanceOfJoy=a"
    voted = requests.post(address, timeout=60)

    assert f'widget="{name}"' in printed
    assert "For an email by Ghost:" in printed
    assert "Why?" in voted.text
    words = tomllib.loads(printed.partition("in widgets.toml:")[2])
    assert words == {name: {"questions": {"field_1": "Why?"}}}
    assert voters(stack, name, key) == [reader]

    printed = run(stack, forget, reader, "--yes")

    assert printed.startswith("1 votes and 0 dead letters are deleted.")
    assert voters(stack, name, key) == []


def test_a_mail_tool_that_nobody_knows_is_refused(stack: Any) -> None:
    env = {"VOTEPIPE_PORT": str(stack.port)}
    result = CliRunner().invoke(widget, ["new", "w", "--tool", "pigeon"], env=env)

    assert result.exit_code == 2
    assert "There is no tool 'pigeon'. Use one of: mailchimp, kit," in result.output


def test_a_new_key_leaves_the_one_before_until_it_is_dropped(stack: Any) -> None:
    client = stack.deployment.session.client("secretsmanager")
    secret = stack.deployment.stack.physical_id("ApiSecret")

    before = client.get_secret_value(SecretId=secret)["SecretString"]
    made = run(stack, owner_key).strip()
    held = client.get_secret_value(SecretId=secret)["SecretString"]
    run(stack, owner_key, "--drop")
    after = client.get_secret_value(SecretId=secret)["SecretString"]
    client.put_secret_value(SecretId=secret, SecretString=before)  # as other tests know it

    assert stack.status["ownerKey"] in held
    assert made in held
    assert stack.status["ownerKey"] not in after
    assert made in after
