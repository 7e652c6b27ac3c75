"""`votepipe demo`: a vote's way through the real code, in one process, without any server."""

import click

from votepipe.dev.operations import demo as story


@click.command()
def demo() -> None:
    """Push the sample records through filter, enrichment, bus and the Slack sink."""
    for line in story.lines():
        click.echo(line)
