"""Tests as a table: what is written, and the messages that come of it; no Python needed.

    sinks: [slack]
    tests:
      - name: a vote and an answer
        records:
          - {widgetId: docs, voteId: "1", voteType: thumbsup, answers: {}}
          - wait: 2 minutes
          - remove: {widgetId: docs, voteId: "1"}
        messages:
          slack:
            - Yay _widget docs_ got a 👍
      - name: nothing comes out
        records: [{stream: expired.json}]
        messages: nothing

docs/testing.md tells all that can be said.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from votepipe.emulator.simulation.errors import KitError
from votepipe.testing.pipeline import Pipeline

NOTHING = "nothing"

_SECONDS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86_400}
_VERBS = ("put", "remove", "expire", "wait", "stream")
_CASE = {"name", "records", "messages", "dead letters", "faults"}
_FILE = {"sinks", "parameters", "tests"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test of a table; `messages` and `dead_letters` are texts by sink, or 'nothing'."""

    name: str
    records: Sequence[Mapping[str, Any]]
    messages: Mapping[str, Any] | str
    dead_letters: Mapping[str, Any] | str = NOTHING
    faults: Sequence[Mapping[str, Any]] = ()
    sinks: Sequence[str] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()


def load(path: Path) -> list[Case]:
    """Read a table from a YAML, JSON or TOML file. Raises KitError that says what is wrong."""
    try:
        text = path.read_text()
        content = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
        raise KitError(f"{path.name} cannot be read: {error}") from None
    if isinstance(content, list):
        content = {"tests": content}
    if not isinstance(content, dict) or not content.get("tests"):
        raise KitError(f"{path.name} has no 'tests'. Write at least one.")
    _only(content, _FILE, path.name)
    common = {"sinks": content.get("sinks"), "parameters": content.get("parameters") or {}}
    return [case(each, path.parent, **common) for each in content["tests"]]


def case(given: Mapping[str, Any], folder: Path = Path(), **common: Any) -> Case:
    """One test of what its part of a table holds. Raises KitError."""
    name = str(given.get("name", "without a name"))
    _only(given, _CASE, name)
    if "messages" not in given:
        raise KitError(f"'{name}' has no 'messages'. Write 'nothing' if none are to come out.")
    return Case(
        name=name,
        records=[_step(each, name) for each in given.get("records") or ()],
        messages=given["messages"],
        dead_letters=given.get("dead letters", NOTHING),
        faults=given.get("faults") or (),
        folder=folder,
        **common,
    )


def run(given: Case, root: Path | None = None) -> list[str]:
    """Run a test; returns what is not as the table says, with the ways of the votes at its end."""
    with Pipeline(root, given.parameters, sinks=given.sinks) as pipeline:
        for fault in given.faults:
            _harm(pipeline, fault, given.name)
        for step in given.records:
            _do(pipeline, step, given.folder)
        pipeline.run_until_idle()
        problems = [
            *_compare(pipeline, "messages", given.messages, _texts),
            *_compare(pipeline, "dead letters", given.dead_letters, _reasons),
        ]
        if problems:
            problems += [str(way) for way in pipeline.trace.paths()]
        return problems


def _step(given: Any, name: str) -> Mapping[str, Any]:
    """A record as `{verb: what}`; one without a verb is a vote to write."""
    if isinstance(given, dict) and len(given) == 1 and next(iter(given)) in _VERBS:
        return given
    if isinstance(given, dict) and "widgetId" in given:
        return {"put": given}
    verbs = ", ".join(f"'{verb}'" for verb in _VERBS)
    raise KitError(f"'{name}' has a record that is neither a vote nor one of {verbs}.")


def _do(pipeline: Pipeline, step: Mapping[str, Any], folder: Path) -> None:
    verb, what = next(iter(step.items()))
    if verb == "wait":
        pipeline.advance(seconds=seconds(what))
    elif verb == "stream":
        records = json.loads((folder / what).read_text()) if isinstance(what, str) else what
        pipeline.put_records(records if isinstance(records, list) else [records])
    else:
        getattr(pipeline, verb)(what)


def _harm(pipeline: Pipeline, fault: Mapping[str, Any], name: str) -> None:
    """Call what a fault names with the rest of it: `{fail: SlackSink, times: 3}`."""
    method, given = next(iter(fault.items()))
    known = ("answer", "fail", "throttle", "takes", "duplicate", "reorder", "put_events_fails")
    if method not in known:
        raise KitError(f"'{name}' has the fault '{method}'. There are: {', '.join(known)}.")
    rest = {key: value for key, value in fault.items() if key != method}
    getattr(pipeline, method)(*([] if given in (None, True) else [given]), **rest)


def seconds(text: Any) -> float:
    """How long `90`, `2 minutes` or `1 h` is."""
    match = re.fullmatch(r"([\d.]+)\s*([a-z]*)", str(text).strip())
    unit = (match[2] or "s") if match else ""
    unit = unit if unit in _SECONDS else unit.removesuffix("s")
    if not match or unit not in _SECONDS:
        raise KitError(f"'{text}' is not a time to wait. Write it as '2 minutes'.")
    return float(match[1]) * _SECONDS[unit]


def _compare(pipeline: Pipeline, what: str, expected: Any, found: Any) -> list[str]:
    sinks = [mapping.function.sink for mapping in pipeline.models.mappings]
    if expected == NOTHING:
        expected = dict.fromkeys(sinks, NOTHING)
    problems = []
    for sink, texts in expected.items():
        wanted = [] if texts == NOTHING else texts
        got = found(pipeline, sink)
        if len(wanted) != len(got) or not all(map(_fits, wanted, got)):
            problems.append(
                f"{sink}: other {what} than expected\n"
                f"  expected: {_shown(wanted)}\n  came out: {_shown(got)}"
            )
    return problems


def _texts(pipeline: Pipeline, sink: str) -> list[str]:
    return [message.text for message in pipeline.sent(sink)]


def _reasons(pipeline: Pipeline, sink: str) -> list[str]:
    return [letter.reason for letter in pipeline.dead_letters(sink)]


def _fits(wanted: Any, got: str) -> bool:
    """Whether a text is the one expected, or `{contains: …}` of it."""
    if isinstance(wanted, dict):
        return str(wanted["contains"]) in got
    return str(wanted).strip() == got.strip()


def _shown(texts: Sequence[Any]) -> str:
    return "".join(f"\n    - {text!r}" for text in texts) or NOTHING


def _only(given: Mapping[str, Any], known: set[str], place: str) -> None:
    if unknown := sorted(set(given) - known):
        names = ", ".join(f"'{name}'" for name in sorted(known))
        raise KitError(f"'{place}' has '{unknown[0]}'. What can be said is: {names}.")
