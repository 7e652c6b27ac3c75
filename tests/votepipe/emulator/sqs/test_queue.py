"""votepipe/emulator/sqs/queue.py."""

from typing import Any

import pytest

from votepipe.emulator.simulation.simulation import World
from votepipe.emulator.sqs.message import reason_of
from votepipe.emulator.sqs.queue import Queue, QueueError


def queue(world: World, name: str = "Queue", **facts: Any) -> Queue:
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    made: Queue = Queue.of(world, name, arn, f"https://sqs/{name}", facts)
    return made


def bodies(found: Queue, most: int = 10) -> list[str]:
    return [message.body for message in found.receive(most)]


def test_messages_come_in_the_order_they_were_sent(world: World) -> None:
    it = queue(world)
    for body in "abc":
        it.send(body)

    assert bodies(it, 2) == ["a", "b"]
    assert bodies(it) == ["c"]


def test_a_received_message_shows_again_after_the_visibility_time_out(world: World) -> None:
    it = queue(world, VisibilityTimeout=60)
    it.send("a")
    first = bodies(it)
    world.agenda.run_until(world.now + 59.9)
    hidden = bodies(it)
    world.agenda.run_until(world.now + 0.1)

    assert (first, hidden, bodies(it)) == (["a"], [], ["a"])


def test_each_receive_is_counted(world: World) -> None:
    it = queue(world, VisibilityTimeout=1)
    it.send("a")
    counts = []
    for _ in range(3):
        counts += [int(m.system_attributes["ApproximateReceiveCount"]) for m in it.receive(1)]
        world.agenda.run_until(world.now + 1)

    assert counts == [1, 2, 3]


@pytest.mark.parametrize(("own", "of_queue", "wait"), [(None, 5, 5), (7, 5, 7), (0, 5, 0)])
def test_a_message_s_own_delay_goes_before_the_queue_s(
    world: World, own: float | None, of_queue: int, wait: float
) -> None:
    it = queue(world, DelaySeconds=of_queue)
    it.send("a", delay=own)
    world.agenda.run_until(world.now + wait - 0.1)
    early = bodies(it) if wait else []
    world.agenda.run_until(world.now + 0.1)

    assert (early, bodies(it)) == ([], ["a"])


def test_a_deleted_message_is_gone(world: World) -> None:
    it = queue(world, VisibilityTimeout=1)
    it.send("a")
    (message,) = it.receive(1)
    it.delete(message.receipt)
    world.agenda.run_until(world.now + 10)

    assert it.messages == []


def test_an_old_receipt_deletes_nothing(world: World) -> None:
    it = queue(world, VisibilityTimeout=1)
    it.send("a")
    old = it.receive(1)[0].receipt
    world.agenda.run_until(world.now + 1)
    it.receive(1)
    it.delete(old)

    assert len(it.messages) == 1


def test_visibility_can_be_set_for_each_message(world: World) -> None:
    it = queue(world, VisibilityTimeout=60)
    it.send("a")
    it.hide(it.receive(1)[0].receipt, 5)
    world.agenda.run_until(world.now + 5)

    assert bodies(it) == ["a"]


def test_a_visibility_of_nothing_shows_a_message_at_once(world: World) -> None:
    it = queue(world, VisibilityTimeout=60)
    it.send("a")
    it.hide(it.receive(1)[0].receipt, 0)
    world.agenda.run_until(world.now)

    assert bodies(it) == ["a"]


def test_a_message_that_is_not_in_flight_cannot_be_hidden(world: World) -> None:
    it = queue(world, VisibilityTimeout=1)
    it.send("a")
    receipt = it.receive(1)[0].receipt
    world.agenda.run_until(world.now + 1)

    with pytest.raises(QueueError, match="isn't in flight"):
        it.hide(receipt, 5)


def test_no_message_is_hidden_for_more_than_twelve_hours_in_all(world: World) -> None:
    it = queue(world, VisibilityTimeout=100)
    it.send("a")
    receipt = it.receive(1)[0].receipt
    world.agenda.run_until(world.now + 10)
    it.hide(receipt, 43_190)

    with pytest.raises(QueueError, match="beyond the limit"):
        it.hide(receipt, 43_191)


def test_a_message_received_too_often_goes_to_the_dead_letters(world: World) -> None:
    it, dead = queue(world, VisibilityTimeout=1), queue(world, "Dead")
    it.dead_letters, it.most_receives = dead, 2
    it.send("a")
    received = 0
    for _ in range(5):
        received += len(it.receive(1))
        world.agenda.run_until(world.now + 1)
    (letter,) = dead.messages

    assert (received, it.messages, letter.body) == (2, [], "a")
    assert letter.system_attributes["DeadLetterQueueSourceArn"] == it.arn
    assert reason_of(letter) == "It was received 2 times."


def test_messages_expire_with_the_retention(world: World) -> None:
    it = queue(world, MessageRetentionPeriod=60)
    it.send("a")
    world.agenda.run_until(world.now + 60)

    assert bodies(it) == []
    assert world.trace.hops[-1].what == "expired"


def test_dead_letters_expire_counted_from_when_they_were_sent(world: World) -> None:
    it, dead = queue(world, VisibilityTimeout=50), queue(world, "Dead", MessageRetentionPeriod=60)
    it.dead_letters, it.most_receives = dead, 1
    it.send("a")
    it.receive(1)
    world.agenda.run_until(world.now + 50)
    it.receive(1)
    kept = len(dead.messages)
    world.agenda.run_until(world.now + 10)

    assert (kept, dead.messages) == (1, [])


def test_one_megabyte_is_the_most(world: World) -> None:
    it = queue(world)
    it.send("a" * 1_048_576)

    with pytest.raises(QueueError, match="must be shorter than 1048576 bytes"):
        it.send("ä" * 524_289)


def test_a_duplicate_has_the_same_id_and_comes_in_another_batch(world: World) -> None:
    it = queue(world)
    it.listeners.append(lambda: None)
    world.faults.duplicates = 1.0
    it.send("a")
    first, second = it.receive(10), it.receive(10)

    assert [len(first), len(second)] == [1, 1]
    assert first[0].id == second[0].id
    assert first[0].receipt != second[0].receipt


def test_a_duplicate_may_come_late(world: World) -> None:
    it = queue(world)
    it.listeners.append(lambda: None)
    world.faults.duplicates, world.faults.late = 1.0, 30
    it.send("a")
    (first,) = it.receive(10)
    it.delete(first.receipt)
    world.agenda.run_until(world.now + 30)

    assert bodies(it) == ["a"]


def test_order_can_be_left_to_chance(world: World) -> None:
    it = queue(world)
    world.faults.shuffled = True
    for body in "abcdefgh":
        it.send(body)
    found = bodies(it, 10)

    assert found != sorted(found)
    assert sorted(found) == list("abcdefgh")


def test_purging_drops_everything(world: World) -> None:
    it = queue(world)
    it.send("a")
    it.send("b", delay=5)
    it.purge()
    world.agenda.run_until(world.now + 10)

    assert (it.messages, it.counts) == ([], (0, 0))
