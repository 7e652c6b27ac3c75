"""votepipe/delivery/queues.py: messages are read, put back and moved."""

import json
from typing import Any

import pytest

from votepipe.delivery.queues import LONGEST_WAIT, Message, move, put_back
from votepipe.model.errors import Temporary


def message(body: str = "{}", tries: int = 1, identifier: str = "m1") -> Message:
    return Message.read(
        {
            "messageId": identifier,
            "receiptHandle": "r1",
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(tries)},
        }
    )


def test_a_message_holds_its_event(surroundings: Any, envelope: Any) -> None:
    (record,) = surroundings.batch(envelope(), tries=2)["Records"]

    read = Message.read(record)

    assert read.event is not None
    assert read.event.type == "VoteChanged"
    assert (read.receives, read.problem) == (2, None)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("nonsense reader@example.com", "The message is not JSON. Send EventBridge's envelope."),
        ("[" * 100_000, "The message nests too deeply. Compare it with schemas/."),
        ("[]", "The message has no 'detail' object. Send EventBridge's envelope."),
        ('{"detail": {}}', "This is not a votepipe event"),
    ],
)
def test_a_body_without_an_event_says_so(body: str, text: str) -> None:
    read = message(body)

    assert read.event is None
    assert str(read.problem).startswith(text)
    assert "reader@example.com" not in str(read.problem)


def test_an_event_that_nests_too_deeply_is_none(envelope: Any) -> None:
    body = json.dumps(envelope(vote={"answers": {"field_1": "HERE"}}))

    read = message(body.replace('"HERE"', "[" * 600 + "]" * 600))

    assert read.event is None
    assert str(read.problem).startswith("This is not a votepipe event (RecursionError")


@pytest.mark.parametrize("tries", range(1, 16))
def test_the_back_off_doubles_up_to_a_quarter_of_an_hour(tries: int) -> None:
    longest = min(900, 2**tries)

    assert max(1, longest / 2) <= message().back_off(tries) <= longest


def test_the_back_off_differs_between_messages_and_not_between_runs() -> None:
    waits = [message(identifier=f"m{number}").back_off(9) for number in range(20)]

    assert len(set(waits)) > 10
    assert waits == [message(identifier=f"m{number}").back_off(9) for number in range(20)]


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0, 0), (-1, 0), (0.2, 1), (7, 7), (7.01, 8), (1e9, LONGEST_WAIT)]
)
def test_a_wait_is_whole_seconds_that_sqs_allows(
    surroundings: Any, asked_of_sqs: Any, envelope: Any, seconds: float, asked: int
) -> None:
    (record,) = surroundings.batch(envelope())["Records"]

    put_back(surroundings.queue, Message.read(record), seconds)

    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == asked


def test_a_message_that_cannot_be_put_back_is_temporary(surroundings: Any) -> None:
    with pytest.raises(Temporary, match="The queue answered"):
        put_back(surroundings.queue, message(), 1)


def test_a_moved_message_keeps_its_body_and_says_why(surroundings: Any) -> None:
    move(surroundings.dead_letters, message("the body", tries=3), sink="slack", reason="It is\0so.")

    assert surroundings.dead() == [
        {"body": "the body", "reason": "It isso.", "sink": "slack", "tries": "3"}
    ]


def test_a_message_that_cannot_be_moved_is_temporary(surroundings: Any) -> None:
    with pytest.raises(Temporary, match="The dead-letter queue answered"):
        move(surroundings.dead_letters + "x", message(), sink="slack", reason="Gone.")
