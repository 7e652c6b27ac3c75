"""sinks/settle: on virtual time, from the write to VoteSettled on the bus, crashes included."""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.emulator.functions.crash_points import Step
from votepipe.emulator.simulation import usage
from votepipe.project import schemas
from votepipe.testing import Pipeline
from votepipe.testing.pipeline import START

pytestmark = pytest.mark.slow
CHAOS = "VOTEPIPE_VOTES" in os.environ

# Writes fall on whole tens of seconds, so that none falls on the moment at which a vote settles.
QUIET, MOST = 25, 95
# A change waits up to a second until it is seen, and as long when its time has come.
WINDOWS = 2
PRECISION = 2 + WINDOWS
PARAMETERS = {"QuietPeriodSeconds": str(QUIET), "MaximumWaitSeconds": str(MOST)}
WIDGET = {"widgetId": "docs"}

Histories = list[list[int]]
histories = st.lists(
    st.lists(st.sampled_from([10, 20, 30, 50, 120]), min_size=1, max_size=8), min_size=1, max_size=3
)


def make(**options: Any) -> Pipeline:
    return Pipeline(sinks=["settle"], parameters=PARAMETERS | options)


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """The pipeline with this sink alone."""
    with make() as made:
        yield made


def vote(answer: object = None, name: str = "one", **more: Any) -> dict[str, Any]:
    """A vote as the widget writes it, with one answer or none."""
    answers: Any = {} if answer is None else json.dumps({"field_1": str(answer)})
    return {**WIDGET, "voteId": name, "voteType": "thumbsup", "answers": answers, **more}


def settled(pipeline: Pipeline) -> list[tuple[str, str, int]]:
    """Each VoteSettled: the vote, its answer, and when it settled, in seconds from the start."""
    return [
        (
            event["detail"]["vote"]["voteId"],
            event["detail"]["vote"]["answers"].get("field_1", ""),
            round((datetime.fromisoformat(event["time"]) - START).total_seconds()),
        )
        for event in pipeline.events("VoteSettled")
    ]


def about(seconds: float) -> Any:
    """A time at which something may settle that is due then."""
    return pytest.approx(seconds + WINDOWS / 2, abs=WINDOWS / 2)


