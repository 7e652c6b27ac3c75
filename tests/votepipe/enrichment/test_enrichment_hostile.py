"""votepipe/enrichment/__init__.py: any JSON, any enricher, and every event as its schema says."""

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
from votepipe.plugins import Enricher
from votepipe.project import schemas

STREAM = Path(__file__).parents[3] / "events/stream"
(GOOD,) = json.loads((STREAM / "first-write.json").read_text(encoding="utf-8"))
RECORDS = [
    record
    for path in sorted(STREAM.glob("*.json"))
    for record in json.loads(path.read_text(encoding="utf-8"))
]
REFEREES = {
    schema["properties"]["type"]["const"]: jsonschema.Draft7Validator(schema)
    for path in schemas.FOLDER.glob("vote-*.json")
    for schema in [json.loads(path.read_text(encoding="utf-8"))]
}


def check(records: list) -> list[dict]:
    """Run a batch and hold what comes out to everything an event promises."""
    events = handler(records, None)
    for event in events:
        REFEREES[event["type"]].validate(event)
        assert len(json.dumps(event, ensure_ascii=False).encode("utf-8")) <= LARGEST_EVENT
    return events


def nested(levels: int, wrap) -> object:
    value: object = 1
    for _ in range(levels):
        value = wrap(value)
    return value


def with_answers(value: object) -> dict:
    record = json.loads(json.dumps(GOOD))
    record["dynamodb"]["NewImage"]["answers"] = value
    return record


@pytest.mark.parametrize(
    "record",
    [
        10**5000,
        -(10**5000),
        float("nan"),
        "\ud800",
        nested(100_000, lambda inner: [inner]),
        nested(100_000, lambda inner: {"dynamodb": inner}),
        {"eventName": "REMOVE", "dynamodb": {"SequenceNumber": -(10**5000)}},
        {"eventName": ["INSERT"], "eventID": {"\ud800": 1}, "dynamodb": {"Keys": []}},
        {
            "eventName": "REMOVE",
            "userIdentity": 5,
            "dynamodb": {"SequenceNumber": "1", "ApproximateCreationDateTime": 10**5000},
        },
        with_answers({"S": "[" * 200_000}),
        with_answers({"S": '{"a":' * 900 + "1" + "}" * 900}),
        with_answers({"M": {"a": nested(900, lambda inner: {"L": [inner]})}}),
        with_answers({"M": {"a": nested(900, lambda inner: {"M": {"x" * 9999: inner}})}}),
        with_answers({"M": {"k" * 200_000: {"M": {str(n): {"X": 1} for n in range(1000)}}}}),
        with_answers({"S": json.dumps({f"\ud800{n}": 1 for n in range(5000)})}),
        with_answers({"S": json.dumps({f"{n}" + "✨" * 250: 10**99 for n in range(5000)})}),
        with_answers({"M": {"a": {"N": "9" * 400_000}}}),
        with_answers({"M": {"a": {"N": "9" * 400_000 + "x"}}}),
        with_answers({"S": '{"a": %s}' % ("9" * 400_000)}),
        with_answers({"S": '{"a": 0e999999999999, "b": 1e-999999999999}'}),
    ],
    ids=range(20),
)
def test_a_hostile_record_makes_one_event_and_harms_no_other(record):
    events = check([record, GOOD])

    assert len(events) == 2
    assert events[-1]["type"] == "VoteCast"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=9)
    | st.sampled_from(["INSERT", "MODIFY", "REMOVE", "111", "thumbsup", "\ud83d", '{"a": NaN}']),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["S", "N", "M", "L", "SS", "BOOL", "NULL"]), inner, max_size=1
        )
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(JSON, max_size=3))
def test_any_json_makes_rejections_and_never_an_exception(records):
    events = check(records)

    assert [event["type"] for event in events] == ["VoteRejected"] * len(records)


@st.composite
def broken_records(draw: st.DrawFn) -> dict:
    """A sample record in which some places hold other JSON, or nothing."""
    record = json.loads(json.dumps(draw(st.sampled_from(RECORDS))))
    for _ in range(draw(st.integers(1, 3))):
        holder: dict = record
        while True:
            name = draw(st.sampled_from(sorted(holder)))
            if not isinstance(holder[name], dict) or not holder[name] or draw(st.booleans()):
                break
            holder = holder[name]
        if draw(st.integers(0, 4)):
            holder[name] = draw(JSON)
        elif len(holder) > 1:
            del holder[name]
    return record


@settings(max_examples=500, deadline=None, derandomize=True)
@given(broken_records())
def test_a_broken_record_makes_at_most_one_valid_event_with_its_id(record):
    events = check([record])

    assert len(events) <= 1
    own = record.get("eventID")
    if isinstance(own, str) and own and own.isprintable():
        assert all(event["eventID"] == own for event in events)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(broken_records() | JSON, max_size=4))
def test_a_good_record_passes_whatever_is_around_it(records):
    events = check([*records[:2], GOOD, *records[2:]])

    assert handler([GOOD], None)[0] in events


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


def compare(plan: Plan, timeout: float) -> None:
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
    compare(plan, timeout=10)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(plans(ACTS | st.tuples(st.just("hang"), st.none())))
def test_nor_does_one_that_hangs(plan: Plan) -> None:
    compare(plan, timeout=0.03)
