"""sinks/sns.py: events on a topic, at moto's SNS and through its SQS."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sinks.sns import Settings, handler, message
from votepipe import Undeliverable, aws

PLACE = "arn:aws:sns:us-east-1:123456789012"
SETTINGS = Settings()
Received = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the template sets."""
    monkeypatch.setenv("SNS_ARN", f"{PLACE}:votes")


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """The topic `votes`, as a queue sees it that takes settled votes alone."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.client.cache_clear()
    with mock_aws():
        sqs, sns = boto3.client("sqs"), aws.client("sns")
        queue = sqs.create_queue(QueueName="votes")["QueueUrl"]
        names = ["QueueArn"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        sns.subscribe(
            TopicArn=sns.create_topic(Name="votes")["TopicArn"],
            Protocol="sqs",
            Endpoint=arn["QueueArn"],
            Attributes={"FilterPolicy": json.dumps({"type": ["VoteSettled"]})},
        )

        def received() -> list[dict[str, Any]]:
            found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            return [json.loads(json.loads(each["Body"])["Message"]) for each in found["Messages"]]

        yield received
    aws.client.cache_clear()


def test_a_subscription_filters_by_type(event: Any, topic: Received) -> None:
    for name in ("first-write", "settled"):
        assert handler(event(name), SETTINGS)

    assert [each["type"] for each in topic()] == ["VoteSettled"]


@pytest.mark.parametrize("personal", [False, True])
def test_personal_data_leaves_where_a_person_decided_so(event: Any, personal: bool) -> None:
    sent = json.loads(message(event("settled"), replace(SETTINGS, personal=personal))["Message"])

    assert ("voter" in sent["vote"], bool(sent["vote"]["answers"])) == (personal, personal)


def test_a_fifo_topic_keeps_votes_in_order_and_drops_duplicates(event: Any) -> None:
    fifo = Settings(topic="votes.fifo")
    sent = [message(event(name), fifo) for name in ("answer-1", "answer-2", "answer-2")]

    assert len({each["MessageGroupId"] for each in sent}) == 1
    assert len({each["MessageDeduplicationId"] for each in sent}) == 2
    assert all(len(each["MessageGroupId"]) <= 128 for each in sent)
    assert "MessageGroupId" not in message(event(), SETTINGS)


def test_the_role_may_publish_to_the_topic_alone() -> None:
    resources = handler.sink.resources

    (policy,) = resources.policies
    assert (policy["Action"], policy["Resource"]) == (
        "sns:Publish",
        resources.environment["SNS_ARN"],
    )


def test_a_topic_that_is_not_there_says_what_to_do(
    event: Any, topic: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNS_ARN", f"{PLACE}:another")

    with pytest.raises(Undeliverable, match="Correct the template parameter 'SnsTopic'"):
        handler(event("settled"), SETTINGS)
