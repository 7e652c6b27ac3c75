"""votepipe/delivery/pace.py: one call at a time, and turns for whoever must wait."""

import math
from typing import Any

import pytest

from votepipe.delivery.pace import Pace
from votepipe.model import times
from votepipe.model.errors import Temporary

INFINITE = math.inf


class Time:
    """A clock that stands still until it is told."""

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
def pace(surroundings: Any, time: Time) -> Any:
    """The pace of the sink `slack`, as another process has it each time."""
    return lambda seconds=1.2: Pace(surroundings.table, "slack", seconds)


def test_the_first_call_may_be_made(pace: Any) -> None:
    assert pace().take(None, waited=False) == 0


def test_the_next_call_gets_a_turn_after_the_pace(pace: Any) -> None:
    pace().take(None, waited=False)

    assert pace().take(None, waited=False) == 2


def test_a_call_may_be_made_once_the_pace_has_passed(pace: Any, time: Time) -> None:
    pace().take(None, waited=False)
    time.now += 1.2

    assert pace().take(None, waited=False) == 0


def test_turns_are_a_pace_apart_and_whole_seconds_away(pace: Any) -> None:
    pace(0.7).take(None, waited=False)

    assert [pace(0.7).take(None, waited=False) for _ in range(4)] == [1, 2, 3, 4]


def test_nobody_pushes_in_while_there_is_a_line(pace: Any, time: Time) -> None:
    pace().take(None, waited=False)
    assert pace().take(None, waited=False) == 2
    time.now += 2

    assert pace().take(None, waited=False) == 2
    assert pace().take(None, waited=True) == 0


def test_a_group_shares_a_turn(pace: Any, time: Time) -> None:
    pace().take("a", waited=False)

    assert [pace().take(group, waited=False) for group in ("b", "c", "b")] == [2, 4, 2]
    time.now += 1
    assert pace().take("b", waited=False) == 1


def test_a_turn_that_was_missed_is_replaced(pace: Any, time: Time) -> None:
    pace().take(None, waited=False)
    assert pace().take("b", waited=False) == 2
    time.now += 2
    assert pace().take(None, waited=True) == 0

    assert pace().take("b", waited=True) == 2


def test_who_has_no_patience_gets_no_turn(pace: Any) -> None:
    for _ in range(3):
        pace().take(None, waited=False)

    assert pace().take(None, waited=False, patience=3) == INFINITE
    assert pace().take(None, waited=False, patience=9) == 6


def test_who_has_no_patience_for_the_turn_of_the_group_gets_none(pace: Any) -> None:
    for group in ("a", "b", "c"):
        pace().take(group, waited=False)

    assert pace().take("c", waited=False, patience=3) == INFINITE


def test_nobody_calls_while_a_call_is_prepared(pace: Any, time: Time) -> None:
    pace().take(None, waited=False, preparing=3)
    time.now += 4

    assert pace().take(None, waited=True) == 1


@pytest.mark.parametrize("seconds", [0, 2, 5])
def test_the_next_call_follows_at_the_pace_however_long_one_was_prepared(
    pace: Any, time: Time, seconds: float
) -> None:
    taken = pace()
    taken.take(None, waited=False, preparing=3)
    time.now += seconds

    taken.begin()

    time.now += 1.1
    assert pace().take(None, waited=True) == 1
    time.now += 0.1
    assert pace().take(None, waited=True) == 0


def test_a_call_that_begins_late_moves_no_other(pace: Any, time: Time) -> None:
    late = pace()
    late.take(None, waited=False, preparing=1)
    time.now += 3
    pace().take(None, waited=True, preparing=20)

    late.begin()

    assert pace().take(None, waited=True) == 22


def test_a_prepared_call_that_was_not_made_is_given_back(pace: Any, time: Time) -> None:
    taken = pace()
    taken.take(None, waited=False, preparing=3)
    time.now += 1
    taken.begin()

    taken.give_back()

    assert pace().take(None, waited=False) == 0


def test_a_call_that_was_not_made_is_given_back(pace: Any) -> None:
    taken = pace()
    taken.take(None, waited=False)

    taken.give_back()

    assert pace().take(None, waited=False) == 0


def test_only_a_call_of_ones_own_can_be_given_back(pace: Any, time: Time) -> None:
    late = pace()
    late.take(None, waited=False)
    time.now += 2
    pace().take(None, waited=False)

    late.give_back()
    pace().give_back()

    assert pace().take(None, waited=False) == 2


def test_after_a_postponement_nobody_calls(pace: Any, time: Time) -> None:
    pace().postpone(30)

    assert pace().take(None, waited=True) == 32
    time.now += 29.9
    assert pace().take(None, waited=True) == 4
    time.now += 0.1
    assert pace().take(None, waited=True) == 0


def test_a_postponement_shortens_no_line(pace: Any) -> None:
    for _ in range(4):
        pace().take(None, waited=False)

    pace().postpone(1)

    assert pace().line_up() == 8


def test_a_turn_in_line_is_the_one_of_the_group(pace: Any) -> None:
    taken = pace()
    taken.take(None, waited=False)

    assert [taken.line_up(), taken.line_up("a"), taken.line_up("a")] == [2, 4, 4]


def test_sinks_have_paces_of_their_own(pace: Any, surroundings: Any) -> None:
    pace().take(None, waited=False)

    assert Pace(surroundings.table, "other", 1.2).take(None, waited=False) == 0


def test_a_table_out_of_reach_is_temporary(time: Time, surroundings: Any) -> None:
    with pytest.raises(Temporary, match="The deliveries table answered"):
        Pace("elsewhere", "slack", 1.2).take(None, waited=False)


def test_what_only_notes_never_raises(
    time: Time, surroundings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Pace("elsewhere", "slack", 1.2)

    lost.postpone(5)

    assert lost.line_up() == 2
    assert capsys.readouterr().out.count("The deliveries table answered") == 3
