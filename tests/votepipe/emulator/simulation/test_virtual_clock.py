"""votepipe/emulator/simulation/virtual_clock.py."""

import pytest

from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(100.0)


def test_things_are_done_in_the_order_of_their_time(clock: VirtualClock) -> None:
    done: list[tuple[str, float]] = []
    clock.at(103, lambda: done.append(("late", clock.now)))
    clock.at(101, lambda: done.append(("early", clock.now)))
    clock.run_until(110)

    assert done == [("early", 101), ("late", 103)]
    assert clock.now == 110


def test_what_is_due_at_one_moment_is_done_first_come_first_served(clock: VirtualClock) -> None:
    done: list[int] = []
    for number in range(5):
        clock.at(101, lambda number=number: done.append(number))  # type: ignore[misc]
    clock.run_until(101)

    assert done == [0, 1, 2, 3, 4]


def test_the_past_is_now(clock: VirtualClock) -> None:
    done: list[float] = []
    clock.at(5, lambda: done.append(clock.now))
    clock.run_until(100)

    assert done == [100]


def test_what_comes_later_waits(clock: VirtualClock) -> None:
    clock.at(101, lambda: pytest.fail("too early"))
    clock.run_until(100.5)

    assert not clock.idle


def test_what_is_called_off_is_not_done(clock: VirtualClock) -> None:
    entry = clock.at(101, lambda: pytest.fail("called off"))
    clock.cancel(entry)
    clock.run_until(102)

    assert clock.idle


def test_it_comes_to_rest_where_the_last_thing_was_done(clock: VirtualClock) -> None:
    clock.at(105, lambda: None)

    assert clock.run_until_idle(1000)
    assert clock.now == 105


def test_what_recurs_keeps_nothing_from_resting(clock: VirtualClock) -> None:
    def again() -> None:
        clock.at(clock.now + 1, again, recurring=True)

    again()

    assert clock.run_until_idle(1000)
    assert clock.now == 100


def test_what_is_not_idle_in_time_is_reported(clock: VirtualClock) -> None:
    def again() -> None:
        clock.at(clock.now + 1, again)

    again()

    assert not clock.run_until_idle(110)


def test_the_next_thing_is_done_whenever_it_is(clock: VirtualClock) -> None:
    clock.at(500, lambda: None)
    clock.run_next()

    assert clock.now == 500


def test_an_empty_clock_is_refused(clock: VirtualClock) -> None:
    with pytest.raises(KitError, match="No timer is left"):
        clock.run_next()


def test_an_endless_loop_is_refused(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("votepipe.emulator.simulation.virtual_clock._MOST_AT_ONCE", 10)

    def again() -> None:
        clock.soon(again)

    again()

    with pytest.raises(KitError, match="loops without end: 10 timers"):
        clock.run_until(101)
