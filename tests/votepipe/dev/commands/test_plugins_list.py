"""votepipe/dev/commands/plugins.py: the plugins of the checkout, for people and for programs."""

import json

from click.testing import CliRunner

from votepipe.dev.commands.plugins import list_plugins
from votepipe.project import Project


def test_people_see_each_with_what_it_takes_and_needs() -> None:
    result = CliRunner().invoke(list_plugins)

    lines = result.output.splitlines()
    for plugin in Project.read().sinks:
        assert f"sink {plugin.name}: {plugin.spec.summary}" in lines
        if plugin.spec.events:
            assert f"  takes {', '.join(plugin.spec.events)}" in lines
        for field in plugin.settings:
            how = field.parameter or f"votepipe secret set {plugin.name}"
            assert f"  {field.name}: {field.help} ({how})" in lines


def test_programs_get_json() -> None:
    result = CliRunner().invoke(list_plugins, ["--json"])

    found = json.loads(result.output)
    assert [(each["kind"], each["name"]) for each in found] == [
        *(("enricher", plugin.name) for plugin in Project.read().enrichers),
        *(("sink", plugin.name) for plugin in Project.read().sinks),
    ]
