"""votepipe/dev/console/watcher.py: dead letters are read from a real MiniStack, and left there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from votepipe.dev.console.watcher import dead_letters

EVENT = {
    "detail-type": "VoteCast",
    "detail": {"eventID": "e-1", "type": "VoteCast", "vote": {"widgetId": "w", "voteId": "v"}},
}


@pytest.fixture
def queue(local_aws: Any) -> Iterator[str]:
    sqs = local_aws.client("sqs")
    url = sqs.create_queue(QueueName="SlackDeadLetters")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def read(local_aws: Any, queue: str) -> list[dict[str, Any]]:
    return dead_letters(local_aws.endpoint, [queue])


def test_a_dead_letter_of_a_sink_names_its_event_and_the_reason(local_aws: Any, queue: str) -> None:
    local_aws.client("sqs").send_message(
        QueueUrl=queue,
        MessageBody=json.dumps(EVENT),
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": "It answered 404."},
            "attempts": {"DataType": "Number", "StringValue": "3"},
        },
    )

    (letter,) = read(local_aws, queue)
    assert (
        letter.items()
        >= {
            "queue": "SlackDeadLetters",
            "reason": "It answered 404.",
            "tries": 3,
            "eventId": "e-1",
            "type": "VoteCast",
            "widgetId": "w",
            "voteId": "v",
        }.items()
    )
    assert letter["receivedAt"].endswith("Z")


def test_a_dead_letter_of_a_pipe_names_the_condition(local_aws: Any, queue: str) -> None:
    pointer = {"context": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {}}
    local_aws.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(pointer))

    (letter,) = read(local_aws, queue)
    assert letter["reason"] == "RetryAttemptsExhausted"
    assert "eventId" not in letter


@pytest.mark.parametrize(
    "body", ["no JSON", "[]", '{"detail": 1}', '{"detail": {"vote": []}}', '{"context": "x"}']
)
def test_a_dead_letter_of_any_shape_is_listed(local_aws: Any, queue: str, body: str) -> None:
    local_aws.client("sqs").send_message(QueueUrl=queue, MessageBody=body)

    assert len(read(local_aws, queue)) == 1


def test_reading_takes_nothing(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    read(local_aws, queue)

    (message,) = sqs.receive_message(
        QueueUrl=queue, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_the_oldest_dead_letter_comes_first(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    sent = [
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))["MessageId"]
        for number in range(3)
    ]

    assert [letter["messageId"] for letter in read(local_aws, queue)] == sent


def test_only_the_given_queues_are_read(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    other = sqs.create_queue(QueueName="SlackQueue")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="{}")

    assert read(local_aws, queue) == []


def test_without_ministack_it_raises(free_port: int) -> None:
    with pytest.raises(requests.RequestException):
        dead_letters(f"http://127.0.0.1:{free_port}", ["http://127.0.0.1/0/queue"])
