"""The command line: `votepipe COMMAND`.

Exit codes: 0 it worked, 1 it failed, 2 it was called wrongly.
"""

import difflib
import importlib
from typing import Any

import click

# The table of contents: a command's name and where it stands.
# A module is imported when its command runs, so that `votepipe --help` stays quick.
COMMANDS = {
    "up": "votepipe.dev.commands.up:up",
    "vote": "votepipe.dev.commands.vote:vote",
    "status": "votepipe.dev.commands.status:status",
    "list": "votepipe.dev.commands.plugins:list_plugins",
    "doctor": "votepipe.dev.commands.doctor:doctor",
    "demo": "votepipe.dev.commands.demo:demo",
    "sync": "votepipe.dev.commands.sync:sync",
    "new": "votepipe.dev.commands.new:new",
    "secret": "votepipe.dev.commands.secret:secret",
    "match": "votepipe.dev.patterns.command:match",
}


class Commands(click.Group):
    """Finds commands by the table above; an unknown name gets the nearest known one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command may have been meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " Run: votepipe --help"
            raise click.UsageError(f"No command named '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Show the errors that are meant for people as one line, not as a stack trace."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if ctx.params.get("debug") or not _for_people(error):
                raise
            raise click.ClickException(str(error)) from error


def _for_people(error: Exception) -> bool:
    """Whether an error is one that votepipe raises on purpose, with a text that helps."""
    return type(error).__module__.startswith("votepipe.")


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the stack trace of an error.")
@click.version_option(package_name="votepipe")
def main(debug: bool) -> None:
    """Votes from a DynamoDB stream to Slack, email and wherever people look."""
