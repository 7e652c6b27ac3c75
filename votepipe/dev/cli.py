"""The command line: `votepipe COMMAND`.

Exit codes: 0 success, 1 failure, 2 called wrongly.
"""

import difflib
import importlib
import os
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem, get_completion_class


class Entry(NamedTuple):
    """Where a command is defined, and its line in the list of commands."""

    location: str
    summary: str


# The table of contents.
# A module is imported when its command runs, so that `votepipe --help` stays quick.
COMMANDS = {
    "up": Entry("votepipe.dev.commands.up:up", "Run everything on this machine, until Ctrl-C."),
    "vote": Entry("votepipe.dev.commands.stack:vote", "Cast a vote and write answers to it."),
    "status": Entry("votepipe.dev.commands.stack:status", "Show what is waiting and what failed."),
    "tail": Entry("votepipe.dev.commands.following:tail", "Show each hop of each vote, live."),
    "trace": Entry("votepipe.dev.commands.following:trace", "Show the whole path of one vote."),
    "logs": Entry("votepipe.dev.commands.following:logs", "Show what a sink's function logged."),
    "list": Entry("votepipe.dev.commands.plugins:list_plugins", "Show the sinks and enrichers."),
    "doctor": Entry("votepipe.dev.commands.stack:doctor", "Name what is missing, and the remedy."),
    "demo": Entry(
        "votepipe.dev.commands.records:demo", "Show the path of a vote, without servers."
    ),
    "schemas": Entry("votepipe.dev.commands.schemas:schemas", "Check what other teams rely on."),
    "sync": Entry("votepipe.dev.commands.plugins:sync", "Bring template.yaml in step with sinks/."),
    "new": Entry("votepipe.dev.commands.plugins:new", "Write a new sink or enricher."),
    "add": Entry("votepipe.dev.commands.plugins:add", "Add a sink or enricher from examples/."),
    "check": Entry("votepipe.dev.commands.records:check", "Test a plugin with failures, locally."),
    "ready": Entry("votepipe.dev.commands.up:ready", "Check what the next deploy needs."),
    "secret": Entry("votepipe.dev.commands.stack:secret", "Fill the secret of a sink."),
    "owner-key": Entry(
        "votepipe.dev.commands.front:owner_key", "Make a key for the front's results."
    ),
    "widget": Entry(
        "votepipe.dev.commands.front:widget", "Make a widget, and what to paste for it."
    ),
    "forget": Entry("votepipe.dev.commands.front:forget", "Erase the votes of one reader."),
    "subscribe": Entry(
        "votepipe.dev.commands.subscribers:subscribe", "Subscribe another team to the feed."
    ),
    "unsubscribe": Entry(
        "votepipe.dev.commands.subscribers:unsubscribe", "Take a team out of the feed."
    ),
    "subscribers": Entry(
        "votepipe.dev.commands.subscribers:list_subscribers", "Show who gets the feed, and how."
    ),
    "redrive": Entry("votepipe.dev.commands.recovery:redrive", "Send again what failed."),
    "backfill": Entry(
        "votepipe.dev.commands.recovery:backfill", "Fill a new sink with the votes in the table."
    ),
    "tally": Entry("votepipe.dev.commands.stack:tally", "Recount the votes in the table."),
    "test": Entry("votepipe.dev.commands.records:test", "Run tables of writes and messages."),
    "cost": Entry("votepipe.dev.commands.cost:cost", "Estimate what votes cost a month on AWS."),
    "match": Entry("votepipe.dev.commands.records:match", "Match an event against a pattern."),
    "completion": Entry("votepipe.dev.cli:completion", "Print what completes names in a shell."),
}


class Commands(click.Group):
    """Finds commands in the table above, and suggests the nearest for an unknown name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].location.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete names from the table, without importing any command."""
        names = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the table, without importing any of it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " Run: votepipe --help"
            raise click.UsageError(f"No command named '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Show errors as one line, not as a stack trace."""
        try:
            return super().invoke(ctx)
        # These are click's own, or end the program quietly.
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            raise click.ClickException(_words(error)) from error


def _words(error: Any) -> str:
    """An error for people: unchanged when it is votepipe's, else with how to see more."""
    module = type(error).__module__
    if module.startswith("votepipe."):
        return str(error)
    if module.startswith("botocore."):
        from votepipe.dev.operations.stack import sentence  # which takes its time to import

        return sentence(error)
    text = str(error).rstrip(".")
    return f"{type(error).__name__}: {text}. To see where, put --debug after 'votepipe'."


def _keep_from_proxies() -> None:
    """Reach the local stack without a proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name, "")
        os.environ[name] = f"{known},127.0.0.1,localhost" if known else "127.0.0.1,localhost"


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the stack trace of an error.")
@click.version_option(package_name="votepipe")
def main(debug: bool) -> None:
    """Votes from a DynamoDB stream to Slack, email and wherever people look."""
    _keep_from_proxies()


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands and options in SHELL.

    For bash, put this into ~/.bashrc, and for zsh into ~/.zshrc with 'zsh' in it:

    eval "$(.venv/bin/votepipe completion bash)"

    For fish, put this into ~/.config/fish/config.fish:

    .venv/bin/votepipe completion fish | source
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"click completes nothing in {shell}.")
    click.echo(made(main, {}, "votepipe", "_VOTEPIPE_COMPLETE").source())
