"""votepipe/emulator/simulation/virtual_clock.py."""

import pytest

from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.virtual_clock import Agenda


@pytest.fixture
def agenda() -> Agenda:
    return Agenda(100.0)


def test_things_are_done_in_the_order_of_their_time(agenda: Agenda) -> None:
    done: list[tuple[str, float]] = []
    agenda.at(103, lambda: done.append(("late", agenda.now)))
    agenda.at(101, lambda: done.append(("early", agenda.now)))
    agenda.run_until(110)

    assert done == [("early", 101), ("late", 103)]
    assert agenda.now == 110


def test_what_is_due_at_one_moment_is_done_first_come_first_served(agenda: Agenda) -> None:
    done: list[int] = []
    for number in range(5):
        agenda.at(101, lambda number=number: done.append(number))  # type: ignore[misc]
    agenda.run_until(101)

    assert done == [0, 1, 2, 3, 4]


def test_the_past_is_now(agenda: Agenda) -> None:
    done: list[float] = []
    agenda.at(5, lambda: done.append(agenda.now))
    agenda.run_until(100)

    assert done == [100]


def test_what_comes_later_waits(agenda: Agenda) -> None:
    agenda.at(101, lambda: pytest.fail("too early"))
    agenda.run_until(100.5)

    assert not agenda.idle


def test_what_is_called_off_is_not_done(agenda: Agenda) -> None:
    entry = agenda.at(101, lambda: pytest.fail("called off"))
    agenda.cancel(entry)
    agenda.run_until(102)

    assert agenda.idle


def test_it_comes_to_rest_where_the_last_thing_was_done(agenda: Agenda) -> None:
    agenda.at(105, lambda: None)

    assert agenda.run_to_rest(1000)
    assert agenda.now == 105


def test_what_recurs_keeps_nothing_from_resting(agenda: Agenda) -> None:
    def again() -> None:
        agenda.at(agenda.now + 1, again, recurring=True)

    again()

    assert agenda.run_to_rest(1000)
    assert agenda.now == 100


def test_what_does_not_come_to_rest_in_time_is_told(agenda: Agenda) -> None:
    def again() -> None:
        agenda.at(agenda.now + 1, again)

    again()

    assert not agenda.run_to_rest(110)


def test_the_next_thing_is_done_whenever_it_is(agenda: Agenda) -> None:
    agenda.at(500, lambda: None)
    agenda.run_next()

    assert agenda.now == 500


def test_nothing_left_to_do_is_told(agenda: Agenda) -> None:
    with pytest.raises(KitError, match="Nothing is left to do"):
        agenda.run_next()


def test_going_round_in_circles_is_told(agenda: Agenda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("votepipe.emulator.simulation.virtual_clock._MOST_AT_ONCE", 10)

    def again() -> None:
        agenda.soon(again)

    again()

    with pytest.raises(KitError, match="goes round in circles: 10 things"):
        agenda.run_until(101)
