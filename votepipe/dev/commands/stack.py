"""Commands that work on a stack: `vote`, `status`, `doctor`, `secret`, `tally`."""

import contextlib
import dataclasses
import itertools
import json
import sys

import click

from votepipe.dev.commands import output_options
from votepipe.dev.doctor import Finding
from votepipe.dev.doctor.machine import look_at_machine
from votepipe.dev.doctor.stack import look_at_stack
from votepipe.dev.operations.casting import answer, cast
from votepipe.dev.operations.deployment import (
    Deployment,
    NotUp,
    Target,
    deployment,
    stack_options,
)
from votepipe.dev.operations.recount import Recount, Result
from votepipe.dev.operations.secrets import put_secret, values_from
from votepipe.dev.operations.stack import StackError
from votepipe.project import NoCheckout, checkout, sync
from votepipe.project.names import meant, switch
from votepipe.project.plugins import home, modules
from votepipe.tally import Tally


def sink_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The sinks of this checkout, for the completion of a shell."""
    with contextlib.suppress(NoCheckout):
        names = [home(path).stem for path in modules(checkout() / "sinks")]
        return [name for name in names if name.startswith(incomplete)]
    return []


def _answers(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    answers = dict(pair.partition("=")[::2] for pair in pairs)
    if not all("=" in pair for pair in pairs) or "" in answers:
        raise click.BadParameter("Write FIELD=TEXT, for example field_1='More of this'.")
    return answers


@click.command()
@click.argument("kind", type=click.Choice(["up", "down"]), required=False)
@click.option("--widget", default="post-footer", show_default=True, help="Where it was asked.")
@click.option("--instance", help="What was voted on.")
@click.option("--voter", help="Who votes.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    callback=_answers,
    metavar="FIELD=TEXT",
    help="An answer, each a write of its own; may be given again.",
)
@stack_options
def vote(
    kind: str | None,
    widget: str,
    instance: str | None,
    voter: str | None,
    answers: dict[str, str],
    target: Target,
) -> None:
    """Cast a vote, 'up' or 'down', and write each answer after it.

    Without either, asks on a terminal, and else casts 'up'.
    """
    found = deployment(target)
    if kind is None and sys.stdin.isatty():
        kind = click.prompt("Vote", type=click.Choice(["up", "down"]), default="up")
        instance = instance or click.prompt("On what", default="using-dynamodb-streams")
        click.confirm(f"Cast it in stack '{found.name}'?", default=True, abort=True)
    keys = cast(
        found.table,
        vote_type=f"thumbs{kind or 'up'}",
        widget_id=widget,
        instance_of_joy=instance,
        voter=voter,
    )
    for field, text in answers.items():
        answer(found.table, keys["widgetId"], keys["voteId"], field, text)
    click.echo(f"Cast vote {keys['voteId']} in widget '{widget}', {1 + len(answers)} writes.")
    if found.console:
        click.echo(f"See its path at {found.console}/")


@click.command()
@output_options
@stack_options
def status(as_json: bool, target: Target) -> None:
    """Show where the stack is and how many messages its queues hold."""
    found = deployment(target)
    facts = {**found.stack.outputs, "sinks": found.sinks} if target.stack else target.status
    queues = {name: _counts(found, name) for name in found.stack.of_type("AWS::SQS::Queue")}
    if as_json:
        click.echo(json.dumps({**facts, **queues}, indent=2))
        return
    for name, fact in facts.items():
        if isinstance(fact, str) and fact:
            click.echo(f"{name:<24}{fact}")
    for title, on in (("sinks on", True), ("sinks off", False)):
        names = ", ".join(name for name, state in found.sinks.items() if state is on)
        click.echo(f"{title:<24}{names or '-'}")
    click.echo(f"\n{'queue':<32}{'waiting':>9}{'in flight':>11}")
    for name, counts in queues.items():
        click.echo(f"{name:<32}{counts['waiting']:>9}{counts['in flight']:>11}")


def _counts(found: Deployment, queue: str) -> dict[str, int]:
    """How many messages a queue holds, by its logical id."""
    counts = found.session.client("sqs").get_queue_attributes(
        QueueUrl=found.stack.physical_id(queue),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return {
        "waiting": int(counts["ApproximateNumberOfMessages"]),
        "in flight": int(counts["ApproximateNumberOfMessagesNotVisible"]),
    }


@click.command()
@output_options
@stack_options
def doctor(target: Target, as_json: bool) -> None:
    """Check this machine and a stack; name what is missing, with its remedy."""
    try:
        of_stack = look_at_stack(deployment(target))
    except (NotUp, StackError) as error:
        of_stack = iter([Finding("No stack was looked at.", str(error))])
    found = []
    for finding in itertools.chain(look_at_machine(), of_stack):
        found.append(finding)
        if not as_json:
            click.echo(f"{'✗' if finding.remedy else '✓'} {finding.fact}")
            if finding.remedy:
                click.echo(f"    → {finding.remedy}")
    if as_json:
        click.echo(
            json.dumps([dataclasses.asdict(each) for each in found], indent=2, ensure_ascii=False)
        )
    if any(finding.remedy for finding in found):
        raise click.exceptions.Exit(1)


@click.group()
def secret() -> None:
    """Fill the secrets that sinks need."""


@secret.command("set")
@click.argument("sink", shell_complete=sink_names)
@stack_options
def set_secret(sink: str, target: Target) -> None:
    """Put the secret settings of SINK where its function reads them.

    Asks for each; or reads standard input: the bare value, or a JSON object by setting.
    """
    known = {each.name: each for each in sync.resources()}
    if sink not in known:
        raise click.UsageError(f"No sink named '{sink}'. {meant(sink, known)}")
    found = known[sink]
    if not found.secrets:
        raise click.UsageError(f"Sink '{sink}' has no secret. Its settings are in the template.")
    there = deployment(target)
    if not there.sinks[sink]:
        raise click.ClickException(
            f"Sink '{sink}' is off in stack '{there.name}', so it has no secret. "
            f"Deploy with {switch(sink)}=true first."
        )
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
        there.session.client("secretsmanager"),
        there.stack.physical_id(f"{found.id}Secret"),
        values,
    )
    click.echo(f"The secret of sink '{sink}' is set; it is in use within five minutes.")


def _asked(text: str, *, required: bool) -> str:
    given: str = click.prompt(
        text, hide_input=True, default=None if required else "", show_default=False
    )
    return given.strip()


@click.group()
def tally() -> None:
    """Maintain the counts of votes."""


@tally.command()
@stack_options
def rebuild(target: Target) -> None:
    """Recount the votes in the table, while new ones arrive."""
    found = deployment(target)
    counts = Tally(found.session.client("dynamodb"), found.stack.physical_id("TallyTable"))
    for line in _lines(Recount(counts, votes_table(found)).run()):
        click.echo(line)


def votes_table(found: Deployment) -> str:
    """The name of the votes table: the stack's own, or the one whose stream it was given."""
    stream = found.stack.parameters.get("VoteStreamArn", "")
    if stream:
        return stream.partition(":table/")[2].partition("/")[0]
    return found.stack.physical_id("VotesTable")


def _lines(result: Result) -> list[str]:
    lines = [
        f"{result.votes} votes are counted; {result.moved} were counted differently or not at all.",
        f"{result.counters} counters were not the sum of their votes, and are now.",
    ]
    if result.unreadable:
        lines.append(f"{result.unreadable} items of the table are not votes, and stay as they are.")
    if result.busy:
        lines.append(f"{result.busy} counters changed meanwhile. Run it again to check them.")
    if result.pending:
        lines.append(f"{result.pending} answers of an earlier version will be in the next digest.")
    return lines
