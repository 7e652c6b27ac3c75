"""`votepipe vote`: cast a vote and answer questions, as a reader would."""

import click

from votepipe.dev.operations.casting import answer, cast
from votepipe.dev.operations.deployment import deployment, stack_option


def _answers(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    answers = dict(pair.partition("=")[::2] for pair in pairs)
    if not all("=" in pair for pair in pairs) or "" in answers:
        raise click.BadParameter("Write FIELD=TEXT, for example field_1='More of this'.")
    return answers


@click.command()
@click.argument("kind", type=click.Choice(["up", "down"]), default="up")
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
@stack_option
def vote(
    kind: str,
    widget: str,
    instance: str | None,
    voter: str | None,
    answers: dict[str, str],
    stack: str | None,
) -> None:
    """Cast a vote, 'up' or 'down', and write each answer after it."""
    found = deployment(stack)
    keys = cast(
        found.table,
        vote_type=f"thumbs{kind}",
        widget_id=widget,
        instance_of_joy=instance,
        voter=voter,
    )
    for field, text in answers.items():
        answer(found.table, keys["widgetId"], keys["voteId"], field, text)
    click.echo(f"Cast vote {keys['voteId']} in widget '{widget}', {1 + len(answers)} writes.")
    if found.console:
        click.echo(f"See its way at {found.console}/")
