"""Commands that show votes on their path, and functions' logs: `tail`, `trace`, `logs`."""

import contextlib
import json
import time
from datetime import UTC, datetime, timedelta

import click

from votepipe.dev.commands import output_options
from votepipe.dev.commands.recovery import moment
from votepipe.dev.commands.stack import sink_names
from votepipe.dev.console.entries import utc
from votepipe.dev.console.watcher import LogReader
from votepipe.dev.operations.deployment import (
    Target,
    deployment,
    stack_options,
)
from votepipe.dev.operations.following import Hop, Journal, Logs, hops_of, is_of
from votepipe.project import Project
from votepipe.project.names import logical_id, meant

ENRICH = "enrich"  # its resources are named like a sink's
PAUSE = 1.0  # seconds between two looks


@click.command()
@click.option("--vote", default="", help="Only this vote or event, by its id.")
@click.option("--sink", help="Only what this sink did.")
@click.option(
    "--outcome",
    type=click.Choice(["passed", "waiting", "stopped", "failed"]),
    help="Only hops that ended like this.",
)
@output_options
@stack_options
def tail(vote: str, sink: str | None, outcome: str | None, as_json: bool, target: Target) -> None:
    """Show each hop of each vote as it happens, until Ctrl-C.

    On AWS these are what the functions log: enrichment and sinks.
    """
    found = deployment(target)
    source = Journal(found.console) if found.console else Logs(found, datetime.now(UTC))
    source.read()  # what was there before
    click.echo("Waiting for votes. Ctrl-C ends it.", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for hop in source.read():
                about = hop.get("facts", {}).get("sink")
                if is_of(hop, vote) and sink in (None, about) and outcome in (None, hop["state"]):
                    click.echo(_json(hop) if as_json else _line(hop))
            time.sleep(PAUSE)


@click.command()
@click.argument("vote")
@click.option(
    "--since", callback=moment, metavar="AGE", help="On AWS: how far back, by default 1d."
)
@output_options
@stack_options
def trace(vote: str, since: datetime | None, as_json: bool, target: Target) -> None:
    """Show the whole path of VOTE, by its id or the id of one of its events."""
    hops = hops_of(deployment(target), vote, since or datetime.now(UTC) - timedelta(days=1))
    if not hops:
        raise click.ClickException(f"Nothing is known of '{vote}'. On AWS, try --since 14d.")
    if as_json:
        click.echo("\n".join(map(_json, hops)))
        return
    began = datetime.fromisoformat(hops[0]["at"])
    for hop in hops:
        after = (datetime.fromisoformat(hop["at"]) - began).total_seconds()
        click.echo(f"{after:+9.3f} s  {_line(hop)}")


@click.command()
@click.argument("sink", shell_complete=sink_names)
@click.option("--since", callback=moment, metavar="AGE", help="How far back, by default 1h.")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
@stack_options
def logs(sink: str, since: datetime | None, follow: bool, target: Target) -> None:
    """Show what the function of SINK logged; 'enrich' is the one that makes events."""
    known = [*(each.name for each in Project.survey().sinks), ENRICH]
    if sink not in known:
        raise click.UsageError(f"No sink named '{sink}'. {meant(sink, known)}")
    found = deployment(target)
    group = found.stack.physical_id(f"{logical_id(sink)}Logs")
    start = since or datetime.now(UTC) - timedelta(hours=1)
    milliseconds = int(start.timestamp() * 1000)
    reader = LogReader(found.session.client("logs"), group, since=milliseconds, pattern="")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for at, text in reader.read():
                click.echo(f"{utc(at / 1000)}  {text.rstrip()}")
            if not follow:
                return
            time.sleep(PAUSE)


def _json(hop: Hop) -> str:
    return json.dumps(hop, ensure_ascii=False)


def _line(hop: Hop) -> str:
    """A hop in one line: when, of which vote, where, how it ended, and why."""
    about = str(hop.get("voteId") or hop.get("eventId", ""))[:8]
    where = f"{hop['stage']:11}  {hop['state']:7}  {hop.get('type', ''):13}"
    return f"{hop['at'][11:23]}  {about:8}  {where}  {hop['text']}"
