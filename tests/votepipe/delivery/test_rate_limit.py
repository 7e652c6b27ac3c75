"""votepipe/delivery/rate_limit.py: one call at a time, and slots for all that wait."""

import math
from typing import Any

import pytest

from votepipe.delivery.rate_limit import RateLimiter
from votepipe.model import times
from votepipe.model.errors import Temporary

INFINITE = math.inf


class Time:
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        self.now = 1000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(times, "now", time)
    return time


@pytest.fixture
def limiter(aws_side: Any, time: Time) -> Any:
    """The rate limit of the sink `slack`, as another process has it each time."""
    return lambda seconds=1.2: RateLimiter(aws_side.table, "slack", seconds)


def test_the_first_call_may_be_made_and_the_next_an_interval_later(
    limiter: Any, time: Time
) -> None:
    assert limiter().reserve(None, waited=False) == 0
    time.now += 1.2
    assert limiter().reserve(None, waited=False) == 0

    assert limiter().reserve(None, waited=False) == 2


def test_slots_are_an_interval_apart_and_whole_seconds_away(limiter: Any) -> None:
    limiter(0.7).reserve(None, waited=False)

    assert [limiter(0.7).reserve(None, waited=False) for _ in range(4)] == [1, 2, 3, 4]


def test_nobody_pushes_in_while_others_wait(limiter: Any, time: Time) -> None:
    limiter().reserve(None, waited=False)
    assert limiter().reserve(None, waited=False) == 2
    time.now += 2

    assert limiter().reserve(None, waited=False) == 2
    assert limiter().reserve(None, waited=True) == 0


def test_a_batch_key_shares_a_slot(limiter: Any, time: Time) -> None:
    limiter().reserve("a", waited=False)

    assert [limiter().reserve(group, waited=False) for group in ("b", "c", "b")] == [2, 4, 2]
    time.now += 1
    assert limiter().reserve("b", waited=False) == 1


def test_a_slot_that_was_missed_is_replaced(limiter: Any, time: Time) -> None:
    limiter().reserve(None, waited=False)
    assert limiter().reserve("b", waited=False) == 2
    time.now += 2
    assert limiter().reserve(None, waited=True) == 0

    assert limiter().reserve("b", waited=True) == 2


def test_no_slot_is_reserved_beyond_the_max_wait(limiter: Any) -> None:
    for _ in range(3):
        limiter().reserve(None, waited=False)

    assert limiter().reserve(None, waited=False, max_wait=3) == INFINITE
    assert limiter().reserve(None, waited=False, max_wait=9) == 6


def test_a_shared_slot_beyond_the_max_wait_is_not_taken(limiter: Any) -> None:
    for group in ("a", "b", "c"):
        limiter().reserve(group, waited=False)

    assert limiter().reserve("c", waited=False, max_wait=3) == INFINITE


def test_nobody_calls_while_a_call_is_prepared(limiter: Any, time: Time) -> None:
    limiter().reserve(None, waited=False, preparing=3)
    time.now += 4

    assert limiter().reserve(None, waited=True) == 1


@pytest.mark.parametrize("seconds", [0, 2, 5])
def test_the_next_call_follows_at_the_rate_however_long_one_was_prepared(
    limiter: Any, time: Time, seconds: float
) -> None:
    taken = limiter()
    taken.reserve(None, waited=False, preparing=3)
    time.now += seconds

    taken.begin()

    time.now += 1.1
    assert limiter().reserve(None, waited=True) == 1
    time.now += 0.1
    assert limiter().reserve(None, waited=True) == 0


def test_a_call_that_begins_late_moves_no_other(limiter: Any, time: Time) -> None:
    late = limiter()
    late.reserve(None, waited=False, preparing=1)
    time.now += 3
    limiter().reserve(None, waited=True, preparing=20)

    late.begin()

    assert limiter().reserve(None, waited=True) == 22


@pytest.mark.parametrize("preparing", [0, 3])
def test_a_call_that_was_not_made_is_given_back(limiter: Any, time: Time, preparing: int) -> None:
    taken = limiter()
    taken.reserve(None, waited=False, preparing=preparing)
    time.now += preparing / 3
    taken.begin()

    taken.give_back()

    assert limiter().reserve(None, waited=False) == 0


def test_only_a_call_of_ones_own_can_be_given_back(limiter: Any, time: Time) -> None:
    late = limiter()
    late.reserve(None, waited=False)
    time.now += 2
    limiter().reserve(None, waited=False)

    late.give_back()
    limiter().give_back()

    assert limiter().reserve(None, waited=False) == 2


def test_after_a_postponement_nobody_calls(limiter: Any, time: Time) -> None:
    limiter().postpone(30)

    assert limiter().reserve(None, waited=True) == 32
    time.now += 29.9
    assert limiter().reserve(None, waited=True) == 4
    time.now += 0.1
    assert limiter().reserve(None, waited=True) == 0


def test_a_postponement_frees_no_slots(limiter: Any) -> None:
    for _ in range(4):
        limiter().reserve(None, waited=False)

    limiter().postpone(1)

    assert limiter().reserve_next() == 8


def test_the_next_slot_is_the_one_of_the_batch_key(limiter: Any) -> None:
    taken = limiter()
    taken.reserve(None, waited=False)

    assert [taken.reserve_next(), taken.reserve_next("a"), taken.reserve_next("a")] == [2, 4, 4]


def test_sinks_have_rates_of_their_own(limiter: Any, aws_side: Any) -> None:
    limiter().reserve(None, waited=False)

    assert RateLimiter(aws_side.table, "other", 1.2).reserve(None, waited=False) == 0


def test_a_table_out_of_reach_is_temporary(time: Time, aws_side: Any) -> None:
    with pytest.raises(Temporary, match="The deliveries table answered"):
        RateLimiter("elsewhere", "slack", 1.2).reserve(None, waited=False)


def test_what_only_notes_never_raises(
    time: Time, aws_side: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = RateLimiter("elsewhere", "slack", 1.2)

    lost.postpone(5)

    assert lost.reserve_next() == 2
    assert capsys.readouterr().out.count("The deliveries table answered") == 3
