"""votepipe/emulator/sqs/mapping.py: from a queue to a function, batch by batch."""

from collections.abc import Iterator
from typing import Any

import pytest

from votepipe.emulator.functions.function import FunctionError, Throttled
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.queue import Queue


class Worker:
    """A fake function: it keeps the batches, and answers or raises as scripted."""

    id = sink = "Worker"
    timeout = 30.0

    def __init__(self, simulation: Simulation, seconds: float = 0) -> None:
        self.simulation = simulation
        self.seconds = seconds
        self.batches: list[list[str]] = []
        self.running = self.most_running = 0
        self.answer: Any = None
        self.lines: list[dict[str, Any]] = []

    def invoke(self, event: Any) -> Any:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.batches.append([record["body"] for record in event["Records"]])
        if self.seconds:
            self.simulation.tasks.wait(self.seconds)
        self.running -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(event["Records"]) if callable(self.answer) else self.answer


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    simulation = Simulation(1000.0, 0)
    yield simulation
    simulation.tasks.close()


@pytest.fixture
def queue(simulation: Simulation) -> Queue:
    arn = "arn:aws:sqs:us-east-1:123456789012:q"
    made: Queue = Queue.of(simulation, "Queue", arn, "https://q", {"VisibilityTimeout": 60})
    return made


def mapped(simulation: Simulation, queue: Queue, worker: Any, **facts: Any) -> None:
    EventSourceMapping(simulation, "Mapping", queue, worker, facts)


def fill(queue: Queue, count: int) -> None:
    for number in range(count):
        queue.send(str(number))
    queue.simulation.clock.run_until(queue.simulation.now)


def failures(*bodies: str) -> Any:
    return lambda records: {
        "batchItemFailures": [
            {"itemIdentifier": each["messageId"]} for each in records if each["body"] in bodies
        ]
    }


PARTLY = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_messages_come_in_batches_and_are_deleted(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    mapped(simulation, queue, worker, BatchSize=4)
    fill(queue, 10)

    assert [len(batch) for batch in worker.batches] == [4, 4, 2]
    assert queue.messages == []


def test_a_window_gathers_messages(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    mapped(simulation, queue, worker, BatchSize=10, MaximumBatchingWindowInSeconds=5)
    for _ in range(3):
        fill(queue, 1)
        simulation.clock.run_until(simulation.now + 2)

    assert [len(batch) for batch in worker.batches] == [3]


def test_a_full_batch_does_not_wait_for_the_window(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    mapped(simulation, queue, worker, BatchSize=3, MaximumBatchingWindowInSeconds=300)
    fill(queue, 3)

    assert [len(batch) for batch in worker.batches] == [3]


def test_a_failed_batch_comes_again_after_the_visibility_time_out(
    simulation: Simulation, queue: Queue
) -> None:
    worker = Worker(simulation)
    worker.answer = FunctionError("broken")
    mapped(simulation, queue, worker)
    fill(queue, 2)
    worker.answer = None
    simulation.clock.run_until(simulation.now + 59)
    before = len(worker.batches)
    simulation.clock.run_until(simulation.now + 1)

    assert (before, worker.batches, queue.messages) == (1, [["0", "1"], ["0", "1"]], [])


def test_a_throttled_batch_counts_as_received(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    worker.answer = Throttled("too many")
    mapped(simulation, queue, worker)
    fill(queue, 1)

    assert [message.receives for message in queue.messages] == [1]


def test_only_what_is_reported_as_failed_stays(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    worker.answer = failures("1", "3")
    mapped(simulation, queue, worker, **PARTLY)
    fill(queue, 5)

    assert [message.body for message in queue.messages] == ["1", "3"]


def test_reports_count_for_nothing_where_the_mapping_does_not_ask(
    simulation: Simulation, queue: Queue
) -> None:
    worker = Worker(simulation)
    worker.answer = failures("1")
    mapped(simulation, queue, worker)
    fill(queue, 3)

    assert queue.messages == []


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (None, 0),
        ({}, 0),
        ({"batchItemFailures": []}, 0),
        ({"batchItemFailures": None}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "of nothing"}]}, 2),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 2),
        ({"batchItemFailures": [{"other": 1}]}, 2),
        ("text", 0),
    ],
)
def test_a_report_that_makes_no_sense_fails_the_whole_batch(
    simulation: Simulation, queue: Queue, answer: Any, left: int
) -> None:
    worker = Worker(simulation)
    worker.answer = answer
    mapped(simulation, queue, worker, **PARTLY)
    fill(queue, 2)

    assert len(queue.messages) == left


def test_no_more_than_the_maximum_run_at_one_time(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation, seconds=10)
    mapped(simulation, queue, worker, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    fill(queue, 5)
    simulation.clock.run_until(simulation.now + 100)

    assert (worker.most_running, len(worker.batches), queue.messages) == (2, 5, [])


def test_a_mapping_that_is_off_takes_nothing(simulation: Simulation, queue: Queue) -> None:
    worker = Worker(simulation)
    mapped(simulation, queue, worker, Enabled=False)
    fill(queue, 2)

    assert (worker.batches, len(queue.messages)) == ([], 2)


@pytest.mark.parametrize(
    ("facts", "timeout", "words"),
    [
        ({}, 61, "visibility time-out is below"),
        ({"BatchSize": 11}, 30, "needs a window"),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, 30, "from 2 to 1000"),
    ],
)
def test_what_aws_refuses_is_refused(
    simulation: Simulation, queue: Queue, facts: dict[str, Any], timeout: float, words: str
) -> None:
    worker = Worker(simulation)
    worker.timeout = timeout

    with pytest.raises(Unmodelled, match=words):
        mapped(simulation, queue, worker, **facts)
