"""votepipe/enrichment/workers.py: work in a thread that can be left behind."""

import threading
from collections.abc import Iterator

import pytest

from votepipe.enrichment.workers import TooSlow, Worker

SOON = 10  # seconds; for what comes at once


def hanging(until: threading.Event) -> Iterator[str]:
    yield "first"
    until.wait()
    yield "late"
    yield "never asked for"


def test_items_come_in_their_order() -> None:
    worker = Worker[str]()
    worker.begin(iter("abc"))

    assert [worker.take(SOON) for _ in "abc"] == ["a", "b", "c"]
    worker.leave()


def test_what_does_not_come_in_time_is_too_slow() -> None:
    released = threading.Event()
    worker = Worker[str]()
    worker.begin(hanging(released))

    assert worker.take(SOON) == "first"
    with pytest.raises(TooSlow):
        worker.take(0.01)
    assert worker.is_alive()
    released.set()


def test_a_worker_left_behind_ends_after_what_it_is_at() -> None:
    released, seen = threading.Event(), []
    worker = Worker[str]()

    def watched() -> Iterator[str]:
        for item in hanging(released):
            seen.append(item)
            yield item

    worker.begin(watched())
    worker.take(SOON)
    worker.leave()
    released.set()
    worker.join(SOON)

    assert not worker.is_alive()
    assert seen == ["first", "late"]


def test_an_idle_worker_ends_when_it_is_left_and_keeps_no_process_alive() -> None:
    worker = Worker[str]()
    assert worker.daemon

    worker.leave()
    worker.join(SOON)

    assert not worker.is_alive()
