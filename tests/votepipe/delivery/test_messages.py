"""votepipe/delivery/messages.py: messages are read, put back and sent to the dead letters."""

import json
from typing import Any

import pytest

from votepipe.delivery.messages import (
    MAX_VISIBILITY,
    Message,
    change_visibility,
    event_in,
    send_to_dlq,
)
from votepipe.model import times
from votepipe.model.errors import InvalidEvent, Temporary


def message(body: str = "{}", tries: int = 1, identifier: str = "m1") -> Message:
    return Message.read(
        {
            "messageId": identifier,
            "receiptHandle": "r1",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": str(tries),
                "ApproximateFirstReceiveTimestamp": "1000000",
            },
        }
    )


def test_a_message_holds_its_event(aws_side: Any, envelope: Any) -> None:
    (record,) = aws_side.batch(envelope(), tries=2)["Records"]

    read = Message.read(record)

    assert (event_in(read.body).type, read.receives) == ("VoteChanged", 2)


def test_a_schedules_dead_letter_holds_the_call_with_its_message() -> None:
    sent = {"source": "aws.scheduler", "time": "2026-01-04T08:00:00Z"}
    call = {"MessageBody": json.dumps(sent), "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/q"}

    assert event_in(json.dumps(call)) == event_in(json.dumps(sent))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"MessageBody": "nonsense"}', "The message is not JSON."),
        ('{"MessageBody": 1}', "The message has no 'detail' object."),
        ("nonsense reader@example.com", "The message is not JSON. Send EventBridge's envelope."),
        ("[" * 100_000, "The message nests too deeply. Compare it with schemas/."),
        ("[]", "The message has no 'detail' object. Send EventBridge's envelope."),
        ('{"detail": {}}', "This is not a votepipe event"),
    ],
)
def test_a_body_without_an_event_says_so(body: str, text: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        event_in(body)

    assert str(caught.value).startswith(text)
    assert "reader@example.com" not in str(caught.value)


def test_an_event_that_nests_too_deeply_is_none(envelope: Any) -> None:
    body = json.dumps(envelope(vote={"answers": {"field_1": "HERE"}}))

    with pytest.raises(InvalidEvent, match="not a votepipe event .RecursionError"):
        event_in(body.replace('"HERE"', "[" * 600 + "]" * 600))


@pytest.mark.parametrize("tries", range(1, 16))
def test_the_back_off_doubles_up_to_a_quarter_of_an_hour(tries: int) -> None:
    longest = min(900, 2**tries)

    assert max(1, longest / 2) <= message().back_off(tries) <= longest


def test_the_back_off_differs_between_messages_and_not_between_runs() -> None:
    waits = [message(identifier=f"m{number}").back_off(9) for number in range(20)]

    assert len(set(waits)) > 10
    assert waits == [message(identifier=f"m{number}").back_off(9) for number in range(20)]


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0, 0), (-1, 0), (0.2, 1), (7, 7), (7.01, 8), (1e9, MAX_VISIBILITY)]
)
def test_a_wait_is_whole_seconds_that_sqs_allows(
    aws_side: Any, asked_of_sqs: Any, envelope: Any, seconds: float, asked: int
) -> None:
    (record,) = aws_side.batch(envelope())["Records"]

    change_visibility(aws_side.queue, Message.read(record), seconds)

    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == asked


@pytest.mark.parametrize(
    ("seconds", "receives", "returns"),
    [(120, 1, True), (118, 1, True), (117.9, 1, False), (120.1, 1, False), (120, 2, False)],
)
def test_a_message_that_comes_back_by_itself_is_known(
    monkeypatch: pytest.MonkeyPatch, seconds: float, receives: int, returns: bool
) -> None:
    monkeypatch.setattr(times, "now", lambda: 1001.0)

    assert message(tries=receives).returns_in(seconds, hidden=121) is returns


def test_a_message_that_cannot_be_put_back_is_temporary(aws_side: Any) -> None:
    with pytest.raises(Temporary, match="The queue answered"):
        change_visibility(aws_side.queue, message(), 1)


def test_a_moved_message_keeps_its_body_and_says_why(aws_side: Any) -> None:
    sent = message("the body", tries=3)

    send_to_dlq(aws_side.dead_letters, sent, sink="slack", reason="It is\0so.")

    assert aws_side.dead() == [
        {"body": "the body", "reason": "It isso.", "sink": "slack", "attempts": "3"}
    ]


def test_a_message_that_cannot_be_moved_is_temporary(aws_side: Any) -> None:
    with pytest.raises(Temporary, match="The dead-letter queue answered"):
        send_to_dlq(aws_side.dead_letters + "x", message(), sink="slack", reason="Gone.")
