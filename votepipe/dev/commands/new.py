"""`votepipe new sink NAME`, `votepipe new enricher NAME`: a plugin to start from."""

import click

from votepipe.dev.commands.sync import sync
from votepipe.dev.operations import scaffold
from votepipe.project import checkout


@click.command()
@click.argument("kind", type=click.Choice(["sink", "enricher"]))
@click.argument("name")
@click.pass_context
def new(ctx: click.Context, kind: scaffold.Kind, name: str) -> None:
    """Write a sink or an enricher, with a test that passes, and sync."""
    root = checkout()
    try:
        written = scaffold.write(kind, name, root)
    except scaffold.BadName as error:
        raise click.UsageError(str(error)) from None
    if kind == "sink":
        try:
            ctx.invoke(sync)
        except Exception:
            for path in written:
                path.unlink()
            raise
    for path in written:
        click.echo(path.relative_to(root))
