"""`votepipe sync`: bring template.yaml and docs/sinks.md in step with the plugins."""

import click

from votepipe.project import checkout, sinks_page
from votepipe.project import sync as generator
from votepipe.project.differences import differences


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not in step.")
def sync(check: bool) -> None:
    """Write what plugins need into the marked regions of template.yaml, and docs/sinks.md."""
    root = checkout()
    found = generator.resources(root)
    template, page = root / "template.yaml", root / "docs" / "sinks.md"
    texts = {path: path.read_bytes().decode() for path in (template, page) if path.exists()}
    wanted = {
        template: generator.synced(texts[template], found, generator.enricher_settings(root)),
        page: sinks_page.page(found),
    }
    stale = [path for path, text in texts.items() if text != wanted[path]]
    if template in stale:
        told = [*differences(texts[template], wanted[template])]
        for line in told or ["Comments and empty lines only."]:
            click.echo(line, err=check)
    names = " and ".join(str(path.relative_to(root)) for path in stale)
    if check and stale:
        verb = "is" if len(stale) == 1 else "are"
        raise click.ClickException(f"{names} {verb} not in step with sinks/. Run: votepipe sync")
    for path in stale:
        path.write_bytes(wanted[path].encode())
    if not check:
        click.echo(f"Written: {names}." if stale else "All is in step.")
