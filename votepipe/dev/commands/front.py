"""Commands for the front and its readers: `owner-key`, `widget`, `forget`."""

import json
import secrets
import sys
from typing import Any

import click
import requests

from votepipe.dev.commands.stack import votes_table
from votepipe.dev.operations.deployment import Deployment, Target, deployment, stack_options
from votepipe.dev.operations.secrets import put_secret, secret_values
from votepipe.dev.recovery.forget import forget as erase
from votepipe.project import checkout

SAVE = """
  mutation ($widgetId: String, $widgetType: String!, $followupQuestions: String) {
    saveWidget(userId: "owner", widgetId: $widgetId, widgetType: $widgetType,
               followupQuestions: $followupQuestions) { widgetId }
  }
"""


def _keys(found: Deployment) -> tuple[Any, str, dict[str, Any]]:
    """A client, the front's secret, and what it holds."""
    secret = found.stack.physical_ids.get("ApiSecret")
    if secret is None:
        raise click.ClickException(
            f"Stack '{found.name}' has no front. "
            "Deploy with ApiEnabled=true and TallyEnabled=true first."
        )
    client: Any = found.session.client("secretsmanager")
    return client, secret, secret_values(client, secret)


@click.command("owner-key")
@click.option("--drop", is_flag=True, help="Make none; end the one before.")
@stack_options
def owner_key(drop: bool, target: Target) -> None:
    """Make a new key for the front's owner, and print it.

    The key before stays valid until the next one, or until --drop.
    """
    client, secret, held = _keys(deployment(target))
    if drop:
        put_secret(client, secret, held | {"previous_owner_key": ""})
        click.echo("Only the newest key is valid now, within five minutes.")
        return
    made = secrets.token_urlsafe(24)
    before = held.get("owner_key", "")
    put_secret(client, secret, held | {"owner_key": made, "previous_owner_key": before})
    click.echo(made)


@click.group()
def widget() -> None:
    """Make widgets, and what to paste into pages and emails."""


@widget.command("new")
@click.argument("name")
@click.option("--type", "kind", default="article", show_default=True, help="What is voted on.")
@click.option("--question", "questions", multiple=True, help="Asked after it; may be given again.")
@click.option("--tool", default="other", show_default=True, help="The mail tool, such as ghost.")
@stack_options
def new_widget(name: str, kind: str, questions: tuple[str, ...], tool: str, target: Target) -> None:
    """Save the widget NAME at the front, and print what to paste."""
    # The front of this checkout, not one beside the library that was installed.
    sys.path.insert(0, str(checkout()))
    from api.pages.snippet import TOOLS, page_element, snippet

    if tool not in TOOLS:
        raise click.UsageError(f"There is no tool '{tool}'. Use one of: {', '.join(TOOLS)}.")
    found = deployment(target)
    _, _, held = _keys(found)
    if not (key := held.get("owner_key")):
        raise click.ClickException("The front has no owner yet. Run: votepipe owner-key")
    url = found.stack.outputs["ApiUrl"] if target.stack else target.status["api"]
    asked = [{"id": number, "label": text} for number, text in enumerate(questions, start=1)]
    variables = {"widgetId": name, "widgetType": kind, "followupQuestions": json.dumps(asked)}
    answer = requests.post(
        f"{url}/graphql",
        json={"query": SAVE, "variables": variables},
        headers={"Authorization": f"Bearer {key}"},
        timeout=30,
    ).json()
    if errors := answer.get("errors"):
        raise click.ClickException(errors[0]["message"])
    click.echo(f"For a page:\n\n{page_element(url, name)}\n")
    click.echo(f"For an email by {TOOLS[tool].name}:\n\n{snippet(url, name, tool)}")
    if questions:
        click.echo(
            f"\nFor messages to show the questions, in widgets.toml:\n\n{_words(name, asked)}"
        )


def _words(name: str, asked: list[dict[str, Any]]) -> str:
    """The questions of a widget as TOML, in which a quoted text reads as in JSON."""
    lines = [
        f"field_{each['id']} = {json.dumps(each['label'], ensure_ascii=False)}" for each in asked
    ]
    return "\n".join([f"[{json.dumps(name, ensure_ascii=False)}.questions]", *lines])


@click.command()
@click.argument("voter")
@click.option("--yes", is_flag=True, help="Do not ask.")
@stack_options
def forget(voter: str, yes: bool, target: Target) -> None:
    """Erase the votes of VOTER, as stored, and what of them failed.

    Reads the whole votes table. What was posted stays there; Slack's bot strikes it out.
    """
    found = deployment(target)
    if not yes:
        click.confirm(f"Erase every vote of this reader in stack '{found.name}'?", abort=True)
    gone = erase(found, votes_table(found), voter)
    click.echo(f"{gone.votes} votes and {gone.letters} dead letters are deleted.")
    if gone.unread:
        click.echo(f"{gone.unread} dead letters hold no event, and stay. See: votepipe redrive")
    if found.stack.parameters.get("ArchiveDays", "0") != "0":
        click.echo(
            "The archive of the bus keeps its events until they expire; none can be deleted."
        )
