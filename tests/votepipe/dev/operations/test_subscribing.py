"""votepipe/dev/operations/subscribing/: when each team last got an event, and what failed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe.dev.operations.subscribing import status
from votepipe.project.subscribers import Subscriber

ANALYTICS = Subscriber(
    name="analytics",
    events=("VoteSettled",),
    bus="arn:aws:events:us-east-1:222222222222:event-bus/votepipe-feed",
)


@pytest.fixture
def found() -> Iterator[Any]:
    """A stack on moto with the subscriber's rule and dead letters."""
    with mock_aws():
        session = boto3.Session()
        url = session.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
        ids = {
            "FeedBus": "votepipe-feed",
            "SubscriberAnalyticsRule": "votepipe-feed|the-rule",
            "SubscriberAnalyticsDeadLetters": url,
        }
        stack = SimpleNamespace(physical_ids=ids, ref=lambda name: ids[name].rpartition("|")[2])
        yield SimpleNamespace(session=session, stack=stack, console=None)


def fail(found: Any, **attributes: str) -> None:
    found.session.client("sqs").send_message(
        QueueUrl=found.stack.physical_ids["SubscriberAnalyticsDeadLetters"],
        MessageBody=json.dumps({}),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def test_what_failed_is_counted_in_words(found: Any) -> None:
    fail(found, ERROR_CODE="NO_PERMISSIONS")
    fail(found, ERROR_CODE="NO_PERMISSIONS")
    fail(found, ERROR_CODE="SOMETHING_NEW")
    fail(found, reason="The receiver answered 404.")

    stands = status(ANALYTICS, found)

    assert stands
    assert stands.failures == {
        "Their bus does not admit us, or our role may not put on it.": 2,
        "SOMETHING_NEW": 1,
        "The receiver answered 404.": 1,
    }


def test_the_last_hour_with_an_event_is_found(found: Any) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    names = {"EventBusName": "votepipe-feed", "RuleName": "the-rule"}
    found.session.client("cloudwatch").put_metric_data(
        Namespace="AWS/Events",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
                "Timestamp": hour + timedelta(minutes=minutes),
                "Value": value,
            }
            for minutes, value in ((10, 1), (70, 0))
        ],
    )

    stands = status(ANALYTICS, found)

    assert stands
    assert stands.last
    assert abs(stands.last - hour) < timedelta(hours=1)


def test_without_events_there_is_no_last_one(found: Any) -> None:
    stands = status(ANALYTICS, found)

    assert stands
    assert (stands.last, stands.failures) == (None, {})


def test_one_that_is_not_deployed_has_no_status(found: Any) -> None:
    del found.stack.physical_ids["SubscriberAnalyticsRule"]

    assert status(ANALYTICS, found) is None
