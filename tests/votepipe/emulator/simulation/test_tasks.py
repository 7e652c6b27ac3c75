"""votepipe/emulator/simulation/tasks.py."""

import threading
from collections.abc import Iterator

import pytest

from votepipe.emulator.simulation.errors import Closed
from votepipe.emulator.simulation.tasks import Tasks
from votepipe.emulator.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(0.0)


@pytest.fixture
def tasks(clock: VirtualClock) -> Iterator[Tasks]:
    tasks = Tasks(clock)
    yield tasks
    tasks.close()


def test_work_runs_at_once(tasks: Tasks) -> None:
    done: list[int] = []
    tasks.run(lambda: done.append(1))

    assert done == [1]


def test_work_that_waits_goes_on_at_its_time(clock: VirtualClock, tasks: Tasks) -> None:
    moments: list[float] = []

    def work() -> None:
        moments.append(clock.now)
        tasks.wait(5)
        moments.append(clock.now)

    tasks.run(work)
    clock.run_until(10)

    assert moments == [0, 5]


def test_others_run_while_one_waits(clock: VirtualClock, tasks: Tasks) -> None:
    done: list[str] = []

    def work(name: str, first: float) -> None:
        for step in range(3):
            done.append(f"{name}{step}")
            tasks.wait(first)

    tasks.run(lambda: work("a", 2))
    tasks.run(lambda: work("b", 3))
    clock.run_until(10)

    assert done == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_an_error_of_the_work_comes_to_who_runs_it(clock: VirtualClock, tasks: Tasks) -> None:
    def work() -> None:
        tasks.wait(1)
        raise ZeroDivisionError

    tasks.run(work)

    with pytest.raises(ZeroDivisionError):
        clock.run_until(2)


def test_threads_are_used_again(tasks: Tasks) -> None:
    threads: set[int] = set()
    for _ in range(20):
        tasks.run(lambda: threads.add(threading.get_ident()))

    assert len(threads) == 1


def test_work_knows_whether_it_is_the_one_that_runs(tasks: Tasks) -> None:
    seen: list[bool] = [tasks.mine]
    tasks.run(lambda: seen.append(tasks.mine))

    assert seen == [False, True]


def test_closing_ends_work_that_waits(clock: VirtualClock) -> None:
    tasks = Tasks(clock)
    ended: list[BaseException] = []

    def work() -> None:
        try:
            tasks.wait(1)
        except Closed as error:
            ended.append(error)
            raise

    before = threading.active_count()
    tasks.run(work)
    tasks.close()

    assert len(ended) == 1
    assert threading.active_count() == before


def test_only_work_can_wait(tasks: Tasks) -> None:
    with pytest.raises(RuntimeError, match="only work that was started"):
        tasks.wait(1)
