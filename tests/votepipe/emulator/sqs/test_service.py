"""votepipe/emulator/sqs/service.py: through a boto3 client."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from votepipe.emulator.sqs.queue import Queue
from votepipe.testing import Pipeline


@pytest.fixture
def sqs(chat: Pipeline) -> Any:
    return chat.client("sqs")


@pytest.fixture
def queue(chat: Pipeline) -> Queue:
    """A queue that nobody takes from."""
    return chat.models.queues["VotesPipeDeadLetters"]


def test_a_message_is_sent_with_its_attributes(sqs: Any, queue: Queue) -> None:
    attributes = {"why": {"DataType": "String", "StringValue": "so"}}
    sent = sqs.send_message(QueueUrl=queue.url, MessageBody="a", MessageAttributes=attributes)
    (message,) = queue.receive(10)

    assert (message.id, message.body) == (sent["MessageId"], "a")
    assert message.attributes == attributes


def test_a_message_may_be_delayed(chat: Pipeline, sqs: Any, queue: Queue) -> None:
    sqs.send_message(QueueUrl=queue.url, MessageBody="a", DelaySeconds=30)
    early = queue.receive(10)
    chat.advance(seconds=30)

    assert (early, len(queue.receive(10))) == ([], 1)


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_has_its_limits(sqs: Any, queue: Queue, delay: int) -> None:
    with pytest.raises(ClientError, match="DelaySeconds must be >= 0 and <= 900"):
        sqs.send_message(QueueUrl=queue.url, MessageBody="a", DelaySeconds=delay)


def test_visibility_can_be_changed(chat: Pipeline, sqs: Any, queue: Queue) -> None:
    sqs.send_message(QueueUrl=queue.url, MessageBody="a")
    (message,) = queue.receive(1)
    sqs.change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=message.receipt, VisibilityTimeout=600
    )
    chat.advance(seconds=599)
    early = queue.counts
    chat.advance(seconds=1)

    assert (early, queue.counts) == ((0, 1), (1, 0))


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_visibility_has_its_limits(sqs: Any, queue: Queue, seconds: int) -> None:
    sqs.send_message(QueueUrl=queue.url, MessageBody="a")
    (message,) = queue.receive(1)

    with pytest.raises(ClientError, match="VisibilityTimeout is invalid"):
        sqs.change_message_visibility(
            QueueUrl=queue.url, ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )


def test_a_message_that_is_not_in_flight_keeps_its_visibility(sqs: Any, queue: Queue) -> None:
    with pytest.raises(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle="old", VisibilityTimeout=1)


def test_an_unknown_queue_is_refused(sqs: Any) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/1/none", MessageBody="a")


def test_parameters_are_checked_as_boto3_checks_them(sqs: Any, queue: Queue) -> None:
    with pytest.raises(ParamValidationError, match="MessageBody"):
        sqs.send_message(QueueUrl=queue.url, MessageBody=5)


def test_dead_letters_of_a_queue_are_moved_back_with_a_new_id(chat: Pipeline) -> None:
    source, dead = (chat.models.queues[name] for name in ("ChatQueue", "ChatDeadLetters"))
    source.listeners.clear()
    old = dead.send("a")
    old.source = source.arn
    chat.models.sqs.move(dead)
    chat.advance(seconds=1)
    (moved,) = source.messages

    assert (moved.body, dead.messages) == ("a", [])
    assert moved.id != old.id


def test_messages_are_received_and_deleted(chat: Pipeline, sqs: Any, queue: Queue) -> None:
    for body in "abc":
        sqs.send_message(QueueUrl=queue.url, MessageBody=body)
    received = sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=2, VisibilityTimeout=60)[
        "Messages"
    ]
    sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=received[0]["ReceiptHandle"])
    chat.advance(seconds=60)

    assert [each["Body"] for each in received] == ["a", "b"]
    assert sorted(message.body for message in queue.messages) == ["b", "c"]
    assert queue.counts == (2, 0)


def test_a_move_task_without_a_destination_fails_for_what_was_sent_there(
    chat: Pipeline, sqs: Any
) -> None:
    source, dead = (chat.models.queues[name] for name in ("ChatQueue", "ChatDeadLetters"))
    source.listeners.clear()
    sqs.send_message(QueueUrl=dead.url, MessageBody="a")

    sqs.start_message_move_task(SourceArn=dead.arn)
    (failed,) = sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
    stayed = len(dead.messages)
    sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=source.arn)
    chat.advance(seconds=1)
    (done,) = sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]

    assert (failed["Status"], failed["FailureReason"]) == (
        "FAILED",
        "CouldNotDetermineMessageSource",
    )
    assert (stayed, done["Status"], dead.messages) == (1, "COMPLETED", [])
    assert [message.body for message in source.messages] == ["a"]


def test_a_move_task_takes_the_dead_letters_of_a_queue_alone(chat: Pipeline, sqs: Any) -> None:
    for name in (chat.models.queues["ChatQueue"].arn, "arn:aws:sqs:us-east-1:123456789012:none"):
        with pytest.raises(sqs.exceptions.ResourceNotFoundException):
            sqs.start_message_move_task(SourceArn=name)
