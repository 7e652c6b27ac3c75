"""votepipe/delivery/leases.py: one vote, one message, in every order of things."""

import itertools
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

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
def take(aws_side: Any) -> Any:
    """Take the lease on an event at the sink `slack` for one minute."""

    def take(
        event: Event, owner: str = "a", *, sink: str = "slack", idempotent: str = "vote",
        table: str = aws_side.table,
    ) -> Attempt:  # fmt: skip
        key = lease_key(event, sink, idempotent)
        return Attempt(Leases(table, owner), Delivery(event=event, key=key))

    return take


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(times, "now", lambda: seconds)


def test_a_delivery_is_marked(
    take: Any, event: Any, aws_side: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000.5)

    take(event(5)).mark("remote-1")

    assert aws_side.rows() == [
        {
            "delivery": "slack#docs-feedback#6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
            "sequence": "@2026-01-01T00:00:00.000 " + "5".zfill(40),
            "eventId": event(5).id,
            "remoteId": "remote-1",
            "expires": str(1000 + 30 * 86_400),
        }
    ]


@pytest.mark.parametrize(
    ("sequence", "why"),
    [(10, "It was delivered before."), (9, "A newer state was delivered before.")],
)
def test_what_was_delivered_or_is_older_is_skipped(
    take: Any, event: Any, sequence: int, why: str
) -> None:
    take(event(10)).mark()

    with pytest.raises(Skip, match=why):
        take(event(sequence))


@pytest.mark.parametrize("before", ["", "2026-01-01T00:00:00.000"])
def test_a_later_stream_is_newer_whatever_its_numbers(take: Any, event: Any, before: Any) -> None:
    old = event(10**39, stream=before)
    take(old).mark("remote-1")

    newer = take(event(1, stream="2026-02-01T00:00:00.000"))
    newer.mark()

    assert newer.delivery.previous == "remote-1"
    with pytest.raises(Skip, match="A newer state was delivered before."):
        take(old)


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
    aws_side: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: str,
    said: str,
) -> None:
    at(monkeypatch, 1000)
    late = take(event(5))
    at(monkeypatch, 1061)
    take(event(6), owner="b")
    before = aws_side.rows()

    late.mark() if end == "mark" else late.release()

    assert aws_side.rows() == before
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


Held = tuple[Leases, Delivery]


class Attempts(RuleBasedStateMachine):
    """Attempts at the events of one vote, in any order, many at a time; each may die anywhere.

    An attempt lives no longer than its lease: Lambda ends a function at its time-out.
    """

    LEASE = 60
    NEWEST = 12
    votes = itertools.count()

    def __init__(self, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.table = table
        self.vote = f"vote-{next(self.votes)}"
        self.now = 1000.0
        monkeypatch.setattr(times, "now", lambda: self.now)
        self.attempts = 0
        self.under_way: list[tuple[Held, float]] = []
        self.sent: list[str] = []
        self.marked = ""

    def attempt(self, sequence: int) -> Held | Skip | None:
        self.attempts += 1
        detail = {
            "eventID": f"e{sequence}",
            "type": "VoteChanged",
            "time": "2026-01-04T10:00:03Z",
            "version": 1,
            "sequence": str(sequence),
            "vote": {"widgetId": "w", "voteId": self.vote},
        }
        try:
            leases = Leases(self.table, f"{self.vote}/{self.attempts}")
            event = Event.from_detail(detail)
            key = lease_key(event, "slack", "vote")
            return leases, leases.take(Delivery(event=event, key=key), self.LEASE)
        except TryLater:
            return None
        except Skip as skip:
            return skip

    def send(self, held: Held) -> None:
        order = held[1].event.sort_key
        assert order > self.marked, "an older state was sent after a newer mark"
        self.sent.append(order)

    def mark(self, held: Held) -> None:
        leases, delivery = held
        leases.mark(delivery, None)
        self.marked = max(self.marked, delivery.event.sort_key)

    @rule(sequence=st.integers(8, NEWEST))
    def is_taken(self, sequence: int) -> None:
        held = self.attempt(sequence)
        if isinstance(held, tuple):
            self.under_way.append((held, self.now + self.LEASE))

    @precondition(lambda self: self.under_way)
    @rule(dies=st.booleans())
    def is_sent(self, dies: bool) -> None:
        held, _ = self.under_way[-1]
        self.send(held)
        self.under_way.pop()
        if not dies:
            self.mark(held)

    @precondition(lambda self: self.under_way)
    @rule(dies=st.booleans())
    def is_not_sent(self, dies: bool) -> None:
        held, _ = self.under_way.pop()
        if not dies:
            held[0].release([held[1]])

    @rule(seconds=st.sampled_from([1, 30, 59, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        self.under_way = [(held, end) for held, end in self.under_way if end > self.now]

    @invariant()
    def one_attempt_holds_the_vote(self) -> None:
        assert len(self.under_way) <= 1

    def teardown(self) -> None:
        """Every event comes again, as SQS has it in the end, and the newest state is shown."""
        self.now += self.LEASE + 1
        for sequence in (self.NEWEST, 8, 10):
            held = self.attempt(sequence)
            assert held is not None, "a lease outlived its attempt"
            if isinstance(held, tuple):
                self.send(held)
                self.mark(held)

        assert self.marked == self.sent[-1] == str(self.NEWEST).zfill(40)


@pytest.mark.slow
def test_no_order_of_things_shows_an_older_state_last(
    aws_side: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_state_machine_as_test(
        lambda: Attempts(aws_side.table, monkeypatch),
        settings=settings(max_examples=40, stateful_step_count=15, deadline=None),
    )
