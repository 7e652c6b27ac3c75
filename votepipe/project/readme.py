"""The table of sinks and their settings in README.md, written from the sinks themselves."""

from collections.abc import Iterable

from votepipe.project.sync import SinkResources

START = "<!-- sinks: written by 'votepipe sync' -->"
END = "<!-- end of sinks -->"


def table(found: Iterable[SinkResources]) -> str:
    """The table as Markdown: what a sink does, what it takes, and how its settings are set."""
    rows = [
        "| sink | takes | settings |",
        "|---|---|---|",
        *(f"| `{sink.name}`: {sink.plugin.spec.summary} | {_takes(sink)} | {_settings(sink)} |"
          for sink in found),
    ]  # fmt: skip
    return "\n".join(rows)


def written(readme: str, found: Iterable[SinkResources]) -> str:
    """README's text with the table between its marks written anew."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        return readme
    return f"{before}{START}\n{table(found)}\n{END}{after}"


def _takes(sink: SinkResources) -> str:
    return ", ".join(f"`{event}`" for event in sink.plugin.spec.events) or "its schedule"


def _settings(sink: SinkResources) -> str:
    parameters = [
        f"`{field.parameter}`: {field.help}"
        + (f" (`{field.default_text}`)" if field.default_text else "")
        for field in sink.parameters
    ]
    secrets = [f"secret `{field.name}`: {field.help}" for field in sink.secrets]
    return "<br>".join([*secrets, *parameters]).replace("|", "\\|") or "none"
