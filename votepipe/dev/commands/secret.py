"""`votepipe secret set SINK`: fill a sink's secret, from a prompt or from standard input."""

import sys

import click

from votepipe.dev.operations.deployment import deployment, stack_option
from votepipe.dev.operations.secrets import put_secret, values_from
from votepipe.project import sync
from votepipe.project.names import pick


@click.group()
def secret() -> None:
    """Fill the secrets that sinks need."""


@secret.command("set")
@click.argument("sink")
@stack_option
def set_secret(sink: str, stack: str | None) -> None:
    """Put the secret settings of SINK where its function reads them.

    Asks for each; or reads standard input: the bare value, or a JSON object by setting.
    """
    found = pick(sink, {each.name: each for each in sync.resources()}, "sink")
    if not found.secrets:
        raise click.UsageError(f"Sink '{sink}' has no secret. Its settings are in the template.")
    target = deployment(stack)
    if sys.stdin.isatty():
        values = {
            field.name: given
            for field in found.secrets
            if (given := _asked(field.help, required=field.required))
        }
    else:
        values = values_from(sys.stdin.read(), found.secrets)
    if not values:
        raise click.ClickException("Nothing was given, and nothing has changed.")
    put_secret(
        target.session.client("secretsmanager"),
        target.stack.physical_id(f"{found.id}Secret"),
        values,
    )
    click.echo(f"The secret of sink '{sink}' is set; it is in use within five minutes.")


def _asked(text: str, *, required: bool) -> str:
    given: str = click.prompt(
        text, hide_input=True, default=None if required else "", show_default=False
    )
    return given.strip()
