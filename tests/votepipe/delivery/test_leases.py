"""votepipe/delivery/leases.py: one vote, one message, in every order of things."""

from typing import Any

import pytest

from votepipe import Delivery, Event
from votepipe.delivery.leases import Leases, lease_key
from votepipe.model import times
from votepipe.model.errors import InvalidEvent, Skip, Temporary, TryLater


@pytest.fixture
def event(envelope: Any) -> Any:
    """Make an event of one vote with this sequence."""
    return lambda sequence=5, name="answer-1", **changes: Event.from_envelope(
        envelope(name, sequence=str(sequence), **changes)
    )


class Attempt:
    """An attempt that holds the lease on an event's vote."""

    def __init__(self, leases: Leases, delivery: Delivery) -> None:
        self.leases = leases
        self.delivery = leases.take(delivery, 60)

    def mark(self, remote_id: str | None = None) -> None:
        self.leases.mark(self.delivery, remote_id)

    def release(self) -> None:
        self.leases.release([self.delivery])


@pytest.fixture
def take(surroundings: Any) -> Any:
    """Take the lease on an event at the sink `slack` for one minute."""

    def take(
        event: Event, owner: str = "a", *, sink: str = "slack", idempotent: str = "vote",
        table: str = surroundings.table,
    ) -> Attempt:  # fmt: skip
        key = lease_key(event, sink, idempotent)
        return Attempt(Leases(table, owner), Delivery(event=event, key=key))

    return take


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(times, "now", lambda: seconds)


def test_a_delivery_is_marked(
    take: Any, event: Any, surroundings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000.5)

    take(event(5)).mark("remote-1")

    assert surroundings.rows() == [
        {
            "delivery": "slack#docs-feedback#6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
            "sequence": "5".zfill(40),
            "eventId": event(5).id,
            "remoteId": "remote-1",
            "expires": str(1000 + 30 * 86_400),
        }
    ]


def test_what_was_delivered_is_skipped(take: Any, event: Any) -> None:
    take(event(5)).mark()

    with pytest.raises(Skip, match="It was delivered before."):
        take(event(5))


def test_what_is_older_is_skipped(take: Any, event: Any) -> None:
    take(event(10)).mark()

    with pytest.raises(Skip, match="A newer state was delivered before."):
        take(event(9))


def test_what_is_newer_is_taken_and_knows_the_previous_message(take: Any, event: Any) -> None:
    first = take(event(9))
    first.mark("remote-1")

    second = take(event(10))

    assert (first.delivery.previous, second.delivery.previous) == (None, "remote-1")


def test_a_delivery_without_a_remote_id_keeps_the_one_before(take: Any, event: Any) -> None:
    take(event(9)).mark("remote-1")
    take(event(10)).mark()

    assert take(event(11)).delivery.previous == "remote-1"


def test_the_settled_state_follows_the_change_it_settles(take: Any, event: Any) -> None:
    take(event(5)).mark()
    settled = event(5, "settled")
    take(settled).mark()

    with pytest.raises(Skip, match="It was delivered before."):
        take(settled)
    with pytest.raises(Skip, match="A newer state was delivered before."):
        take(event(5))
    assert isinstance(take(event(6)), Attempt)


def test_a_vote_being_delivered_waits_for_the_lease(
    take: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000)
    take(event(5))
    at(monkeypatch, 1020)

    with pytest.raises(TryLater) as caught:
        take(event(6), owner="b")

    assert caught.value.after == 40


def test_a_lease_that_ran_out_is_taken_over(
    take: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000)
    take(event(5))
    at(monkeypatch, 1060.001)

    assert isinstance(take(event(5), owner="b"), Attempt)


def test_a_released_lease_can_be_taken_at_once(take: Any, event: Any) -> None:
    take(event(5)).release()

    assert isinstance(take(event(5), owner="b"), Attempt)


def test_an_attempt_may_take_its_own_lease_again(take: Any, event: Any) -> None:
    take(event(5))

    assert isinstance(take(event(6)), Attempt)


@pytest.mark.parametrize(
    ("end", "said"), [("mark", "delivered but not marked"), ("release", "lease not given back")]
)
def test_a_lease_of_another_is_left_alone(
    take: Any,
    event: Any,
    surroundings: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: str,
    said: str,
) -> None:
    at(monkeypatch, 1000)
    late = take(event(5))
    at(monkeypatch, 1061)
    take(event(6), owner="b")
    before = surroundings.rows()

    late.mark() if end == "mark" else late.release()

    assert surroundings.rows() == before
    assert said in capsys.readouterr().out


def test_votes_and_sinks_do_not_disturb_each_other(take: Any, event: Any) -> None:
    take(event(5)).mark()

    assert isinstance(take(event(5, vote={"voteId": "other"})), Attempt)
    assert isinstance(take(event(5), sink="email"), Attempt)


def test_a_table_that_is_not_there_is_temporary(take: Any, event: Any) -> None:
    with pytest.raises(Temporary, match="The deliveries table answered 'ResourceNotFoundExc"):
        take(event(5), table="elsewhere")


def test_no_two_votes_share_a_key(event: Any) -> None:
    ids = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a", "b%23c"), ("ä", "\ud83d"), ("a", "b")]

    keys = {lease_key(event(vote={"widgetId": w, "voteId": v}), "slack", "vote") for w, v in ids}

    assert len(keys) == len(ids)


def test_long_ids_make_a_short_key(event: Any) -> None:
    long = [event(vote={"widgetId": "ü" * 2000, "voteId": end}) for end in "ab"]
    keys = [lease_key(each, "slack", "vote") for each in long]

    assert keys[0] != keys[1]
    assert all(key.startswith("slack#sha256:") and len(key) < 1024 for key in keys)


def test_a_sink_without_order_skips_the_same_event_alone(take: Any, event: Any) -> None:
    take(event(10), idempotent="event").mark()
    older = event(9, eventID="another")

    with pytest.raises(Skip, match="It was delivered before."):
        take(event(10), idempotent="event")
    assert isinstance(take(older, idempotent="event"), Attempt)


def test_a_rejected_record_does_not_stand_for_its_vote(take: Any, event: Any) -> None:
    rejected = event(10, "malformed", eventID="rejected")
    take(rejected).mark()

    assert isinstance(take(event(9, vote=dict(envelope_vote(rejected)))), Attempt)
    with pytest.raises(Skip, match="It was delivered before."):
        take(rejected)


def envelope_vote(event: Event) -> Any:
    return {"widgetId": event.vote.widget_id, "voteId": event.vote.vote_id}


@pytest.mark.parametrize(("smaller", "larger"), [(9, 10), (0, 1), (99, 10**39), (5, 50)])
def test_sequences_sort_as_numbers(event: Any, smaller: int, larger: int) -> None:
    assert event(smaller).sort_key < event(larger).sort_key


@pytest.mark.parametrize("sequence", [10**40, -1])
def test_a_sequence_that_does_not_sort_is_refused(event: Any, sequence: int) -> None:
    with pytest.raises(InvalidEvent, match="not a votepipe event"):
        event(sequence)
