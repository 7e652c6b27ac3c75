"""`votepipe list`: the sinks and enrichers that are there, and what each needs."""

import json
from typing import Any

import click

from votepipe.project import Project


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_plugins(as_json: bool) -> None:
    """Show the sinks and enrichers of this checkout."""
    project = Project.read()
    found: list[dict[str, Any]] = [
        {
            "kind": kind,
            "name": plugin.name,
            "summary": plugin.spec.summary,
            "events": list(getattr(plugin.spec, "events", ())),
            "schedule": getattr(plugin.spec, "schedule", None),
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
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for plugin in found:
        click.echo(f"{plugin['kind']} {plugin['name']}: {plugin['summary']}")
        if plugin["events"]:
            click.echo(f"  takes {', '.join(plugin['events'])}")
        if plugin["schedule"]:
            click.echo(f"  runs at {plugin['schedule']}, unless its parameter says otherwise")
        for each in plugin["settings"]:
            click.echo(f"  {each['name']}: {each['help']} ({each['set by']})")
