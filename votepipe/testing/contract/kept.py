"""What a sink on a schedule finds: what the sinks beside it kept of events, and the votes."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from votepipe import Event, Skip
from votepipe.plugins import Sink
from votepipe.project import plugins
from votepipe.project.plugins import Plugin

_VOTES = "VotesTable"


def keep(plugin: Plugin[Sink], event: Mapping[str, Any], tables: Mapping[str, str]) -> None:
    """Hand an event to the sinks that keep what this one reads, and write its vote.

    `tables` are the tables that this one reads, by the variables that name them.
    """
    if _VOTES in tables.values():
        _write(event["vote"])
    for each in _beside(plugin):
        if each.spec.settings is None and set(each.spec.resources.environment) & set(tables):
            with contextlib.suppress(Skip):
                each.spec.function(Event.from_detail(event))


def _beside(plugin: Plugin[Sink]) -> Iterator[Plugin[Sink]]:
    """The sinks for events in the folder of this one."""
    package = plugin.path.name == "__init__.py"
    folder = plugin.path.parent.parent if package else plugin.path.parent
    for path in plugins.modules(folder):
        if path != plugin.path:
            each = plugins.sink(path)
            if each.spec.schedule is None:
                yield each


def _write(vote: Mapping[str, Any]) -> None:
    texts = {name: text for name, text in vote.items() if isinstance(text, str)}
    texts["answers"] = json.dumps(vote.get("answers", {}))
    boto3.client("dynamodb").put_item(
        TableName=_VOTES, Item={name: {"S": text} for name, text in texts.items()}
    )
