"""A sink's environment in AWS, played by moto: queue, dead letters, deliveries table."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe import Delivery, Event, aws, sink
from votepipe.delivery.leases import Leases, lease_key
from votepipe.model import times

BUS = Path("events/bus")


class SinkEnvironment:
    """What a sink's function finds in AWS."""

    numbers = itertools.count()

    def __init__(self) -> None:
        number = next(self.numbers)
        self.sqs = boto3.client("sqs")
        self.queue = self.sqs.create_queue(QueueName=f"queue-{number}")["QueueUrl"]
        self.dead_letters = self.sqs.create_queue(QueueName=f"dead-{number}")["QueueUrl"]
        self.table = f"deliveries-{number}"
        self.dynamodb = boto3.client("dynamodb")
        self.dynamodb.create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "delivery", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "delivery", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the template gives the function."""
        return {
            "VOTEPIPE_SINK": "slack",
            "QUEUE_URL": self.queue,
            "DEAD_LETTERS_URL": self.dead_letters,
            "DELIVERIES_TABLE": self.table,
            "MAX_ATTEMPTS": "3",
        }

    def batch(self, *bodies: Any, tries: int = 1) -> dict[str, Any]:
        """Send messages and receive them as Lambda hands them to the function."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)
        received = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": {
                        "ApproximateReceiveCount": str(tries),
                        "ApproximateFirstReceiveTimestamp": str(int(times.now() * 1000)),
                    },
                    "eventSource": "aws:sqs",
                }
                for message in received["Messages"]
            ]
        }

    def dead(self) -> list[dict[str, Any]]:
        """The messages in the dead letters: body and attributes."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            {"body": message["Body"]}
            | {
                name: attribute["StringValue"]
                for name, attribute in message.get("MessageAttributes", {}).items()
            }
            for message in answer.get("Messages", [])
        ]

    def rows(self) -> list[dict[str, str]]:
        """The items of the deliveries table, each value as text."""
        items = self.dynamodb.scan(TableName=self.table)["Items"]
        return [{name: next(iter(value.values())) for name, value in i.items()} for i in items]


@pytest.fixture(scope="module")
def moto() -> Iterator[None]:
    """AWS as moto plays it; for a whole module, as it takes its time to begin."""
    with mock_aws():
        yield


@pytest.fixture
def aws_side(moto: None, monkeypatch: pytest.MonkeyPatch) -> SinkEnvironment:
    """A sink's own environment, and the environment that names them."""
    made = SinkEnvironment()
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def asked_of_sqs(aws_side: SinkEnvironment) -> Any:
    """What the code asked SQS for, by operation: the parameters of each call."""
    calls: list[tuple[str, dict[str, Any]]] = []
    client = aws.client("sqs")
    client.meta.events.register(
        "provide-client-params.sqs", lambda params, model, **_: calls.append((model.name, params))
    )
    return lambda operation: [params for name, params in calls if name == operation]


def envelope(name: str = "answer-1", **changes: Any) -> dict[str, Any]:
    """A sample message, its detail changed in places; `vote` and `type` go where they belong."""
    read: dict[str, Any] = json.loads((BUS / f"{name}.json").read_text())
    read["detail"]["vote"] |= changes.pop("vote", {})
    read["detail"] |= changes
    read["detail-type"] = read["detail"]["type"]
    return read


@pytest.fixture(name="envelope")
def envelope_fixture() -> Any:
    """Make messages from the samples in events/bus."""
    return envelope


class Context:
    """Lambda's context, with the milliseconds that are left on each look; the last repeats."""

    def __init__(self, *left: int) -> None:
        self.left = list(left)

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


@dataclass
class Run:
    """What came of a batch: bodies that stay in the queue, lines logged, events handed over."""

    kept: list[str]
    lines: list[dict[str, Any]]
    given: list[Event]


@pytest.fixture
def run(aws_side: SinkEnvironment, capsys: pytest.CaptureFixture[str]) -> Any:
    """Hand messages to a sink as Lambda does: to a function that does this, or a marked one."""

    def run(
        does: Any, *bodies: Any, tries: int = 1, left: Sequence[int] = (60_000,), **mark: Any
    ) -> Run:
        given: list[Event] = []

        def handler(event: Event) -> Any:
            given.append(event)
            return does(event)

        called: Any = does
        if not hasattr(does, "sink"):
            called = sink(**{"events": ["VoteCast"], **mark})(handler)
        batch = aws_side.batch(*bodies, tries=tries)
        answer = called(batch, Context(*left))
        bodies_by_id = {record["messageId"]: record["body"] for record in batch["Records"]}
        kept = [bodies_by_id[each["itemIdentifier"]] for each in answer["batchItemFailures"]]
        return Run(kept, [json.loads(line) for line in capsys.readouterr().out.splitlines()], given)

    return run


@pytest.fixture
def raising() -> Any:
    """Make a function that raises this error."""

    def raising(error: Exception) -> Callable[[Any], Any]:
        def does(event: Any) -> Any:
            raise error

        return does

    return raising


@pytest.fixture
def hold(aws_side: SinkEnvironment) -> Any:
    """Let another attempt hold the lease on an event's vote for 50 seconds."""

    def hold(event: Event) -> None:
        delivery = Delivery(event=event, key=lease_key(event, "slack", "vote"))
        Leases(aws_side.table, "another").take(delivery, 50)

    return hold
