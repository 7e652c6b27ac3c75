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

from votepipe import Event
from votepipe.delivery.leases import Claim, claim, mark, release
from votepipe.model import times
from votepipe.model.errors import Skip, TryLater


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
        self.under_way: list[tuple[Claim, float]] = []
        self.sent: list[str] = []
        self.marked = ""

    def attempt(self, sequence: int) -> Claim | Skip | None:
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
            return claim(
                Event.from_detail(detail),
                table=self.table,
                sink="slack",
                owner=f"{self.vote}/{self.attempts}",
                lease=self.LEASE,
            )
        except TryLater:
            return None
        except Skip as skip:
            return skip

    def send(self, claimed: Claim) -> None:
        assert claimed.order > self.marked, "an older state was sent after a newer mark"
        self.sent.append(claimed.order)

    def mark(self, claimed: Claim) -> None:
        mark(claimed, None)
        self.marked = max(self.marked, claimed.order)

    @rule(sequence=st.integers(8, NEWEST))
    def is_claimed(self, sequence: int) -> None:
        claimed = self.attempt(sequence)
        if isinstance(claimed, Claim):
            self.under_way.append((claimed, self.now + self.LEASE))

    @precondition(lambda self: self.under_way)
    @rule(dies=st.booleans())
    def is_sent(self, dies: bool) -> None:
        claimed, _ = self.under_way[-1]
        self.send(claimed)
        self.under_way.pop()
        if not dies:
            self.mark(claimed)

    @precondition(lambda self: self.under_way)
    @rule(dies=st.booleans())
    def is_not_sent(self, dies: bool) -> None:
        claimed, _ = self.under_way.pop()
        if not dies:
            release(claimed)

    @rule(seconds=st.sampled_from([1, 30, 59, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        self.under_way = [(claimed, end) for claimed, end in self.under_way if end > self.now]

    @invariant()
    def one_attempt_holds_the_vote(self) -> None:
        assert len(self.under_way) <= 1

    def teardown(self) -> None:
        """Every event comes again, as SQS has it in the end, and the newest state is shown."""
        self.now += self.LEASE + 1
        for sequence in (self.NEWEST, 8, 10):
            claimed = self.attempt(sequence)
            assert claimed is not None, "a lease outlived its attempt"
            if isinstance(claimed, Claim):
                self.send(claimed)
                self.mark(claimed)

        assert self.marked == self.sent[-1] == str(self.NEWEST).zfill(40)


def test_no_order_of_things_shows_an_older_state_last(
    surroundings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_state_machine_as_test(
        lambda: Attempts(surroundings.table, monkeypatch),
        settings=settings(max_examples=40, stateful_step_count=15, deadline=None),
    )
