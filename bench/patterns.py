"""How fast event patterns are matched, beside other matchers, and how time grows with size.

    python bench/patterns.py

Needs nothing but the project's requirements. Matchers of other projects (moto, MiniStack,
LocalStack) are measured in the same run where they are installed, and named where they are not.
All get the same pattern, prepared once, and the same event, parsed. Rounds take turns, and the
best of each counts, so that a busy moment hurts nobody alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from votepipe.emulator import patterns

ROUNDS = 7
SECONDS = 0.3
Contender = tuple[str, Callable[[], object]]

PATTERN: dict[str, Any] = {
    "source": ["votepipe"],
    "detail-type": ["VoteCast", "VoteChanged"],
    "detail": {
        "version": [{"numeric": [">=", 1]}],
        "vote": {
            "voteType": ["thumbsup"],
            "widgetId": [{"prefix": "post-"}],
            "voter": [{"anything-but": "unknown"}],
        },
    },
}
EVENT: Any = {
    "version": "0",
    "id": "7f3c9b52-88a1-4a0e-9c55-0d5b1f6f2a10",
    "detail-type": "VoteChanged",
    "source": "votepipe",
    "account": "123456789012",
    "time": "2026-01-04T10:00:03Z",
    "region": "eu-central-1",
    "resources": [],
    "detail": {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "type": "VoteChanged",
        "version": 1,
        "sequence": "30000000000012345678",
        "vote": {
            "widgetId": "post-1",
            "voteId": "9b2d61",
            "voteType": "thumbsup",
            "instanceOfJoy": "hello-world",
            "voter": "ann@example.com",
            "answers": {"field_1": "More examples, please, and a table"},
            "complete": False,
        },
        "changes": {"voteType": {"from": "thumbsdown", "to": "thumbsup"}},
        "enrichment": {"article": {"title": "Hello world, once more"}},
    },
}
OTHER_EVENT = {**EVENT, "source": "somewhere.else"}


def ours() -> Iterator[Contender]:
    """This project's own, in its several uses."""
    compiled = patterns.compile(PATTERN).matches
    text, event_text = json.dumps(PATTERN), json.dumps(EVENT)
    in_array = {**EVENT, "detail": [EVENT["detail"]]}
    yield "votepipe", lambda: compiled(EVENT)
    yield "votepipe, event that does not match", lambda: compiled(OTHER_EVENT)
    yield "votepipe, event as JSON text", lambda: compiled(event_text)
    yield "votepipe, event with an array (search)", lambda: compiled(in_array)
    yield "votepipe, matches() with pattern text", lambda: patterns.matches(text, EVENT)


def moto() -> Iterator[Contender]:
    """The matcher behind moto's rules."""
    from moto.events.models import EventPattern

    pattern = EventPattern(json.dumps(PATTERN), PATTERN)
    yield "moto", lambda: pattern.matches_event(EVENT)
    yield (
        "moto, without its copy of the event",
        lambda: pattern._does_event_match(pattern._flatten_dict(EVENT), PATTERN),
    )


def ministack() -> Iterator[Contender]:
    """The matcher of the local AWS that the local stack runs on."""
    from ministack.services import eventbridge

    text = json.dumps(PATTERN)
    view = eventbridge._pattern_event_view(eventbridge._event_from_test_payload(EVENT))
    yield "MiniStack", lambda: eventbridge._matches_pattern_view(text, view)


def localstack() -> Iterator[Contender]:
    """The matcher in Python of LocalStack."""
    from localstack.services.events.event_rule_engine import EventRuleEngine

    engine = EventRuleEngine()
    yield "LocalStack", lambda: engine.evaluate_pattern_on_event(PATTERN, EVENT)


def present(sources: list[Callable[[], Iterator[Contender]]]) -> tuple[list[Contender], list[str]]:
    """The contenders that are installed, and the names of those that are not."""
    found: list[Contender] = []
    missing: list[str] = []
    for source in sources:
        try:
            found += source()
        except (ImportError, AttributeError) as error:
            missing.append(f"{source.__name__} ({error})")
    return found, missing


def rate(run: Callable[[], object], seconds: float = SECONDS) -> float:
    """Calls per second over one round."""
    count, batch = 0, 1
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(batch):
            run()
        count += batch
        batch = min(batch * 2, 1_000)
    return count / elapsed


