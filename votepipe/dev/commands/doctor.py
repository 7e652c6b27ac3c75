"""`votepipe doctor`: what is missing, and what to do about it."""

import itertools

import click

from votepipe.dev.operations import doctor as checks
from votepipe.dev.operations.deployment import NotUp, deployment, stack_option


@click.command()
@stack_option
def doctor(stack: str | None) -> None:
    """Look at this machine and at a stack; say what is missing, each with its remedy."""
    try:
        of_stack = checks.stack(deployment(stack))
    except NotUp as error:
        of_stack = iter([checks.Finding("No stack was looked at.", str(error))])
    missing = 0
    for finding in itertools.chain(checks.machine(), of_stack):
        click.echo(f"{'✗' if finding.remedy else '✓'} {finding.fact}")
        if finding.remedy:
            missing += 1
            click.echo(f"    → {finding.remedy}")
    if missing:
        raise click.exceptions.Exit(1)
