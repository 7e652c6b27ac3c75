"""votepipe/delivery/deliver.py: a sink with a rate limit, and batches delivered in part."""

from collections.abc import Sequence
from typing import Any

import pytest

from votepipe import Event, Skip, Temporary, TryLater, sink
from votepipe.delivery import Delivered, Delivery
from votepipe.model import times
from votepipe.plugins import RateLimit


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that stands still until a test sets it."""
    time = [1000.0]
    monkeypatch.setattr(times, "now", lambda: time[0])
    return time


LIMIT = RateLimit(seconds=1.5)
DROPPING = RateLimit(seconds=1.5, droppable=["VoteChanged"])


def nothing(event: Any) -> None: ...


def votes(envelope: Any, names: str, **changes: Any) -> list[Any]:
    return [envelope(vote={"voteId": name}, eventID=f"e-{name}", **changes) for name in names]


def waits(asked_of_sqs: Any) -> list[int]:
    return [asked["VisibilityTimeout"] for asked in asked_of_sqs("ChangeMessageVisibility")]


def by_widget(event: Event, settings: Any) -> str:
    return event.vote.widget_id


BY_WIDGET = RateLimit(seconds=1.5, batch_key=by_widget)


def test_one_is_delivered_and_the_others_get_slots(
    run: Any, envelope: Any, asked_of_sqs: Any
) -> None:
    ran = run(nothing, *votes(envelope, "abc"), rate_limit=LIMIT)

    assert (len(ran.given), len(ran.kept)) == (1, 2)
    assert waits(asked_of_sqs) == [2, 4]
    assert [line["why"] for line in ran.lines[:2]] == ["Its slot has not come yet."] * 2


def test_what_waits_for_a_slot_holds_no_vote(run: Any, envelope: Any, aws_side: Any) -> None:
    run(nothing, *votes(envelope, "ab"), rate_limit=LIMIT)

    assert len([row for row in aws_side.rows() if "sequence" in row]) == 1
    assert not any("lease" in row for row in aws_side.rows())


def test_what_was_delivered_before_takes_no_slot(
    run: Any, envelope: Any, time: list[float]
) -> None:
    first, second = votes(envelope, "ab")
    run(nothing, first, rate_limit=LIMIT)
    time[0] += 10

    ran = run(nothing, first, second, rate_limit=LIMIT)

    assert [line["message"] for line in ran.lines] == ["skipped", "delivered"]


def test_a_skip_takes_no_slot(run: Any, envelope: Any) -> None:
    def does(event: Event) -> None:
        if event.vote.vote_id == "a":
            raise Skip("Nothing.")

    ran = run(does, *votes(envelope, "ab"), rate_limit=LIMIT)

    assert [line["message"] for line in ran.lines] == ["skipped", "delivered"]


def test_being_asked_to_wait_holds_for_all(
    run: Any, envelope: Any, raising: Any, asked_of_sqs: Any
) -> None:
    ran = run(raising(TryLater(after=30)), *votes(envelope, "ab"), rate_limit=LIMIT)

    assert len(ran.given) == 1
    assert waits(asked_of_sqs) == [30, 32]


def test_a_rate_limit_out_of_reach_is_tried_again(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERIES_TABLE", "elsewhere")

    ran = run(nothing, envelope(), rate_limit=LIMIT)

    assert (len(ran.kept), ran.given) == (1, [])
    assert ran.lines[0]["why"].startswith("The deliveries table answered")


def test_droppable_events_give_way_to_a_long_queue(run: Any, envelope: Any) -> None:
    ran = run(
        nothing,
        *votes(envelope, "abcdefghij"),
        rate_limit=RateLimit(seconds=1.5, droppable=["VoteCast"]),
    )
    assert len(ran.kept) == 9

    mark = {"events": ["VoteCast", "VoteChanged"], "rate_limit": DROPPING}
    ran = run(nothing, *votes(envelope, "xy"), **mark)

    assert ran.kept == []
    assert [line["why"] for line in ran.lines] == ["Too many are waiting for a slot."] * 2


def test_of_droppable_events_of_a_vote_the_newest_is_delivered(run: Any, envelope: Any) -> None:
    mark = {"events": ["VoteCast", "VoteChanged"], "rate_limit": DROPPING}
    bodies = [envelope(sequence=sequence) for sequence in ("7", "9", "8")]

    ran = run(nothing, *bodies, **mark)

    assert [event.sequence for event in ran.given] == [9]
    assert [line["why"] for line in ran.lines[:2]] == ["A newer state came with it."] * 2


def test_a_batch_key_is_given_together_and_waits_together(
    run: Any, envelope: Any, asked_of_sqs: Any
) -> None:
    given: list[str] = []

    @sink(events=["VoteChanged"], batch=True, rate_limit=BY_WIDGET)
    def handler(events: Sequence[Event]) -> None:
        given.append("".join(event.vote.vote_id for event in events))

    widgets = {"a": "w1", "b": "w2", "c": "w1", "d": "w2"}
    run(
        handler,
        *[envelope(vote={"voteId": vote, "widgetId": name}) for vote, name in widgets.items()],
    )

    assert given == ["ac"]
    assert waits(asked_of_sqs) == [2, 2]


def test_batch_key_may_find_that_there_is_nothing_to_deliver(run: Any, envelope: Any) -> None:
    def batch_key(event: Event, settings: Any) -> str:
        raise Skip("Not for us.")

    @sink(events=["VoteChanged"], batch=True, rate_limit=RateLimit(seconds=1, batch_key=batch_key))
    def handler(events: Sequence[Event]) -> None:
        raise AssertionError

    ran = run(handler, envelope())

    assert (ran.kept, ran.lines[0]["why"]) == ([], "Not for us.")


def partly(**delivered: Any) -> Any:
    @sink(events=["VoteChanged"], batch=True, rate_limit=BY_WIDGET)
    def handler(events: Sequence[Event], deliveries: Sequence[Delivery]) -> Delivered:
        assert [delivery.sequence for delivery in deliveries] == [
            event.sequence for event in events
        ]
        chosen = {name: [events[at] for at in places] for name, places in delivered.items()}
        return Delivered(remote_id="remote-1", **chosen)

    return handler


def test_what_was_delivered_in_part_is_marked_in_part(
    run: Any, envelope: Any, aws_side: Any, asked_of_sqs: Any
) -> None:
    ran = run(partly(events=[1]), *votes(envelope, "abc"))

    marked = [row for row in aws_side.rows() if row.get("remoteId")]
    assert [row["delivery"].rpartition("#")[2] for row in marked] == ["b"]
    assert not any("lease" in row for row in aws_side.rows())
    assert len(ran.kept) == 2
    assert waits(asked_of_sqs) == [2, 2]


def test_what_is_separate_gets_slots_of_its_own(run: Any, envelope: Any, asked_of_sqs: Any) -> None:
    run(partly(events=[1], separate=[0, 2]), *votes(envelope, "abcd"))

    assert waits(asked_of_sqs) == [2, 4, 6]


def test_an_older_event_that_was_delivered_is_marked_without_the_newer(
    run: Any, envelope: Any, aws_side: Any
) -> None:
    run(partly(events=[0]), *[envelope(sequence=each, eventID=each) for each in ("7", "8")])

    (row,) = [row for row in aws_side.rows() if "sequence" in row]
    assert row["sequence"][-40:] == "7".zfill(40)


def test_a_batch_that_fails_counts_for_each_of_its_events(
    run: Any, envelope: Any, aws_side: Any, raising: Any
) -> None:
    @sink(events=["VoteChanged"], batch=True)
    def handler(events: Sequence[Event]) -> None:
        raise Temporary("No.")

    run(handler, *votes(envelope, "a", sequence="7"), *votes(envelope, "a", sequence="8"))

    (row,) = aws_side.rows()
    assert list(row["failures"].values()) == [{"N": "1"}, {"N": "1"}]  # type: ignore[attr-defined]


def test_what_needed_no_call_makes_nobody_wait(run: Any, envelope: Any) -> None:
    @sink(events=["VoteChanged"], batch=True, rate_limit=BY_WIDGET)
    def handler(events: Sequence[Event]) -> Delivered:
        return Delivered(events=events, sent=False)

    widgets = [envelope(vote={"widgetId": name}) for name in ("w1", "w2")]
    ran = run(handler, *widgets)

    assert [line["outcome"] for line in ran.lines] == ["delivered"]
    assert len(ran.lines[0]["messageId"]) == 2
