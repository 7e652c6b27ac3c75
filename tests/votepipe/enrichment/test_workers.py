"""votepipe/enrichment/workers.py: work in a thread that can be left behind."""

import threading
from collections.abc import Iterator

from votepipe.enrichment.workers import Worker

SOON = 10  # seconds; for what comes at once


def noting(items: str, seen: list[str]) -> Iterator[None]:
    for item in items:
        seen.append(item)
        yield


def hanging(until: threading.Event, seen: list[str]) -> Iterator[None]:
    yield from noting("a", seen)
    until.wait()
    yield from noting("bc", seen)


def test_it_goes_through_one_iterator_after_another() -> None:
    seen: list[str] = []
    worker = Worker()

    for items in ("abc", "", "de"):
        worker.begin(noting(items, seen))
        assert worker.wait(SOON)

    assert seen == list("abcde")
    worker.leave()


def test_what_does_not_end_in_time_can_be_waited_for_again() -> None:
    released, seen = threading.Event(), list[str]()
    worker = Worker()
    worker.begin(hanging(released, seen))

    assert not worker.wait(0.01)
    assert worker.is_alive()
    released.set()
    assert worker.wait(SOON)
    assert seen == ["a", "b", "c"]
    worker.leave()


def test_a_worker_left_behind_ends_after_what_it_is_at() -> None:
    released, seen = threading.Event(), list[str]()
    worker = Worker()
    worker.begin(hanging(released, seen))
    assert not worker.wait(0.01)

    worker.leave()
    released.set()
    worker.join(SOON)

    assert not worker.is_alive()
    assert seen == ["a", "b"]


def test_an_idle_worker_ends_when_it_is_left_and_keeps_no_process_alive() -> None:
    worker = Worker()
    assert worker.daemon

    worker.leave()
    worker.join(SOON)

    assert not worker.is_alive()
