"""`votepipe sync`: bring template.yaml in step with `sinks/` and `enrichers/`."""

import click

from votepipe.dev import ROOT
from votepipe.dev import sync as generator
from votepipe.dev.differences import differences


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when it is not in step.")
def sync(check: bool) -> None:
    """Write what plugins need into the marked regions of template.yaml."""
    path = ROOT / "template.yaml"
    before = path.read_bytes().decode()
    after = generator.synced(before, generator.resources(), generator.enricher_settings())
    if before == after:
        if not check:
            click.echo("template.yaml is in step.")
        return
    for line in [*differences(before, after)] or ["Comments and empty lines only."]:
        click.echo(line, err=check)
    if check:
        raise click.ClickException("template.yaml is not in step with sinks/. Run: votepipe sync")
    path.write_bytes(after.encode())
