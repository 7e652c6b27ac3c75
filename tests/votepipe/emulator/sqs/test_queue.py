"""votepipe/emulator/sqs/queue.py."""

import json
from typing import Any

import pytest

from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.queue import Queue, QueueError, reason_of, record_of


def queue(simulation: Simulation, name: str = "Queue", **facts: Any) -> Queue:
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    made: Queue = Queue.of(simulation, name, arn, f"https://sqs/{name}", facts)
    return made


def bodies(found: Queue, most: int = 10) -> list[str]:
    return [message.body for message in found.receive(most)]


def test_messages_come_in_the_order_they_were_sent(simulation: Simulation) -> None:
    it = queue(simulation)
    for body in "abc":
        it.send(body)

    assert bodies(it, 2) == ["a", "b"]
    assert bodies(it) == ["c"]


def test_a_received_message_shows_again_after_the_visibility_time_out(
    simulation: Simulation,
) -> None:
    it = queue(simulation, VisibilityTimeout=60)
    it.send("a")
    first = bodies(it)
    simulation.clock.run_until(simulation.now + 59.9)
    hidden = bodies(it)
    simulation.clock.run_until(simulation.now + 0.1)

    assert (first, hidden, bodies(it)) == (["a"], [], ["a"])


def test_each_receive_is_counted(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=1)
    it.send("a")
    counts = []
    for _ in range(3):
        counts += [int(m.system_attributes["ApproximateReceiveCount"]) for m in it.receive(1)]
        simulation.clock.run_until(simulation.now + 1)

    assert counts == [1, 2, 3]


@pytest.mark.parametrize(("own", "of_queue", "wait"), [(None, 5, 5), (7, 5, 7), (0, 5, 0)])
def test_a_message_s_own_delay_goes_before_the_queue_s(
    simulation: Simulation, own: float | None, of_queue: int, wait: float
) -> None:
    it = queue(simulation, DelaySeconds=of_queue)
    it.send("a", delay=own)
    simulation.clock.run_until(simulation.now + wait - 0.1)
    early = bodies(it) if wait else []
    simulation.clock.run_until(simulation.now + 0.1)

    assert (early, bodies(it)) == ([], ["a"])


def test_a_deleted_message_is_gone(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=1)
    it.send("a")
    (message,) = it.receive(1)
    it.delete(message.receipt)
    simulation.clock.run_until(simulation.now + 10)

    assert it.messages == []


def test_an_old_receipt_deletes_nothing(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=1)
    it.send("a")
    old = it.receive(1)[0].receipt
    simulation.clock.run_until(simulation.now + 1)
    it.receive(1)
    it.delete(old)

    assert len(it.messages) == 1


def test_visibility_can_be_set_for_each_message(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=60)
    it.send("a")
    it.hide(it.receive(1)[0].receipt, 5)
    simulation.clock.run_until(simulation.now + 5)

    assert bodies(it) == ["a"]


def test_a_visibility_of_nothing_shows_a_message_at_once(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=60)
    it.send("a")
    it.hide(it.receive(1)[0].receipt, 0)
    simulation.clock.run_until(simulation.now)

    assert bodies(it) == ["a"]


def test_a_message_that_is_not_in_flight_cannot_be_hidden(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=1)
    it.send("a")
    receipt = it.receive(1)[0].receipt
    simulation.clock.run_until(simulation.now + 1)

    with pytest.raises(QueueError, match="isn't in flight"):
        it.hide(receipt, 5)


def test_no_message_is_hidden_for_more_than_twelve_hours_in_all(simulation: Simulation) -> None:
    it = queue(simulation, VisibilityTimeout=100)
    it.send("a")
    receipt = it.receive(1)[0].receipt
    simulation.clock.run_until(simulation.now + 10)
    it.hide(receipt, 43_190)

    with pytest.raises(QueueError, match="beyond the limit"):
        it.hide(receipt, 43_191)


