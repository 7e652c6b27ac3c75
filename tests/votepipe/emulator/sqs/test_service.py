"""votepipe/emulator/sqs/service.py: through a boto3 client."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from votepipe.testing import Pipeline


@pytest.fixture
def sqs(chat: Pipeline) -> Any:
    return chat.client("sqs")


@pytest.fixture
def url(chat: Pipeline) -> str:
    """A queue that nobody takes from."""
    return chat.models.queues["VotesPipeDeadLetters"].url


def received(sqs: Any, url: str, **given: Any) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **given)
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def test_a_message_is_sent_received_and_deleted(sqs: Any, url: str) -> None:
    sent = sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = received(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "a")
    assert received(sqs, url, VisibilityTimeout=0) == []


def test_attributes_come_when_asked_for(sqs: Any, url: str) -> None:
    attributes = {"why": {"DataType": "String", "StringValue": "so"}}
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
    (without,) = received(sqs, url, VisibilityTimeout=0)
    (with_them,) = received(sqs, url, MessageAttributeNames=["All"])

    assert "MessageAttributes" not in without
    assert with_them["MessageAttributes"] == attributes


def test_a_message_may_be_delayed(chat: Pipeline, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=30)
    early = received(sqs, url)
    chat.advance(seconds=30)

    assert (early, len(received(sqs, url))) == ([], 1)


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_has_its_limits(sqs: Any, url: str, delay: int) -> None:
    with pytest.raises(ClientError, match="DelaySeconds must be >= 0 and <= 900"):
        sqs.send_message(QueueUrl=url, MessageBody="a", DelaySeconds=delay)


def test_visibility_can_be_changed(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = received(sqs, url)
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=60
    )
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert counts["ApproximateNumberOfMessagesNotVisible"] == "1"


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_visibility_has_its_limits(sqs: Any, url: str, seconds: int) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = received(sqs, url)

    with pytest.raises(ClientError, match="VisibilityTimeout is invalid"):
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )


def test_a_message_that_is_not_in_flight_keeps_its_visibility(sqs: Any, url: str) -> None:
    with pytest.raises(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle="old", VisibilityTimeout=1)


def test_of_a_batch_each_message_stands_for_itself(sqs: Any, url: str) -> None:
    answer = sqs.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "good", "MessageBody": "a"},
            {"Id": "bad", "MessageBody": "b", "DelaySeconds": 1000},
        ],
    )

    assert [each["Id"] for each in answer["Successful"]] == ["good"]
    assert [each["Code"] for each in answer["Failed"]] == ["InvalidParameterValue"]


def test_a_queue_that_is_not_there_is_told(sqs: Any) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/1/none", MessageBody="a")


def test_parameters_are_checked_as_boto3_checks_them(sqs: Any, url: str) -> None:
    with pytest.raises(ParamValidationError, match="MessageBody"):
        sqs.send_message(QueueUrl=url, MessageBody=5)


def test_dead_letters_of_a_queue_are_moved_back_with_a_new_id(chat: Pipeline, sqs: Any) -> None:
    source, dead = (chat.models.queues[name] for name in ("ChatQueue", "ChatDeadLetters"))
    source.listeners.clear()
    old = dead.send("a")
    old.source = source.arn
    sqs.start_message_move_task(SourceArn=dead.arn)
    chat.advance(seconds=1)
    (moved,) = source.messages

    assert (moved.body, dead.messages) == ("a", [])
    assert moved.id != old.id


def test_dead_letters_of_no_queue_cannot_be_moved(chat: Pipeline, sqs: Any) -> None:
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=chat.models.queues["VotesPipeDeadLetters"].arn)


def test_a_queue_is_found_by_its_name_and_purged(chat: Pipeline, sqs: Any, url: str) -> None:
    name = chat.models.queues["VotesPipeDeadLetters"].name
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])

    assert received(sqs, url) == []
