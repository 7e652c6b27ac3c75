"""docs/sinks.md: what each sink does and how it is set up, written from the sinks themselves."""

from collections.abc import Iterable

from votepipe.plugins.fields import Field
from votepipe.project.names import switch
from votepipe.project.subscribers import FEED_BUS
from votepipe.project.sync import SinkResources

INTRODUCTION = """\
# Sinks and their settings

<!-- Written by 'votepipe sync' from the files in sinks/. Edit those. -->

Every sink in `sinks/` is deployed, on or off, as its parameter `…Enabled` says.
`…Concurrency` limits how many of its functions run at once, `…Memory` is what each has ([scale.md](scale.md)).
One that is off gets no events, has no alarm and no secret, and costs nothing; on your machine all are on.
What waits in the queue of a sink that is switched off stays there up to 14 days, and goes on when it is on again.
Its secret stays in the account for 0.40 USD a month until you delete it; switched on again, the sink gets a new one, to be set again.

Set template parameters with `make up PARAMETERS="Name=Value …"` on your machine, and in `samconfig.toml` (`parameter_overrides`) to deploy.
Set secrets with `.venv/bin/votepipe secret set SINK --stack votepipe-dev`; they never belong in a file.
"""  # noqa: E501 - Markdown has one sentence per line


def page(sinks: Iterable[SinkResources]) -> str:
    """The whole page as Markdown, a section for each sink that is a file of its own."""
    own = [sink for sink in sinks if sink.plugin.bus != FEED_BUS]
    return "\n".join([INTRODUCTION, *map(_section, own)])


def _section(sink: SinkResources) -> str:
    parts = [f"## {sink.name}", sink.plugin.words, _takes(sink), _settings(sink)]
    return "\n\n".join(parts) + "\n"


def _takes(sink: SinkResources) -> str:
    events = ", ".join(f"`{event}`" for event in sink.plugin.spec.events)
    if not events:
        schedule = sink.plugin.spec.schedule
        return (
            f"Runs on the schedule in `{sink.id}Schedule` (`{schedule}`), "
            f"by the time zone in `{sink.id}Timezone`."
        )
    added = [
        f"; with `{field.parameter}` also {', '.join(f'`{event}`' for event in field.events)}"
        for field in sink.parameters
        if field.events
    ]
    return f"Takes {events}{''.join(added)}."


def _settings(sink: SinkResources) -> str:
    on = "true" if sink.plugin.spec.enabled else "false"
    rows = [f"| `{switch(sink.name)}` | Whether it is on | `{on}` |"]
    rows += [_row(f"secret `{field.name}`", field) for field in sink.secrets]
    rows += [_row(f"`{field.parameter}`", field) for field in sink.parameters]
    return "\n".join(["| setting | what it is | default |", "|---|---|---|", *rows])


def _row(name: str, field: Field) -> str:
    default = "must be set" if field.required else ""
    if field.default_text:
        default = f"`{field.default_text}`"
    return " | ".join([f"| {name}", _escaped(field.help), f"{_escaped(default)} |"])


def _escaped(text: str) -> str:
    """Text that does not end the cell of a table."""
    return text.replace("|", "\\|")
