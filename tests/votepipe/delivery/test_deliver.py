"""votepipe/delivery/deliver.py: messages go through a sink's function and back, one or many."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from votepipe import (
    Delivery,
    Event,
    Secret,
    Skip,
    Temporary,
    TryLater,
    Undeliverable,
    setting,
    sink,
)
from votepipe.model import times
from votepipe.model.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Settings:
    room: str = setting("Room")


@dataclass(frozen=True, kw_only=True)
class Keys:
    key: Secret = setting("Key to the room")


def nothing(event: Event) -> None: ...


def test_a_line_says_which_delivery_it_is_about(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)
    takes_a_while = lambda event: monkeypatch.setattr(times, "now", lambda: 1000.25)  # noqa: E731

    ran = run(takes_a_while, envelope(), tries=2)

    (line,), detail = ran.lines, envelope()["detail"]
    assert (line["eventId"], line["sequence"]) == (detail["eventID"], detail["sequence"])
    assert (line["sink"], line["type"], line["attempt"]) == ("slack", "VoteChanged", 2)
    assert line["milliseconds"] == 250
    assert line["messageId"]


def test_a_delivery_is_counted_with_the_time_since_the_change(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = Event.from_envelope(envelope()).time.timestamp()
    monkeypatch.setattr(times, "now", lambda: changed + 2.5)

    ran = run(nothing, envelope())

    (line,) = ran.lines
    (group,) = line["_aws"]["CloudWatchMetrics"]
    assert group["Metrics"] == [{"Name": "Latency", "Unit": "Milliseconds"}]
    assert line["Latency"] == 2500


def test_a_reader_whose_clock_is_ahead_makes_no_latency_below_zero(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)

    assert run(nothing, envelope()).lines[0]["Latency"] == 0


def test_what_is_retried_is_counted_and_what_is_skipped_is_not(
    run: Any, envelope: Any, raising: Any
) -> None:
    (retried,) = run(raising(ValueError("x")), envelope()).lines
    (skipped,) = run(raising(Skip("x")), envelope()).lines

    assert retried["Retried"] == 1
    assert "_aws" not in skipped


def test_what_the_reader_wrote_is_in_no_line(run: Any, envelope: Any, raising: Any) -> None:
    ran = run(raising(ValueError("More examples of stream filters.")), envelope())

    for text in ("reader@example.com", "stream filters", "using-dynamodb-streams"):
        assert text in json.dumps(envelope())
        assert text not in json.dumps(ran.lines)


def test_what_was_delivered_before_is_skipped(run: Any, envelope: Any) -> None:
    run(nothing, envelope())

    ran = run(nothing, envelope())

    (line,) = ran.lines
    assert (ran.kept, ran.given) == ([], [])
    assert (line["message"], line["why"]) == ("skipped", "It was delivered before.")


def test_a_vote_that_another_attempt_delivers_is_put_back_for_seconds(
    run: Any, envelope: Any, hold: Any, asked_of_sqs: Any
) -> None:
    event = Event.from_envelope(envelope())
    hold(event)

    ran = run(nothing, envelope(), tries=2)

    assert (len(ran.kept), ran.given) == (1, [])
    assert ran.lines[0]["why"] == "Another attempt is delivering this vote."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] in (2, 3, 4)


def test_at_its_last_receive_a_message_takes_its_reason_to_the_dead_letters(
    run: Any, envelope: Any, hold: Any, aws_side: Any
) -> None:
    event = Event.from_envelope(envelope())
    hold(event)

    assert len(run(nothing, envelope(), tries=119).kept) == 1
    assert run(nothing, envelope(), tries=120).kept == []

    (dead,) = aws_side.dead()
    assert dead["reason"] == "Another attempt is delivering this vote. Receive 120 was the last."


def test_a_lease_lasts_as_long_as_the_function(
    run: Any, envelope: Any, aws_side: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)
    leases: list[str] = []

    run(lambda event: leases.append(aws_side.rows()[0]["lease"]), envelope(), left=[20_000])

    assert [float(lease) for lease in leases] == [1021]


def test_one_failure_leaves_the_others_of_the_batch_alone(run: Any, envelope: Any) -> None:
    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two", "three")]

    def does(event: Event) -> None:
        if event.vote.vote_id == "two":
            raise Temporary("No.")

    ran = run(does, *bodies)

    assert [json.loads(body) for body in ran.kept] == [bodies[1]]
    assert len(ran.given) == 3


def test_states_of_a_vote_are_delivered_in_their_order(run: Any, envelope: Any) -> None:
    ran = run(nothing, *[envelope(sequence=sequence) for sequence in ("10", "9", "100")])

    assert [event.sequence for event in ran.given] == [9, 10, 100]


def test_a_change_is_delivered_before_it_settles(run: Any, envelope: Any) -> None:
    ran = run(nothing, envelope("settled", sequence="7"), envelope(sequence="7"))

    assert [event.type for event in ran.given] == ["VoteChanged", "VoteSettled"]


def test_what_time_does_not_allow_goes_back_untried(
    run: Any, envelope: Any, asked_of_sqs: Any
) -> None:
    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two", "three")]

    ran = run(nothing, *bodies, left=[60_000, 16_000, 16_000, 14_000])

    assert (len(ran.given), len(ran.kept)) == (2, 1)
    assert ran.lines[0]["why"] == "Too little time was left."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == 1


def test_the_longest_delivery_is_what_the_next_one_needs(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1000.0)
    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two")]
    takes_long = lambda event: monkeypatch.setattr(times, "now", lambda: 1030.0)  # noqa: E731

    ran = run(takes_long, *bodies, left=[60_000, 29_000])

    assert (len(ran.given), len(ran.kept)) == (1, 1)


def test_the_first_delivery_is_tried_however_little_time_there_is(run: Any, envelope: Any) -> None:
    assert len(run(nothing, envelope(), left=[10]).given) == 1


def test_without_a_context_there_is_the_whole_time(aws_side: Any, envelope: Any) -> None:
    @sink(events=["VoteCast"])
    def handler(event: Event) -> None: ...

    as_lambda_calls_it: Any = handler
    assert as_lambda_calls_it(aws_side.batch(envelope()), None) == {"batchItemFailures": []}


@pytest.mark.parametrize("body", ["nonsense", "[]", '{"detail": {"type": "VoteCast"}}'])
def test_what_is_no_event_goes_to_the_dead_letters(run: Any, aws_side: Any, body: str) -> None:
    ran = run(nothing, body)

    assert (ran.kept, ran.given) == ([], [])
    assert aws_side.dead()[0]["body"] == body


def test_a_setting_that_is_missing_is_the_reason_in_the_dead_letters(
    run: Any, envelope: Any, aws_side: Any
) -> None:
    @sink(events=["VoteCast"], settings=Keys)
    def handler(event: Event, settings: Keys) -> None: ...

    ran = run(handler, envelope())

    assert ran.kept == []
    assert aws_side.dead()[0]["reason"] == (
        "'slack' cannot run. Secret 'key' (Key to the room) has no value. "
        "Run: votepipe secret set slack"
    )


def test_settings_reach_the_function(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: list[str] = []

    @sink(events=["VoteCast"], settings=Settings)
    def handler(event: Event, settings: Settings) -> None:
        rooms.append(settings.room)

    monkeypatch.setenv("SLACK_ROOM", "#votes")
    run(handler, envelope())

    assert rooms == ["#votes"]


def test_a_function_that_asks_learns_what_it_sent_before(run: Any, envelope: Any) -> None:
    seen: list[Delivery] = []

    @sink(events=["VoteCast"])
    def handler(event: Event, *, delivery: Delivery) -> str:
        seen.append(delivery)
        return f"remote-{delivery.sequence}"

    run(handler, envelope(sequence="9"))
    run(handler, envelope(sequence="10"))

    assert [(each.previous, each.sequence) for each in seen] == [(None, 9), ("remote-9", 10)]


def test_a_message_that_cannot_be_moved_stays(
    run: Any, envelope: Any, raising: Any, monkeypatch: pytest.MonkeyPatch, aws_side: Any
) -> None:
    monkeypatch.setenv("DEAD_LETTERS_URL", aws_side.dead_letters + "-gone")

    ran = run(raising(Undeliverable("No.")), envelope())

    (line,) = ran.lines
    assert len(ran.kept) == 1
    assert line["message"] == "failed"
    assert line["why"].startswith("No. The dead-letter queue answered")


def test_a_message_that_cannot_be_put_back_stays_all_the_same(
    run: Any, envelope: Any, raising: Any, monkeypatch: pytest.MonkeyPatch, aws_side: Any
) -> None:
    monkeypatch.setenv("QUEUE_URL", aws_side.queue + "-gone")

    ran = run(raising(TryLater(after=5)), envelope())

    assert len(ran.kept) == 1
    assert [line["message"] for line in ran.lines] == ["not put back", "put back"]


def test_a_table_out_of_reach_delivers_nothing(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERIES_TABLE", "elsewhere")

    ran = run(nothing, envelope())

    assert (len(ran.kept), ran.given) == (1, [])


@pytest.mark.parametrize("name", ["QUEUE_URL", "DEAD_LETTERS_URL", "DELIVERIES_TABLE"])
def test_a_function_without_its_environment_fails(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(SettingsError) as caught:
        run(nothing, envelope())

    assert str(caught.value) == f"{name} is not in the function's environment. Run: votepipe sync"


def sink_of(does: Any) -> tuple[Any, list[list[str]]]:
    """A sink that takes batches, and the votes of each batch it was given."""
    given: list[list[str]] = []

    @sink(events=["VoteCast"], batch=True)
    def handler(events: Sequence[Event]) -> None:
        given.append([f"{event.vote.vote_id}/{event.sequence}" for event in events])
        does(events)

    return handler, given


def test_all_events_come_in_one_call(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    bodies = [envelope(vote={"voteId": vote}, sequence="5") for vote in ("b", "a")]

    ran = run(handler, *bodies)

    assert given == [["a/5", "b/5"]]
    (line,) = ran.lines
    assert line["message"] == line["outcome"] == "delivered"
    assert len(line["eventId"]) == len(set(line["messageId"])) == len(line["Latency"]) == 2


def test_all_fail_together(run: Any, envelope: Any, raising: Any, aws_side: Any) -> None:
    handler, _ = sink_of(raising(Temporary("No.")))

    ran = run(handler, envelope(vote={"voteId": "a"}), envelope(vote={"voteId": "b"}))

    assert len(ran.kept) == 2
    assert all("lease" not in row and "sequence" not in row for row in aws_side.rows())


def test_a_batch_leaves_out_what_was_delivered_before(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    first = envelope(vote={"voteId": "a"}, sequence="5")
    run(handler, first)

    run(handler, first)
    run(handler, first, envelope(vote={"voteId": "b"}, sequence="5"))

    assert given == [["a/5"], ["b/5"]]


def test_what_another_attempt_delivers_is_put_back(run: Any, envelope: Any, hold: Any) -> None:
    handler, given = sink_of(nothing)
    held = envelope(vote={"voteId": "a"}, sequence="5")
    hold(Event.from_envelope(held))

    ran = run(handler, held, envelope(vote={"voteId": "b"}, sequence="5"))

    assert (given, len(ran.kept)) == ([["b/5"]], 1)


def test_states_of_one_vote_leave_the_newest_mark(run: Any, envelope: Any, aws_side: Any) -> None:
    handler, given = sink_of(nothing)

    run(handler, *[envelope(vote={"voteId": "a"}, sequence=each) for each in ("10", "9")])

    (row,) = aws_side.rows()
    assert given == [["a/9", "a/10"]]
    assert (row["sequence"][-40:], "lease" in row) == ("10".zfill(40), False)


def test_an_event_that_comes_twice_in_a_batch_is_delivered_once(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    body = envelope(vote={"voteId": "a"}, sequence="5")

    ran = run(handler, body, body)

    assert given == [["a/5"]]
    assert (len(ran.kept), ran.lines[0]["why"]) == (1, "This batch holds it twice.")