def measured() -> tuple[dict[str, float], list[str]]:
    """The best rate of each that is installed, and the names of those that are not."""
    contenders, missing = present([ours, moto, ministack, localstack])
    best = dict.fromkeys((name for name, _ in contenders), 0.0)
    for _ in range(ROUNDS):
        for name, run in contenders:
            best[name] = max(best[name], rate(run))
    wrong = [name for name, run in contenders if not run() and "does not match" not in name]
    return best, missing + [f"{name} says no match" for name in wrong]


def side_by_side() -> None:
    """Print the rates of all that are installed."""
    best, missing = measured()
    size = len(json.dumps(EVENT, separators=(",", ":")))
    print(f"Event of {size} bytes, pattern of 6 fields, Python {sys.version.split()[0]}")
    print(f"{'':44}{'matches/s':>12}{'one in µs':>12}{'times moto':>12}")
    for name in best:
        times = f"{best[name] / best['moto']:.1f}" if "moto" in best else "-"
        print(f"{name:44}{best[name]:>12,.0f}{1e6 / best[name]:>12.2f}{times:>12}")
    for name in missing:
        print(f"not measured: {name}")


def element(number: int) -> dict[str, str]:
    """An object as arrays of answers hold them."""
    return {"field": f"field_{number}", "text": "x" * 20, "mood": "good", "pace": "slow"}


def growing() -> Iterator[tuple[str, Callable[[int], Callable[[], bool]]]]:
    """Cases by name; each makes, for a size, a run that has to look at everything."""
    fields = {"field": [{"prefix": "f"}], "mood": ["good"], "pace": ["fast"], "text": ["y"]}

    def array(size: int) -> Callable[[], bool]:
        compiled = patterns.compile({"answers": fields})
        event = {"answers": [element(number) for number in range(size)]}
        return lambda: compiled(event)

    def two_arrays(size: int) -> Callable[[], bool]:
        compiled = patterns.compile({"a": {"mood": ["good"]}, "b": {"mood": ["good"], "x": [1]}})
        event: dict[str, list[Any]] = {
            key: [element(number) for number in range(size)] for key in "ab"
        }
        event["b"].append({"x": 1})
        return lambda: compiled(event)

    def scalars(size: int) -> Callable[[], bool]:
        compiled = patterns.compile({"tags": ["absent", {"prefix": "none"}]})
        event = {"tags": [f"tag-{number}" for number in range(size)]}
        return lambda: compiled(event)

    def values(size: int) -> Callable[[], bool]:
        compiled = patterns.compile({"widgetId": [f"post-{number}" for number in range(size)]})
        return lambda: compiled({"widgetId": "post-x"})

    def text(size: int) -> Callable[[], bool]:
        compiled = patterns.compile({"note": [{"wildcard": "*ab*cd*e"}]})
        event = {"note": "abc" * size}
        return lambda: compiled(event)

    yield "array of N objects, 4 fields in it", array
    yield "two arrays of N objects", two_arrays
    yield "list of N texts", scalars
    yield "pattern of N values for a field", values
    yield "wildcard on a text of 3 N letters", text


def by_size() -> None:
    """Print how the time of one match grows."""
    sizes = [300, 1_000, 3_000, 30_000]
    print("\nTime of one match as N grows, in µs")
    print(f"{'':44}" + "".join(f"{f'N = {size:,}':>14}" for size in sizes))
    for name, make in growing():
        times = [1e6 / max(rate(make(size), 0.2) for _ in range(2)) for size in sizes]
        print(f"{name:44}" + "".join(f"{one:>14,.1f}" for one in times))


def big_event() -> None:
    """Print the time for an event as large as EventBridge long took them."""
    event = {**EVENT, "history": []}
    while len(json.dumps(event)) < 256_000:
        event["history"] += [element(number) for number in range(100)]
    text = json.dumps(event)
    compiled = patterns.compile({**PATTERN, "history": {"mood": ["good"], "pace": ["fast"]}})
    parsed, as_text = rate(lambda: compiled(event)), rate(lambda: compiled(text))
    loading = rate(lambda: json.loads(text))
    print(f"\nEvent of {len(text) // 1000} kB with an array of {len(event['history']):,} objects")
    print(f"{'parsed':44}{1e3 / parsed:>12.2f} ms")
    print(f"{'as JSON text':44}{1e3 / as_text:>12.2f} ms")
    print(f"{'json.loads alone':44}{1e3 / loading:>12.2f} ms")


if __name__ == "__main__":
    side_by_side()
    by_size()
    big_event()
