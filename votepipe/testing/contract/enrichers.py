"""The contract of enrichers: votes of every kind, and what one adds to them must fit its `adds`.

They run as in the function, with what they need before them, but reach no other machine.
"""

import contextlib
import io
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any
from unittest import mock

from fastjsonschema import JsonSchemaValueException

from votepipe.emulator.simulation.jsontext import parsed
from votepipe.enrichment.run import Enriching
from votepipe.model.errors import PluginError
from votepipe.model.events import Vote, frozen
from votepipe.model.text import clean
from votepipe.plugins import Enricher
from votepipe.plugins import settings as plugin_settings
from votepipe.plugins.enrichers import checker, ordered
from votepipe.project import Project, plugins
from votepipe.project.plugins import Plugin
from votepipe.testing.contract import samples
from votepipe.testing.contract.scenarios import Outcome
from votepipe.testing.settings import setting_values

FITS = "something that fits its 'adds', or nothing"

_SECONDS = 60.0  # for one vote; each enricher has a limit of its own
_LONGEST_ANSWER = 10_000
_LONGEST = 200  # characters of a reason, which may name what a reader wrote
_NO_RECEIVER = "http://127.0.0.1:9"


def load(path: Path) -> list[Plugin[Enricher]]:
    """The enricher in this file, after those it needs. Raises PluginError."""
    plugin = plugins.enricher(path)
    project = Project.survey()
    found = {each.name: each for each in project.enrichers} | {plugin.name: plugin}
    broken = {plugins.home(each).stem: text for each, text in project.broken.items()}
    waiting, needed = [plugin], {plugin.name: plugin}
    while waiting:
        each = waiting.pop()
        plugins.check_needs(each, found.keys() | broken.keys())
        for name in each.spec.needs:
            if name not in found:
                raise PluginError(broken[name])
            if name not in needed:
                needed[name] = found[name]
                waiting.append(found[name])
    return [found[spec.name] for spec in ordered(each.spec for each in needed.values())]


def attempts(path: Path) -> Iterator[tuple[Plugin[Enricher], str, str, Callable[[], Outcome]]]:
    """What is tried: its name, what must come of it, and the attempt itself."""
    chain = load(path)
    plugin = next(each for each in chain if each.path == path)
    events = {"a usual vote": samples.usual("VoteCast"), "a bare vote": samples.bare("VoteCast")}
    for name, text in samples.HOSTILE_TEXTS.items():
        if name != samples.HALF and len(text) <= _LONGEST_ANSWER:  # others are rejected before
            events[f"hostile text: {name}"] = samples.hostile("VoteCast", text) | {"enrichment": {}}
    for name, event in events.items():
        yield plugin, name, FITS, partial(_attempt, plugin, chain, event)


def _attempt(plugin: Plugin[Enricher], chain: list[Plugin[Enricher]], event: Any) -> Outcome:
    with _alone(chain) as (log, reached):
        Enriching([each.spec for each in chain]).add([event], monotonic() + _SECONDS)
        lines = map(parsed, log.getvalue().splitlines())
        named = [line for line in lines if isinstance(line, dict) and "enricher" in line]
        left_out = {line["enricher"]: line["why"] for line in named}
        why = left_out.get(plugin.name)
        problems = [f"{why}{_part(plugin, event, why)} {_todo(why)}".strip()] if why else []
    if why and reached:
        problems.append("It reached for another machine. Test that with pipeline.serve.")
    if any(text in log.getvalue() for text in (samples.VOTER, samples.ANSWER, samples.HOSTILE)):
        problems.append("What a reader wrote is in the log. Leave it out.")
    added = event["enrichment"].get(plugin.name)
    happened = "left out" if why else "added nothing" if added is None else "added what fits"
    return happened, problems


def _todo(why: str) -> str:
    """What to do about the reason why an enricher is left out."""
    if why.startswith("It took longer"):
        return "Do less, or set a longer 'timeout'."
    if why.startswith("It returned"):
        return "Return what fits, or change 'adds'."
    return "Fix that line." if ", line " in why else ""


@contextlib.contextmanager
def _alone(chain: list[Plugin[Enricher]]) -> Iterator[tuple[io.StringIO, list[Any]]]:
    """Settings as a test has them, no way to other machines, and all that is printed."""
    settings = {each.name: each.settings for each in chain}
    values = setting_values(settings, _NO_RECEIVER, {}, fill_secrets=True)
    variables = {
        field.env: values[each.name][field.name]
        for each in chain
        for field in each.settings
        if field.name in values[each.name]
    }
    log, reached = io.StringIO(), list[Any]()

    def refuse(*address: Any) -> None:
        reached.append(address)
        raise ConnectionRefusedError("No other machine is reached from here.")

    path = [str(plugins.home(chain[-1].path).parents[1]), *sys.path]
    with (
        mock.patch.dict(os.environ, variables),
        mock.patch.object(socket, "getaddrinfo", refuse),
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(sys, "path", path),
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        yield log, reached


def _part(plugin: Plugin[Enricher], event: Any, why: str) -> str:
    """Which part of what it returned does not fit its `adds`, where that is why it is left out."""
    if not why.startswith("It returned what breaks"):
        return ""
    declared = plugin.spec.settings
    given = {need: frozen(event["enrichment"].get(need)) for need in plugin.spec.needs}
    if declared:
        given["settings"] = plugin_settings.load(declared, plugin.name, os.environ)
    try:
        found = plugin.spec.function(Vote.from_json(event["vote"]), **given)
        checker(plugin.spec)(json.loads(json.dumps(found, default=dict)))
    except JsonSchemaValueException as error:
        place = error.message.replace("data", f"enrichment.{plugin.name}", 1)
        return f" {clean(place, _LONGEST)}."
    return ""
