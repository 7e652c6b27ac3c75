"""Commands that bring votes to a sink: `redrive` what failed, `backfill` what is in the table."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from votepipe.dev.commands.stack import sink_names, votes_table
from votepipe.dev.local.processes import End, ended_by_signals
from votepipe.dev.operations.deployment import Deployment, Target, deployment, stack_options
from votepipe.dev.recovery.backfill import Backfill, fillable, replay
from votepipe.dev.recovery.pipe import PipeDeadLetters
from votepipe.dev.recovery.received import OLDER
from votepipe.dev.recovery.redrive import DeadLetters, of_gone, pace_of
from votepipe.emulator.pipes.attempt import Interrupted
from votepipe.plugins import Sink
from votepipe.project import Project
from votepipe.project.names import logical_id, meant, switch
from votepipe.project.plugins import Plugin

PIPE = "pipe"
STOPPED = "Stopped. Run it again for the rest."
GONE = (
    "{} dead letters of a sink that is gone wait in {}. "
    "See docs/operations.md#sink-dead-letters for how to bring them back."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
_pace = click.option(
    "--pace",
    type=click.FloatRange(min=0, min_open=True),
    help="So many a second; by default what the sink's rate limit allows, or 10.",
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(_: click.Context, __: click.Parameter, given: str | None) -> datetime | None:
    """A time, from an age such as 90m, 2h or 3d, or as RFC 3339 has it."""
    if given is None:
        return None
    if age := re.fullmatch(r"(\d{1,6})([smhd])", given):
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter("Write an age such as 90m, 2h, 3d, or a date.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command()
@click.argument("name", required=False, shell_complete=sink_names)
@click.option("--all", "everything", is_flag=True, help="The pipe, then every sink and subscriber.")
@_dry_run
@click.option(
    "--since", callback=moment, metavar="AGE", help="Only events of the last 90m, 2h, 3d."
)
@_pace
@stack_options
def redrive(
    name: str | None,
    everything: bool,
    dry_run: bool,
    since: datetime | None,
    pace: float | None,
    target: Target,
) -> None:
    """Send the dead letters of NAME, such as slack or subscriber_analytics, to it again.

    They go in the order of what happened to each vote, and to nobody else. What was delivered
    since is not sent. After Ctrl-C, run it again for the rest.
    Those of 'pipe' go through it onto the bus; sinks skip what they have delivered.
    """
    project = Project.read()
    by_rule = [each.sink for each in project.subscribers if each.bus]
    known = [PIPE, *(each.name for each in project.sinks), *by_rule]
    if everything == bool(name) or (name and name not in known):
        problem = f"'{name}' has no dead letters here." if name else "Name one, or use --all."
        raise click.UsageError(f"{problem} {meant(name or '', known)}")
    found = deployment(target)
    there = [
        each for each in known[1:] if f"{logical_id(each)}DeadLetters" in found.stack.physical_ids
    ]
    clean = [
        _redriven(found, each, since, pace, dry_run)
        for each in ([name] if name else [PIPE, *there])
    ]
    if everything:
        (pipe,) = found.stack.of_type("AWS::Pipes::Pipe")
        gone = of_gone(found, [pipe, *map(logical_id, there)])
        clean += [False for _ in gone]
        for queue, count in gone.items():
            click.echo(GONE.format(count, queue))
    if not all(clean):
        raise click.exceptions.Exit(1)


def _said(kept: Mapping[str, int]) -> bool:
    """Say what stays; whether nothing does that should not."""
    for reason, count in kept.items():
        click.echo(f"{count} stay among its dead letters: {reason.rstrip('.')}.")
    return not kept.keys() - {OLDER}


def _confirmed() -> bool:
    return not sys.stdin.isatty() or click.confirm("Send them?")


def _redriven(
    found: Deployment, name: str, since: datetime | None, pace: float | None, dry_run: bool
) -> bool:
    """Redrive the dead letters of one; whether all went that should."""
    made = PipeDeadLetters.of(found, since) if name == PIPE else DeadLetters(found, name, since)
    try:
        with ended_by_signals(), made as letters:
            click.echo(letters.plan)
            waiting = letters.to_send or letters.delivered
            if dry_run or not (waiting or letters.kept) or (waiting and not _confirmed()):
                return True
            with _bar(len(letters.to_send)) as sent:
                letters.send(pace or letters.pace, sent)
    except Interrupted as error:
        raise click.ClickException(f"{error} {STOPPED}") from None
    except End:
        raise click.ClickException(STOPPED) from None
    click.echo(letters.said.format(letters.sent, name))
    return _said(letters.kept)


@contextlib.contextmanager
def _bar(length: int) -> Iterator[Callable[[int], object]]:
    """A progress bar, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    bar: Any = click.progressbar(length=length, file=sys.stderr)
    with bar:
        yield bar.update


@click.command()
@click.argument("sink", shell_complete=sink_names)
@click.option("--since", callback=moment, metavar="AGE", required=True, help="Cast since: 30d.")
@click.option("--until", callback=moment, metavar="AGE", help="Cast before: 2h, or a date.")
@click.option("--widget", help="Of this widget alone, which saves reading the whole table.")
@click.option("--archive", is_flag=True, help="Every event from the bus's archive, instead.")
@_dry_run
@_pace
@stack_options
def backfill(
    sink: str,
    since: datetime,
    until: datetime | None,
    widget: str | None,
    archive: bool,
    dry_run: bool,
    pace: float | None,
    target: Target,
) -> None:
    """Send the votes in the table to SINK, as they stand, and to nobody else.

    They go through enrichment again. A vote that the sink has delivered is skipped, and a newer
    state wins. After Ctrl-C, run it again for the rest.
    """
    plugin = _filled(sink)
    found = deployment(target)
    if not found.sinks[sink]:
        raise click.ClickException(f"Sink '{sink}' is off. Deploy with {switch(sink)}=true first.")
    if archive:
        if widget or dry_run or pace:
            raise click.UsageError("--archive goes with --since and --until alone.")
        replay(found, sink, since, until or datetime.now(UTC))
        click.echo(f"EventBridge replays its archive to '{sink}', and to nobody else.")
        return
    try:
        with ended_by_signals():
            votes = Backfill(found, plugin.spec, votes_table(found))
            votes.look(since, until, widget)
            count = len(votes.to_send)
            others = "".join(f", {number} {why}" for why, number in sorted(votes.skipped.items()))
            click.echo(f"Votes for '{sink}': {count} to send{others}.")
            if dry_run or not count or not _confirmed():
                return
            with _bar(count) as sent:
                votes.send(pace or pace_of(found, plugin), sent)
    except End:
        raise click.ClickException(STOPPED) from None
    click.echo(f"Sent {votes.sent} votes to '{sink}', and to nobody else.")
    if rest := count - votes.sent:
        click.echo(f"{rest} are not for it: its rule or the pipe's filter leaves them out.")


def _filled(name: str) -> Plugin[Sink]:
    """The sink to fill. Raises UsageError for one that cannot be."""
    able = fillable()
    if name not in able:
        raise click.UsageError(f"Sink '{name}' cannot be filled. {meant(name, able)}")
    return able[name]
