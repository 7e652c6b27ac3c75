"""votepipe/delivery/leases.py: whatever the order of things, the newest state is what is shown."""

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
from votepipe.model.errors import Skip, TryLater

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


def test_no_order_of_things_shows_an_older_state_last(
    surroundings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_state_machine_as_test(
        lambda: Attempts(surroundings.table, monkeypatch),
        settings=settings(max_examples=40, stateful_step_count=15, deadline=None),
    )
