"""Commands that show votes on their path: `tail`, `trace`."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

import click

from votepipe.dev.commands.recovery import moment
from votepipe.dev.operations.deployment import deployment, stack_option
from votepipe.dev.operations.following import Hop, Journal, Logs, hops_of, is_of

PAUSE = 1.0  # seconds between two looks


@click.command()
@click.option("--vote", default="", help="Only this vote or event, by its id.")
@click.option("--sink", help="Only what this sink did.")
@click.option(
    "--outcome",
    type=click.Choice(["passed", "waiting", "stopped", "failed"]),
    help="Only hops that ended like this.",
)
@stack_option
def tail(vote: str, sink: str | None, outcome: str | None, stack: str | None) -> None:
    """Show each hop of each vote as it happens, until Ctrl-C.

    On AWS these are what the functions log: enrichment and sinks.
    """
    found = deployment(stack)
    source = Journal(found.console) if found.console else Logs(found, datetime.now(UTC))
    source.read()  # what was there before
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for hop in source.read():
                about = hop.get("facts", {}).get("sink")
                if is_of(hop, vote) and sink in (None, about) and outcome in (None, hop["state"]):
                    click.echo(_line(hop))
            time.sleep(PAUSE)


@click.command()
@click.argument("vote")
@click.option(
    "--since", callback=moment, metavar="AGE", help="On AWS: how far back, by default 1d."
)
@stack_option
def trace(vote: str, since: datetime | None, stack: str | None) -> None:
    """Show the whole path of VOTE, by its id or the id of one of its events."""
    hops = hops_of(deployment(stack), vote, since or datetime.now(UTC) - timedelta(days=1))
    if not hops:
        raise click.ClickException(f"Nothing is known of '{vote}'. On AWS, try --since 14d.")
    began = datetime.fromisoformat(hops[0]["at"])
    for hop in hops:
        after = (datetime.fromisoformat(hop["at"]) - began).total_seconds()
        click.echo(f"{after:+9.3f} s  {_line(hop)}")


def _line(hop: Hop) -> str:
    """A hop in one line: when, of which vote, where, how it ended, and why."""
    about = str(hop.get("voteId") or hop.get("eventId", ""))[:8]
    where = f"{hop['stage']:11}  {hop['state']:7}  {hop.get('type', ''):13}"
    return f"{hop['at'][11:23]}  {about:8}  {where}  {hop['text']}"