def test_a_message_received_too_often_goes_to_the_dead_letters(simulation: Simulation) -> None:
    it, dead = queue(simulation, VisibilityTimeout=1), queue(simulation, "Dead")
    it.dead_letters, it.most_receives = dead, 2
    it.send("a")
    received = 0
    for _ in range(5):
        received += len(it.receive(1))
        simulation.clock.run_until(simulation.now + 1)
    (letter,) = dead.messages

    assert (received, it.messages, letter.body) == (2, [], "a")
    assert letter.system_attributes["DeadLetterQueueSourceArn"] == it.arn
    assert reason_of(letter) == "It was received 2 times."


def test_messages_expire_with_the_retention(simulation: Simulation) -> None:
    it = queue(simulation, MessageRetentionPeriod=60)
    it.send("a")
    simulation.clock.run_until(simulation.now + 60)

    assert bodies(it) == []
    assert simulation.trace.hops[-1].what == "expired"


def test_dead_letters_expire_counted_from_when_they_were_sent(simulation: Simulation) -> None:
    it, dead = (
        queue(simulation, VisibilityTimeout=50),
        queue(simulation, "Dead", MessageRetentionPeriod=60),
    )
    it.dead_letters, it.most_receives = dead, 1
    it.send("a")
    it.receive(1)
    simulation.clock.run_until(simulation.now + 50)
    it.receive(1)
    kept = len(dead.messages)
    simulation.clock.run_until(simulation.now + 10)

    assert (kept, dead.messages) == (1, [])


def test_one_megabyte_is_the_most(simulation: Simulation) -> None:
    it = queue(simulation)
    it.send("a" * 1_048_576)

    with pytest.raises(QueueError, match="must be shorter than 1048576 bytes"):
        it.send("ä" * 524_289)


def test_a_duplicate_has_the_same_id_and_comes_in_another_batch(simulation: Simulation) -> None:
    it = queue(simulation)
    it.listeners.append(lambda: None)
    simulation.faults.duplicates = 1.0
    it.send("a")
    first, second = it.receive(10), it.receive(10)

    assert [len(first), len(second)] == [1, 1]
    assert first[0].id == second[0].id
    assert first[0].receipt != second[0].receipt


def test_a_duplicate_may_come_late(simulation: Simulation) -> None:
    it = queue(simulation)
    it.listeners.append(lambda: None)
    simulation.faults.duplicates, simulation.faults.late = 1.0, 30
    it.send("a")
    (first,) = it.receive(10)
    it.delete(first.receipt)
    simulation.clock.run_until(simulation.now + 30)

    assert bodies(it) == ["a"]


def test_order_can_be_left_to_chance(simulation: Simulation) -> None:
    it = queue(simulation)
    simulation.faults.shuffled = True
    for body in "abcdefgh":
        it.send(body)
    found = bodies(it, 10)

    assert found != sorted(found)
    assert sorted(found) == list("abcdefgh")


def test_messages_can_be_taken_out(simulation: Simulation) -> None:
    it = queue(simulation)
    for message in (it.send("a"), it.send("b", delay=5)):
        it.take_out(message)
    simulation.clock.run_until(simulation.now + 10)

    assert (it.messages, it.counts) == ([], (0, 0))


def test_a_record_is_as_lambda_hands_it_over(simulation: Simulation) -> None:
    it = queue(simulation)
    it.send("text", attributes={"why": {"DataType": "String", "StringValue": "so"}})
    (message,) = it.receive(1)

    assert record_of(message, it.arn) == {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": "text",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1000000",
            "SenderId": "AIDAKIT",
            "ApproximateFirstReceiveTimestamp": "1000000",
        },
        "messageAttributes": {
            "why": {
                "stringValue": "so",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "1cb251ec0d568de6a929b520c4aed8d1",
        "eventSource": "aws:sqs",
        "eventSourceARN": it.arn,
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize(
    ("attributes", "body", "reason"),
    [
        ({"reason": "the sink's words"}, "{}", "the sink's words"),
        ({"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "no"}, "{}", "no"),
        ({}, json.dumps({"context": {"condition": "RecordAgeExceeded"}}), "RecordAgeExceeded"),
        ({}, "anything", ""),
    ],
)
def test_a_dead_letter_has_its_reason(
    simulation: Simulation, attributes: dict[str, str], body: str, reason: str
) -> None:
    attributed = {
        name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
    }

    assert reason_of(queue(simulation).send(body, attributes=attributed)) == reason
