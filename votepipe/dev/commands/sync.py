"""`votepipe sync`: bring template.yaml in step with `sinks/`."""

import difflib

import click

from votepipe.dev import ROOT
from votepipe.dev import sync as generator


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when it is not in step.")
def sync(check: bool) -> None:
    """Write each sink's resources into the marked regions of template.yaml."""
    path = ROOT / "template.yaml"
    before = path.read_bytes().decode()
    found = generator.resources()
    after = generator.synced(before, found)
    if before == after:
        if not check:
            click.echo("template.yaml is in step.")
        return
    if check:
        raise click.ClickException("template.yaml is not in step with sinks/. Run: votepipe sync")
    path.write_bytes(after.encode())
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0):
        if line.endswith(":") and line[0] in "+-" and line[1:4] == "  " + line[3] != " ":
            click.echo(line)
