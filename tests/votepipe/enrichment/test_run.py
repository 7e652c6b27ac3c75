"""votepipe/enrichment/run.py: what enrichers add, and what happens when they fail or hang."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any

import pytest

from votepipe import Vote, enricher, setting
from votepipe.enrichment.run import LARGEST_RESULT, MOST_HUNG, Enriching
from votepipe.enrichment.workers import Worker
from votepipe.plugins import Enricher

BUDGET = 30.0  # seconds for a batch, where a test is not about time
HIDDEN = "reader@example.com"


def made(name: str, enrich: Callable[..., Any], **mark: Any) -> Enricher:
    """An enricher of this name."""
    enrich.__module__, enrich.__name__ = f"enrichers.{name}", "enrich"
    return enricher(**{"adds": {}, "timeout": 10, **mark})(enrich).enricher


def event(**vote: Any) -> dict[str, Any]:
    return {
        "eventID": "e1",
        "vote": {
            "widgetId": "docs",
            "voteId": "1",
            "voteType": "thumbsup",
            "voter": HIDDEN,
            "answers": {"field_1": {"stars": [5]}},
            **vote,
        },
        "enrichment": {},
    }


def added(*enrichers: Enricher) -> dict[str, Any]:
    """What these enrichers add to a vote."""
    one = event()
    assert Enriching(enrichers).add([one], monotonic() + BUDGET) == [[]]
    assert one["vote"] == event()["vote"]
    return one["enrichment"]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_is_returned_lands_under_the_enrichers_name() -> None:
    mood = made("mood", lambda vote: {"happy": vote.vote_type == "thumbsup"})

    assert added(mood, made("size", lambda vote: len(vote.answers))) == {
        "mood": {"happy": True},
        "size": 1,
    }


def test_none_adds_nothing_and_is_no_failure(lines: Any) -> None:
    assert added(made("mood", lambda vote: None, required=True)) == {}
    assert lines() == []


def test_parts_of_the_vote_can_be_returned() -> None:
    assert added(made("copy", lambda vote: {"of": vote.answers})) == {
        "copy": {"of": {"field_1": {"stars": [5]}}}
    }


def test_what_is_needed_comes_by_name_and_cannot_be_changed() -> None:
    seen = []
    first = made("first", lambda vote: {"list": [1]})

    def enrich(vote: Vote, first: Any, absent: Any) -> dict[str, Any]:
        seen.append(absent)
        first["list"] = 5
        return {}

    absent = made("absent", lambda vote: None)
    after = made("after", enrich, needs=["first", "absent"])

    assert added(first, absent, after) == {"first": {"list": [1]}}
    assert seen == [None]


def test_each_event_of_a_batch_has_its_own() -> None:
    number = made("number", lambda vote: {"is": vote.vote_id})
    twice = made("twice", lambda vote, number: number["is"] * 2, needs=["number"])
    events = [event(voteId=str(each)) for each in range(3)]

    Enriching([number, twice]).add(events, monotonic() + BUDGET)

    assert [each["enrichment"]["twice"] for each in events] == ["00", "11", "22"]


def test_a_vote_of_which_only_keys_are_known_is_left_alone() -> None:
    keys = event()
    keys["vote"] = {"widgetId": "docs", "voteId": "1"}

    Enriching([made("mood", lambda vote: {})]).add([keys], monotonic() + BUDGET)

    assert keys["enrichment"] == {}


def test_what_an_enricher_keeps_is_its_own() -> None:
    kept = {"count": 1}
    enriching = Enriching([made("kept", lambda vote: kept)])
    one = event()
    enriching.add([one], monotonic() + BUDGET)

    kept["count"] = 2

    assert one["enrichment"]["kept"] == {"count": 1}


def raising(error: BaseException) -> Callable[[Vote], Any]:
    def enrich(vote: Vote) -> Any:
        raise error

    return enrich


def endless(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("enrich", "why"),
    [
        (raising(KeyError(HIDDEN)), "KeyError in enrichers/broken.py, line "),
        (raising(SystemExit(HIDDEN)), "SystemExit in enrichers/broken.py, line "),
        (lambda vote: vote.answers.pop("field_1"), "AttributeError in enrichers/broken.py, line "),
        (lambda vote: {HIDDEN}, "It returned what JSON cannot hold."),
        (lambda vote: float("nan"), "It returned what JSON cannot hold."),
        (lambda vote: {"half": "\ud83d"}, "It returned what JSON cannot hold."),
        (lambda vote: {("a", "b"): 1}, "It returned what JSON cannot hold."),
        (lambda vote: endless(200_000), "It returned what JSON cannot hold."),
        (lambda vote: 10**5000, "It returned what JSON cannot hold."),
        (lambda vote: endless(33), "It returned what is nested deeper than 32 levels."),
        (lambda vote: [10**16 * 5], "It returned a number beyond 2^53."),
        (lambda vote: HIDDEN * 3000, "It returned more than 50000 bytes of JSON."),
    ],
    ids=range(12),
)
def test_an_enricher_that_fails_is_logged_and_left_out(enrich: Any, why: str, lines: Any) -> None:
    broken = made("broken", enrich)

    assert added(broken, made("after", lambda vote, broken: [broken], needs=["broken"])) == {
        "after": [None]
    }
    (line,) = lines()
    assert line["why"].startswith(why)
    assert HIDDEN not in json.dumps(line)


def test_a_result_that_breaks_its_schema_is_left_out(lines: Any) -> None:
    adds = {"type": "object", "properties": {"count": {"type": "integer"}}}

    assert added(made("broken", lambda vote: {"count": HIDDEN}, adds=adds)) == {}
    (line,) = lines()
    assert line["why"] == "It returned what breaks 'type' in its 'adds'."


def test_the_line_names_enricher_and_event_and_counts(lines: Any) -> None:
    added(made("broken", raising(ValueError())))

    (line,) = lines()
    assert (line["enricher"], line["eventId"], line["level"]) == ("broken", "e1", "WARNING")
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert (metrics["Metrics"], line["LeftOut"]) == ([{"Name": "LeftOut", "Unit": "Count"}], 1)


def test_without_an_enricher_that_is_required_the_event_cannot_go() -> None:
    enriching = Enriching(
        [
            made("broken", lambda vote: {HIDDEN}, required=True),
            made("fine", lambda vote: {}, required=True),
        ]
    )

    reasons = enriching.add([event(), event()], monotonic() + BUDGET)

    assert reasons == [["enrichment.broken: It returned what JSON cannot hold."]] * 2


def test_the_deepest_result_that_passes() -> None:
    assert added(made("deep", lambda vote: endless(32))) == {"deep": endless(32)}


def test_one_result_that_cannot_be_held_costs_no_other(lines: Any) -> None:
    some = made("some", lambda vote: float("nan") if vote.vote_id == "1" else vote.vote_id)
    events = [event(voteId=str(each)) for each in range(3)]

    Enriching([some]).add(events, monotonic() + BUDGET)

    assert [each["enrichment"] for each in events] == [{"some": "0"}, {}, {"some": "2"}]
    assert len(lines()) == 1


def test_results_are_as_large_as_they_may_be_each_for_itself(lines: Any) -> None:
    text = "x" * (LARGEST_RESULT - 2)
    events = [event(), event()]

    Enriching([made("large", lambda vote: text)]).add(events, monotonic() + BUDGET)

    assert [each["enrichment"] for each in events] == [{"large": text}] * 2
    assert lines() == []


def test_a_large_result_passes() -> None:
    text = "x" * (LARGEST_RESULT - 2)

    assert added(made("large", lambda vote: text)) == {"large": text}


@dataclass(frozen=True, kw_only=True)
class Settings:
    greeting: str = setting("What is said")


def greet(vote: Vote, settings: Settings) -> str:
    return settings.greeting


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETER_GREETING", "Hello")

    assert added(made("greeter", greet, settings=Settings)) == {"greeter": "Hello"}


def test_a_setting_without_a_value_is_named(lines: Any) -> None:
    assert added(made("greeter", greet, settings=Settings)) == {}
    assert lines()[0]["why"] == (
        "'greeter' cannot run. GREETER_GREETING (What is said) has no value. "
        "Set the template parameter 'GreeterGreeting'."
    )


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """What a hanging enricher waits for; set at the end, so that its thread ends."""
    released = threading.Event()
    yield released
    released.set()


def test_one_thread_serves_batch_after_batch() -> None:
    enriching = Enriching([made("thread", lambda vote: threading.get_ident() % 2**50)])
    events = [event(), event(), event()]
    for each in events:
        enriching.add([each], monotonic() + BUDGET)

    threads = {each["enrichment"]["thread"] for each in events}
    assert len(threads) == 1
    assert threading.get_ident() % 2**50 not in threads


def test_one_that_hangs_is_left_out_and_holds_up_no_other(
    hold: threading.Event, lines: Any
) -> None:
    slow = made("slow", lambda vote: hold.wait(), timeout=0.05)
    enriching = Enriching(
        [
            made("before", lambda vote: 1),
            slow,
            made("after", lambda vote, before, slow: [before, slow], needs=["before", "slow"]),
        ]
    )
    one = event()

    enriching.add([one], monotonic() + BUDGET)

    assert one["enrichment"] == {"before": 1, "after": [1, None]}
    assert lines()[0]["why"] == "It took longer than 0.05 s."


def test_one_that_hangs_at_one_event_is_left_out_there(hold: threading.Event, lines: Any) -> None:
    def enrich(vote: Vote) -> int:
        if vote.vote_id == "1":
            hold.wait()
        return 1

    first, slow = made("first", lambda vote: vote.vote_id), made("slow", enrich, timeout=0.2)
    after = made("after", lambda vote, first, slow: [first, slow], needs=["first", "slow"])
    events = [event(voteId=str(each), eventID=str(each)) for each in range(3)]

    Enriching([first, slow, after]).add(events, monotonic() + BUDGET)

    assert [each["enrichment"]["after"] for each in events] == [["0", 1], ["1", None], ["2", 1]]
    assert len(lines()) == 1


def test_one_that_is_left_a_moment_too_late_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where its call ended just before: it goes on with all that it was given.
    monkeypatch.setattr(Worker, "leave", lambda worker: worker._work.put(None))
    hold = threading.Event()
    before = set(threading.enumerate())
    events = [event(), event()]

    Enriching([made("slow", lambda vote: hold.wait(), timeout=0.02)]).add(
        events, monotonic() + BUDGET
    )
    hold.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(BUDGET)

    assert [each["enrichment"] for each in events] == [{}, {}]


def test_many_calls_may_take_longer_than_one_of_them() -> None:
    brief = made("brief", lambda vote: sleep(0.03), timeout=0.2)
    events = [event() for _ in range(10)]

    reasons = Enriching([replace(brief, required=True)]).add(events, monotonic() + BUDGET)

    assert reasons == [[]] * 10


def test_one_that_only_hangs_is_soon_no_longer_called(hold: threading.Event, lines: Any) -> None:
    calls = []

    def enrich(vote: Vote) -> None:
        calls.append(vote.vote_id)
        hold.wait()

    enriching = Enriching([made("slow", enrich, timeout=0.02)])
    enriching.add([event() for _ in range(MOST_HUNG + 3)], monotonic() + BUDGET)

    assert len(calls) <= MOST_HUNG
    assert [line["why"] for line in lines()[MOST_HUNG:]] == [f"{MOST_HUNG} calls of it hang."] * 3


def test_once_its_calls_end_it_is_called_again() -> None:
    hold = threading.Event()
    enriching = Enriching([made("slow", lambda vote: {"went": hold.wait()})])
    before = set(threading.enumerate())
    for _ in range(MOST_HUNG):
        enriching.add([event()], monotonic() + 0.02)
    hold.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(BUDGET)
    one = event()

    enriching.add([one], monotonic() + BUDGET)

    assert one["enrichment"] == {"slow": {"went": True}}


def test_when_the_batch_has_no_time_left_the_rest_is_left_out(lines: Any) -> None:
    enriching = Enriching([made("mood", lambda vote: {}, required=True)])

    reasons = enriching.add([event(), event()], monotonic())

    assert reasons == [["enrichment.mood: No time was left for it."]] * 2


def test_without_a_thread_all_are_left_out(monkeypatch: pytest.MonkeyPatch, lines: Any) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    one = event()

    Enriching([made("mood", lambda vote: {})]).add([one], monotonic() + BUDGET)

    assert one["enrichment"] == {}
    assert lines()[0]["why"] == "No thread was left for it."


def test_no_result_of_a_batch_that_was_cut_off_reaches_the_next(hold: threading.Event) -> None:
    enriching = Enriching(
        [made("slow", lambda vote: hold.wait() if vote.vote_id == "1" else vote.vote_id, timeout=9)]
    )
    enriching.add([event(voteId="1")], monotonic() + 0.05)
    one = event(voteId="2")

    enriching.add([one], monotonic() + BUDGET)

    assert one["enrichment"] == {"slow": "2"}
