"""Commands that look at, write and wire plugins: `list`, `new`, `add`, `sync`."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from votepipe.dev.commands import output_options
from votepipe.dev.operations import scaffold
from votepipe.project import Project, checkout
from votepipe.project.names import switch
from votepipe.project.plugins import home
from votepipe.project.sync import files
from votepipe.project.sync.differences import differences


@click.command("list")
@output_options
def list_plugins(as_json: bool) -> None:
    """Show the sinks and enrichers of this checkout."""
    project = Project.survey()
    found: list[dict[str, Any]] = [
        {
            "kind": kind,
            "name": plugin.name,
            "summary": plugin.spec.summary,
            "events": list(getattr(plugin.spec, "events", ())),
            "schedule": getattr(plugin.spec, "schedule", None),
            "enabled": getattr(plugin.spec, "enabled", True),
            "settings": [
                {
                    "name": field.name,
                    "help": field.help,
                    "set by": field.parameter or f"votepipe secret set {plugin.name}",
                }
                for field in plugin.settings
            ],
        }
        for kind, plugins in (("enricher", project.enrichers), ("sink", project.sinks))
        for plugin in plugins
    ]
    found += [
        {"kind": at.parent.name.removesuffix("s"), "name": at.stem, "broken": problem}
        for at, problem in ((home(path), problem) for path, problem in project.broken.items())
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _show(found)
    if project.broken:
        raise SystemExit(1)


def _show(found: Iterable[Mapping[str, Any]]) -> None:
    """Print the plugins for people."""
    for plugin in found:
        if "broken" in plugin:
            click.echo(f"{plugin['kind']} {plugin['name']} is broken. {plugin['broken']}")
            continue
        click.echo(f"{plugin['kind']} {plugin['name']}: {plugin['summary']}")
        if not plugin["enabled"]:
            click.echo(f"  off, unless {switch(plugin['name'])} is 'true'")
        if plugin["events"]:
            click.echo(f"  takes {', '.join(plugin['events'])}")
        if plugin["schedule"]:
            click.echo(f"  runs at {plugin['schedule']}, unless its parameter says otherwise")
        for each in plugin["settings"]:
            click.echo(f"  {each['name']}: {each['help']} ({each['set by']})")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not in step.")
def sync(check: bool) -> None:
    """Write the generated blocks of template.yaml, and the pages of docs/ that follow files."""
    root = checkout()
    stale = files.stale(Project.read(root))
    if template := stale.get(root / "template.yaml"):
        lines = [*differences(*template)]
        for line in lines or ["Comments and empty lines only."]:
            click.echo(line, err=check)
    names = " and ".join(str(path.relative_to(root)) for path in stale)
    if check and stale:
        verb = "is" if len(stale) == 1 else "are"
        raise click.ClickException(f"{names} {verb} not in step. Run: votepipe sync")
    if not check:
        files.write(stale)
        click.echo(f"Written: {names}." if stale else "All is in step.")


@click.command()
@click.argument("kind", type=click.Choice(["sink", "enricher"]))
@click.argument("name")
@click.option("--like", type=click.Choice(scaffold.SINKS), help="What a sink starts from.")
@click.pass_context
def new(ctx: click.Context, kind: scaffold.Kind, name: str, like: str | None) -> None:
    """Write a sink or an enricher, with a test that passes, and sync.

    A sink is --like slack (the default: text to a webhook), http (JSON with a token), mail (SES),
    table (DynamoDB, one of its own) or schedule (a report once a day).
    """
    if kind == "enricher" and like:
        raise click.UsageError("An enricher is like no sink. Leave out --like.")
    root = checkout()
    _write(ctx, root, lambda: scaffold.write(kind, name, root, like or scaffold.SINKS[0]))


@click.command()
@click.argument("name", required=False)
@click.pass_context
def add(ctx: click.Context, name: str | None) -> None:
    """Copy the sink or enricher NAME with its test from examples/, and sync; without NAME, list.

    What it prints last says where its key comes from.
    """
    root = checkout()
    if name:
        plugin, _ = _write(ctx, root, lambda: scaffold.add(name, root))
        click.echo(f"\n{scaffold.docstring(plugin)}")
        return
    for each, path in scaffold.examples(root).items():
        kind = path.parent.name.removesuffix("s")
        click.echo(f"{kind} {each}: {scaffold.docstring(path).splitlines()[0]}")


def _write(ctx: click.Context, root: Path, write: Callable[[], list[Path]]) -> list[Path]:
    """Write a plugin and sync; where that cannot be, all is as it was."""
    template = root / "template.yaml"
    before = template.read_bytes()
    try:
        written = write()
    except scaffold.BadName as error:
        raise click.UsageError(str(error)) from None
    try:
        ctx.invoke(sync)
    except Exception:
        template.write_bytes(before)
        for path in written:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    for path in written:
        click.echo(path.relative_to(root))
    return written
