"""votepipe/delivery/deliver.py: a sink that takes a batch delivers all of it, or none."""

from collections.abc import Sequence
from typing import Any

from votepipe import Event, Temporary, sink


def sink_of(does: Any) -> tuple[Any, list[list[str]]]:
    """A sink that takes batches, and the votes of each batch it was given."""
    given: list[list[str]] = []

    @sink(events=["VoteCast"], batch=True)
    def handler(events: Sequence[Event]) -> None:
        given.append([f"{event.vote.vote_id}/{event.sequence}" for event in events])
        does(events)

    return handler, given


def nothing(events: Sequence[Event]) -> None: ...


def test_all_events_come_in_one_call(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    bodies = [envelope(vote={"voteId": vote}, sequence="5") for vote in ("b", "a")]

    ran = run(handler, *bodies)

    assert given == [["a/5", "b/5"]]
    assert [line["message"] for line in ran.lines] == ["delivered", "delivered"]


def test_all_fail_together(run: Any, envelope: Any, raising: Any, surroundings: Any) -> None:
    handler, _ = sink_of(raising(Temporary("No.")))

    ran = run(handler, envelope(vote={"voteId": "a"}), envelope(vote={"voteId": "b"}))

    assert len(ran.kept) == 2
    assert all("lease" not in row and "sequence" not in row for row in surroundings.rows())


def test_what_was_delivered_before_is_left_out(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    first = envelope(vote={"voteId": "a"}, sequence="5")
    run(handler, first)

    run(handler, first, envelope(vote={"voteId": "b"}, sequence="5"))

    assert given == [["a/5"], ["b/5"]]


def test_what_another_attempt_delivers_is_put_back(run: Any, envelope: Any, hold: Any) -> None:
    handler, given = sink_of(nothing)
    held = envelope(vote={"voteId": "a"}, sequence="5")
    hold(Event.from_envelope(held))

    ran = run(handler, held, envelope(vote={"voteId": "b"}, sequence="5"))

    assert (given, len(ran.kept)) == ([["b/5"]], 1)


def test_states_of_one_vote_leave_the_newest_mark(
    run: Any, envelope: Any, surroundings: Any
) -> None:
    handler, given = sink_of(nothing)

    run(handler, *[envelope(vote={"voteId": "a"}, sequence=each) for each in ("10", "9")])

    (row,) = surroundings.rows()
    assert given == [["a/9", "a/10"]]
    assert (row["sequence"], "lease" in row) == ("10".zfill(40), False)


def test_an_event_that_comes_twice_in_a_batch_is_delivered_once(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    body = envelope(vote={"voteId": "a"}, sequence="5")

    ran = run(handler, body, body)

    assert given == [["a/5"]]
    assert (len(ran.kept), ran.lines[0]["why"]) == (1, "This batch holds it twice.")


def test_nothing_left_to_deliver_is_no_call(run: Any, envelope: Any) -> None:
    handler, given = sink_of(nothing)
    run(handler, envelope())

    run(handler, envelope())

    assert len(given) == 1