def test_a_vote_settles_after_its_quiet_period(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.advance(seconds=20)
    pipeline.put(vote("more"))
    pipeline.run_until_idle()

    assert settled(pipeline) == [("one", "more", about(20 + QUIET))]


def test_a_vote_that_never_rests_settles_at_the_maximum_wait(pipeline: Pipeline) -> None:
    for number in range(12):
        pipeline.put(vote(number))
        pipeline.advance(seconds=10)
    pipeline.run_until_idle()

    assert settled(pipeline) == [("one", "9", about(MOST)), ("one", "11", about(110 + QUIET))]


def test_a_reader_who_is_done_settles_the_vote_at_once(pipeline: Pipeline) -> None:
    pipeline.put(vote("all", complete=True))
    pipeline.advance(seconds=2)

    assert settled(pipeline) == [("one", "all", about(0))]


def test_without_a_quiet_period_each_change_settles_at_once() -> None:
    with make(QuietPeriodSeconds="0") as pipeline:
        pipeline.put(vote())
        pipeline.advance(seconds=2)
        pipeline.put(vote("more"))
        pipeline.advance(seconds=2)

        assert settled(pipeline) == [("one", "", about(0)), ("one", "more", about(2))]


def test_hours_of_quiet_are_kept_to_the_second() -> None:
    with make(QuietPeriodSeconds="50000", MaximumWaitSeconds="90000") as pipeline:
        pipeline.put(vote())
        pipeline.run_until_idle()

        assert settled(pipeline) == [("one", "", about(50_000))]


def test_a_vote_that_changes_after_it_settled_says_what_was(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.advance(minutes=5)
    pipeline.put(vote("second thoughts", voteType="thumbsdown"))
    pipeline.run_until_idle()

    first, second = (event["detail"] for event in pipeline.events("VoteSettled"))
    assert "previous" not in first
    assert second["previous"] == {
        "eventID": first["eventID"],
        "time": first["time"],
        "sequence": first["sequence"],
        "stream": first["stream"],
        "voteType": "thumbsup",
    }
    jsonschema.validate(second, schemas.load("vote-settled.v1"))


def test_a_vote_that_is_withdrawn_before_it_settled_never_settles(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.advance(seconds=5)
    pipeline.remove({**WIDGET, "voteId": "one"})
    pipeline.run_until_idle()

    assert settled(pipeline) == []
    assert pipeline.nothing_lost()


def test_a_bus_that_refuses_is_tried_again(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.advance(seconds=QUIET - 1)
    pipeline.put_events_fails(times=2)
    pipeline.run_until_idle()

    assert [name for name, _, _ in settled(pipeline)] == ["one"]


def test_a_change_that_enrichment_holds_up_settles_alone(pipeline: Pipeline) -> None:
    pipeline.put(vote("first"))
    pipeline.advance(seconds=5)
    pipeline.fail("EnrichFunction", times=4)
    pipeline.put(vote("second"))
    pipeline.advance(seconds=QUIET)
    assert settled(pipeline) == []  # by then the first would have settled
    pipeline.run_until_idle()

    assert [answer for _, answer, _ in settled(pipeline)] == ["second"]


@pytest.mark.parametrize("newest", ["rejected", "expired"])
def test_a_newest_write_without_an_event_settles_at_the_maximum_wait(
    pipeline: Pipeline, newest: str
) -> None:
    pipeline.put(vote("first"))
    pipeline.advance(seconds=5)
    if newest == "rejected":
        pipeline.put(vote("second", voteType="sideways"))
    else:
        pipeline.expire(vote())
    pipeline.run_until_idle()

    assert settled(pipeline) == [("one", "first", about(MOST))]


def test_a_withdrawal_that_is_on_its_way_is_waited_for(pipeline: Pipeline) -> None:
    pipeline.put(vote("first"))
    pipeline.advance(seconds=5)
    pipeline.fail("EnrichFunction", times=4)
    pipeline.remove(vote())
    pipeline.run_until_idle()

    assert settled(pipeline) == []


def test_one_look_at_the_table_for_each_settled_state(pipeline: Pipeline) -> None:
    for number in range(4):
        pipeline.put(vote(number))
        pipeline.advance(seconds=10)
    pipeline.run_until_idle()

    # Its own state, when its time has come, and the vote.
    assert pipeline.usage()["settle"][usage.READS] == 2


def test_the_queue_itself_hides_a_message_for_the_default_quiet_period() -> None:
    for quiet, changes in (("120", 0), ("125", 1)):
        with make(QuietPeriodSeconds=quiet, MaximumWaitSeconds="900") as pipeline:
            pipeline.put(vote())
            pipeline.run_until_idle()

            ((_, _, at),) = settled(pipeline)
            assert 0 <= at - int(quiet) <= 3
            assert pipeline.usage()["settle"][usage.CHANGES] == changes


def test_a_table_that_the_stack_was_given_is_looked_at() -> None:
    stream = "arn:aws:dynamodb:us-east-1:123456789012:table/theirs/stream/2026-01-01T00:00:00.000"
    with make(VoteStreamArn=stream) as pipeline:
        function = pipeline.models.functions["SettleSink"]

        assert function.environment["VOTES_TABLE"] == "theirs"


@pytest.mark.parametrize(
    "answers",
    [{"M": {"a": {"L": [{"N": "1"}, {"M": {"b": {"BOOL": True}}}]}}}, {"S": '{"a": [1.5, null]}'}],
)
def test_a_vote_of_any_shape_equals_itself(pipeline: Pipeline, answers: Any) -> None:
    item = {name: {"S": text} for name, text in vote().items() if isinstance(text, str)}
    pipeline.put(item | {"answers": answers, "createdAt": {"S": "yesterday"}, "more": {"N": "1"}})
    pipeline.run_until_idle()

    ((_, _, at),) = settled(pipeline)
    assert at == about(QUIET)


def play(pipeline: Pipeline, gaps: Histories) -> None:
    """Write each vote again after each of its gaps; all votes at once."""
    writes = sorted(
        (sum(each[:number]), name, number)
        for name, each in enumerate(gaps)
        for number in range(len(each) + 1)
    )
    passed = 0
    for at, name, number in writes:
        pipeline.advance(seconds=at - passed)
        passed = at
        pipeline.put(vote(number, f"vote-{name}"))
    pipeline.run_until_idle()


def due(gaps: list[int]) -> Iterator[tuple[int, int]]:
    """The states that come to rest, each with when: the rule itself in its plainest form."""
    times = [sum(gaps[:number]) for number in range(len(gaps) + 1)]
    open_since = times[0]
    for number, at in enumerate(times):
        following = times[number + 1] if number + 1 < len(times) else None
        rests = min(at + QUIET, open_since + MOST)
        if following is None or following > rests:
            yield number, rests
            open_since = following or 0


def late(pipeline: Pipeline, gaps: Histories) -> int:
    """By how many seconds the latest state settled late; each settled once, and none too early."""
    wanted = sorted(
        (f"vote-{name}", str(number), at)
        for name, each in enumerate(gaps)
        for number, at in due(each)
    )
    found = sorted(settled(pipeline))
    assert [state[:2] for state in found] == [state[:2] for state in wanted]
    delays = [seen[2] - right[2] for seen, right in zip(found, wanted, strict=True)]
    assert min(delays) >= 0
    return max(delays)


@given(histories)
def test_each_state_that_rests_settles_once_and_on_time(gaps: Histories) -> None:
    with make() as pipeline:
        play(pipeline, gaps)

        assert late(pipeline, gaps) <= PRECISION


@given(histories, st.integers(0, 1000))
def test_duplicates_and_disorder_change_nothing(gaps: Histories, seed: int) -> None:
    with make() as pipeline:
        pipeline.duplicate(0.5)
        pipeline.reorder(seed)
        play(pipeline, gaps)

        assert late(pipeline, gaps) <= PRECISION
        assert pipeline.nothing_lost()


@settings(max_examples=5 if CHAOS else 2)
@given(st.lists(st.sampled_from([10, 20, 120]), min_size=1, max_size=3))
def test_a_crash_at_any_step_loses_no_last_state_and_tells_no_other_twice(
    crash_points: Any, gaps: list[int]
) -> None:
    with make() as pipeline:
        play(pipeline, [gaps])
        steps = crash_points(pipeline.steps_made)
    last = str(len(gaps))
    for step in steps:
        with make() as pipeline:
            pipeline.crash_at(step.number)
            play(pipeline, [gaps])

            states = settled(pipeline)

            ids = {event["detail"]["eventID"] for event in pipeline.events("VoteSettled")}
            assert states[-1][1] == last, step
            assert len(ids) == len({answer for _, answer, _ in states}), step
            assert pipeline.nothing_lost(), step


# A reader votes, types for a while, and may say that they are done: one sitting. The gaps inside
# one are shorter than the quiet period; with the two minutes for which a crash holds a message
# back, they are longer.
Sitting = tuple[list[int], bool]
sittings = st.tuples(
    st.lists(st.sampled_from([0, 1, 20, 50, 90, 110, 119]), max_size=4), st.booleans()
)
all_sittings = st.lists(st.lists(sittings, min_size=1, max_size=3), min_size=1, max_size=3)
APART = 260
VOTE = {"widgetId": "docs", "voteType": "thumbsup"}

SHOWN: list[list[list[Sitting]]] = [
    [[([], False)]],
    [[([20], False)]],
    [[([0, 1], True)]],
    [[([], True), ([], True)]],
    [[([50], False), ([1], False)], [([1, 50], True)]],
    # Several votes in one batch, as in the one above.
    *([[[([90], False)], [([110], False)], [([119], False)]]] if CHAOS else []),
]


def writes(history: list[list[Sitting]]) -> Iterator[tuple[int, str, int, bool]]:
    """Each write of all votes: when, whose, which answer, whether the reader is done."""
    for name, parts in enumerate(history):
        at = answer = 0
        for gaps, done in parts:
            for number, gap in enumerate([0, *gaps]):
                at += gap
                yield at, f"vote-{name}", answer, done and number == len(gaps)
                answer += 1
            at += APART


def states_after(
    history: list[list[Sitting]], crash_at: int | None = None
) -> tuple[Any, list[Step]]:
    """The states that settled, vote by vote, and the steps on the way."""
    with Pipeline(sinks=["settle"]) as pipeline:
        if crash_at is not None:
            pipeline.crash_at(crash_at)
        now = 0
        for at, name, answer, done in sorted(writes(history)):
            pipeline.advance(seconds=at - now)
            now = at
            answers = json.dumps({"field_1": str(answer)})
            pipeline.put({**VOTE, "voteId": name, "answers": answers, "complete": done})
        pipeline.run_until_idle()

        assert pipeline.nothing_lost()
        details = [event["detail"] for event in pipeline.events("VoteSettled")]
        # What died right behind the bus puts the same event on it once more.
        by_id = {detail["eventID"]: detail for detail in details}
        assert len(details) <= len(by_id) + (crash_at is not None)
        states = [
            (each["vote"]["voteId"], each["sequence"], each["vote"]["answers"], previous(each))
            for each in by_id.values()
        ]
        return sorted(states, key=lambda state: state[:2]), pipeline.steps_made


def previous(detail: dict[str, Any]) -> str | None:
    """The sequence of the state that settled before, as the event has it."""
    found: str | None = detail.get("previous", {}).get("sequence")
    return found


@pytest.mark.parametrize("history", SHOWN)
def test_the_same_settles_after_a_crash_at_each_step(
    crash_points: Any, history: list[list[Sitting]]
) -> None:
    wanted, steps = states_after(history)
    for step in crash_points(steps):
        assert states_after(history, step.number)[0] == wanted, step


@given(all_sittings, st.integers(0, 10_000))
def test_the_same_settles_of_any_history_after_a_crash_at_any_step(
    history: list[list[Sitting]], number: int
) -> None:
    wanted, steps = states_after(history)

    assert states_after(history, number % len(steps))[0] == wanted


def test_what_settles_next_waits_for_a_publication_that_was_cut_off() -> None:
    first = {**VOTE, "voteId": "one", "answers": {}, "complete": True}
    with Pipeline(sinks=["settle"]) as pipeline:
        pipeline.put(first)
        pipeline.run_until_idle()
        publishing = next(step for step in pipeline.steps_made if step.call == "events.PutEvents")
    with Pipeline(sinks=["settle"]) as pipeline:
        pipeline.crash_at(publishing.number)
        pipeline.put(first)
        pipeline.advance(seconds=10)
        pipeline.put({**first, "voteType": "thumbsdown"})
        pipeline.run_until_idle()

        one, two = (event["detail"] for event in pipeline.events("VoteSettled"))
        assert [one["vote"]["voteType"], two["vote"]["voteType"]] == ["thumbsup", "thumbsdown"]
        assert two["previous"]["eventID"] == one["eventID"]


def test_what_settles_next_waits_no_longer_than_a_publication_takes() -> None:
    vote = {**VOTE, "voteId": "one", "answers": {}}
    with Pipeline(sinks=["settle"], parameters={"QuietPeriodSeconds": "0"}) as pipeline:
        pipeline.latency(1)
        pipeline.put(vote)
        pipeline.advance(seconds=3)
        pipeline.put({**vote, "voteType": "thumbsdown"})
        pipeline.run_until_idle()

        whys = [line.get("why") for line in pipeline.lines("SettleSink")]
        times = [event["detail"]["time"] for event in pipeline.events("VoteSettled")]
        assert "The state before is not on the bus yet." in whys
        assert len(times) == 2
        assert times[1] < "2026-01-04T10:00:15"
