"""`votepipe tally rebuild`: count the votes of the table anew."""

import click

from votepipe.dev.operations.deployment import Deployment, deployment, stack_option
from votepipe.dev.operations.recount import Recount, Result
from votepipe.tally import Tally


@click.group()
def tally() -> None:
    """Look after the counts of votes."""


@tally.command()
@stack_option
def rebuild(stack: str | None) -> None:
    """Count the votes in the table anew, while votes go on."""
    found = deployment(stack)
    counts = Tally(found.session.client("dynamodb"), found.stack.physical_id("TallyTable"))
    for line in _told(Recount(counts, _votes_table(found)).run()):
        click.echo(line)


def _votes_table(found: Deployment) -> str:
    """The name of the votes table: the stack's own, or the one whose stream it was given."""
    stream = found.stack.parameters.get("VoteStreamArn", "")
    if stream:
        return stream.partition(":table/")[2].partition("/")[0]
    return found.stack.physical_id("VotesTable")


def _told(result: Result) -> list[str]:
    lines = [
        f"{result.votes} votes are counted; {result.moved} were counted otherwise or not at all.",
        f"{result.counters} counters were not the sum of their votes, and are now.",
    ]
    if result.unreadable:
        lines.append(f"{result.unreadable} items of the table are no votes, and are left as is.")
    if result.busy:
        lines.append(f"{result.busy} counters moved all the while. Run it again to check them.")
    return lines
