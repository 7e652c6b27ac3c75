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

docs/testing.md lists everything that a table can hold.
"""

import inspect
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.simulation.errors import KitError
from votepipe.model.errors import VotepipeError
from votepipe.testing import names
from votepipe.testing.pipeline import Pipeline

NOTHING = "nothing"

_SECONDS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86_400}
_VERBS = ("put", "remove", "expire", "wait", "stream")
_FAULTS = ("answer", "fail", "throttle", "takes", "duplicate", "reorder", "put_events_fails")
_CASE = {"name", "records", "messages", "dead letters", "faults"}
_FILE = {"sinks", "parameters", "settings", "tests"}


def _scalar(loader: Any, node: Any) -> Any:
    """A value of YAML as JavaScript's readers have it: 10:30 is not 630, and `yes` is no flag."""
    kind = node.tag.rpartition(":")[2]
    if ":" in node.value or (kind == "bool" and node.value.lower() not in ("true", "false")):
        return node.value
    return getattr(loader, f"construct_yaml_{kind}")(node)


_Loader: Any = type("_Loader", (yaml.SafeLoader,), {})
for _kind in ("bool", "float", "int"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _scalar)


def _yaml(text: str) -> Any:
    return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader


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
    settings: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()


def load(path: Path) -> list[Case]:
    """Read a table from a YAML, JSON or TOML file. Raises KitError that says what is wrong."""
    readers: dict[str, Callable[[str], Any]] = {".json": json.loads, ".toml": tomllib.loads}
    try:
        content = readers.get(path.suffix, _yaml)(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, ValueError) as error:
        raise KitError(f"{path.name} cannot be read: {error}") from None
    if isinstance(content, list):
        content = {"tests": content}
    if not isinstance(content, dict) or not content.get("tests"):
        raise KitError(f"{path.name} has no 'tests'. Write at least one.")
    names.only(_FILE, content, f"{path.name} has '{{}}'.")
    common = {name: content.get(name) or {} for name in ("parameters", "settings")}
    common["sinks"] = content.get("sinks")
    return [case(each, path.parent, **common) for each in content["tests"]]


def case(given: Mapping[str, Any], folder: Path = Path(), **common: Any) -> Case:
    """One test of what its part of a table holds. Raises KitError."""
    name = str(given.get("name", "without a name"))
    names.only(_CASE, given, f"'{name}' has '{{}}'.")
    if "messages" not in given:
        raise KitError(f"'{name}' has no 'messages'. Write 'nothing' if none are to come out.")
    for what in ("messages", "dead letters"):
        _check_texts(given.get(what, NOTHING), f"{name}: {what}")
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
    """Run a test; returns what is not as the table says, with the ways of the votes at its end.

    Raises KitError, with the test's name, for what the table cannot mean.
    """
    try:
        return _run(given, root)
    except VotepipeError as error:
        raise KitError(f"'{given.name}': {error}") from None


def _run(given: Case, root: Path | None) -> list[str]:
    with Pipeline(root, given.parameters, sinks=given.sinks, settings=given.settings) as pipeline:
        for fault in given.faults:
            _harm(pipeline, fault)
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
        records = _stream(folder / what) if isinstance(what, str) else what
        pipeline.put_records(records if isinstance(records, list) else [records])
    else:
        getattr(pipeline, verb)(what)


def _stream(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise KitError(f"{path.name} cannot be read: {error}") from None


def _harm(pipeline: Pipeline, fault: Mapping[str, Any]) -> None:
    """Call what a fault names with the rest of it: `{fail: SlackSink, times: 3}`."""
    method, given = next(iter(fault.items()))
    names.only(_FAULTS, [method], "There is no fault '{}'.")
    rest = {key: value for key, value in fault.items() if key != method}
    options = set(inspect.signature(getattr(pipeline, method)).parameters)
    if method == "answer":
        options |= set(Answer.__dataclass_fields__)
    names.only(options, rest, f"'{method}' has '{{}}'.")
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
    sinks = list(pipeline.models.fed)
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


def _check_texts(given: Any, place: str) -> None:
    """Refuse what is not texts by sink, of which each may be `{contains: …}`."""
    if given == NOTHING:
        return
    for texts in given.values() if isinstance(given, Mapping) else [None]:
        if texts != NOTHING and not isinstance(texts, list):
            raise KitError(f"'{place}' is neither 'nothing' nor a list of texts for each sink.")
        for text in texts if isinstance(texts, list) else ():
            if isinstance(text, Mapping):
                names.only({"contains"}, text, f"'{place}' has '{{}}'.")
