"""votepipe/enrichment/run.py: whatever enrichers do, the events are as they are without them."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe import enricher, enrichment
from votepipe.enrichment import LARGEST_EVENT, handler
from votepipe.enrichment.run import Enriching
from votepipe.model import schemas
from votepipe.plugins import Enricher

RECORDS = [
    record
    for path in sorted(Path("events/stream").glob("*.json"))
    for record in json.loads(path.read_text(encoding="utf-8"))
]
REFEREES = {
    schema["properties"]["type"]["const"]: jsonschema.Draft7Validator(schema)
    for path in schemas.FOLDER.glob("vote-*.json")
    for schema in [json.loads(path.read_text(encoding="utf-8"))]
}
NAMES = ("a", "b", "c", "d")
ADDS = ({}, {"type": "object"}, {"type": "string", "maxLength": 3}, {"minProperties": 1})
ERRORS = (KeyError, SystemExit, KeyboardInterrupt, StopIteration, GeneratorExit, MemoryError)

Act = tuple[str, Any]
Plan = list[tuple[str, list[str], Act, dict[str, Any], bool]]

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=2)
    | st.just(object())
    | st.sampled_from(["\ud83d", 10**400])
    | st.sampled_from([60_000, 40_000]).map("x".__mul__),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=5,
)
ACTS = (
    st.tuples(st.just("return"), VALUES)
    | st.tuples(st.just("raise"), st.sampled_from(ERRORS))
    | st.tuples(st.sampled_from(["change", "echo", "fine"]), st.none())
)


@st.composite
def plans(draw: st.DrawFn, acts: st.SearchStrategy[Act] = ACTS) -> Plan:
    """What each enricher is called, needs, does, promises, and whether it is required."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    return [
        (
            name,
            draw(st.lists(st.sampled_from(names[:at]), unique=True)) if at else [],
            draw(acts),
            draw(st.sampled_from(ADDS)),
            draw(st.booleans()),
        )
        for at, name in enumerate(names)
    ]


def behaving(act: Act, hold: threading.Event) -> Callable[..., Any]:
    kind, value = act

    def does(vote: Any, **needed: Any) -> Any:
        if kind == "raise":
            raise value("reader@example.com")
        if kind == "change":
            vote.answers["field_1"] = "changed"
        if kind == "hang":
            hold.wait()
        return {"echo": [vote.answers, needed], "fine": {"ok": 1}}.get(kind, value)

    return does


def built(plan: Plan, hold: threading.Event, timeout: float) -> list[Enricher]:
    found = []
    for name, needs, act, adds, required in plan:
        scope: dict[str, Any] = {"__name__": f"enrichers.{name}", "does": behaving(act, hold)}
        passed = ", ".join(f"{need}={need}" for need in needs)
        exec(f"def enrich(vote, {', '.join(needs)}): return does(vote, {passed})", scope)
        mark = enricher(adds=adds, needs=needs, required=required, timeout=timeout)
        found.append(mark(scope["enrich"]).enricher)
    return found


def outcome(enrichers: list[Enricher], records: list[Any]) -> list[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enrichment, "ENRICHING", Enriching(enrichers))
        return handler(records, None)


def check(plan: Plan, timeout: float) -> None:
    """Hold the events with these enrichers against the events without any."""
    hold = threading.Event()
    try:
        events = outcome(built(plan, hold, timeout), RECORDS)
    finally:
        hold.set()
    plain = outcome([], RECORDS)

    assert len(events) == len(plain)
    for event, without in zip(events, plain, strict=True):
        REFEREES[event["type"]].validate(event)
        assert len(json.dumps(event, ensure_ascii=False).encode()) <= LARGEST_EVENT
        assert event["eventID"] == without["eventID"]
        if event["type"] == without["type"]:
            assert event | {"enrichment": {}} == without
        else:
            assert event["type"] == "VoteRejected"
            required = {f"enrichment.{name}" for name, *_, required in plan if required}
            assert {reason.partition(":")[0] for reason in event["reasons"]} <= required | {"event"}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(plans())
def test_no_enricher_disturbs_an_event(plan: Plan) -> None:
    check(plan, timeout=10)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(plans(ACTS | st.tuples(st.just("hang"), st.none())))
def test_nor_does_one_that_hangs(plan: Plan) -> None:
    check(plan, timeout=0.03)
