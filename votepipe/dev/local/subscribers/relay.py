"""The relay: carries the feed to a bus of another account, where the local AWS delivers nothing.

A queue of ours becomes a second target of the subscriber's rule, so that nothing is lost while
the relay is away. From there an event goes on as EventBridge would take it: whole, with our
account in it, to the queues of the rules on the subscriber's bus that match.
"""

import threading
from collections.abc import Callable
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.model.errors import VotepipeError
from votepipe.project.subscribers import Subscriber

ATTEMPTS = 5
PAUSE = 5  # seconds between two of them


class NoBus(VotepipeError):
    """A bus is not there."""


class Bus:
    """A bus of any account of the local AWS at `endpoint`, by its ARN."""

    def __init__(self, endpoint: str, arn: str) -> None:
        *_, account, resource = arn.split(":")
        session = LocalSession(endpoint, account)
        self._events: Any = session.client("events")
        self._sqs: Any = session.client("sqs")
        self._account, self._name = account, resource.removeprefix("event-bus/")
        self._queues = f"{endpoint}/{account}"

    def check(self) -> None:
        """Raise NoBus when it is not there."""
        try:
            self._events.describe_event_bus(Name=self._name)
        except self._events.exceptions.ResourceNotFoundException:
            raise NoBus(f"There is no bus '{self._name}' in account {self._account}.") from None

    def deliver(self, envelope: str) -> bool:
        """Send an event to the queues of the rules that match it; whether there are any.

        Raises NoBus, and ClientError when a queue does not take it.
        """
        rules = self._events.list_rules(EventBusName=self._name)["Rules"]
        if not rules:
            self.check()
        matching = [each for each in rules if self._matches(each, envelope)]
        for rule in matching:
            found = self._events.list_targets_by_rule(Rule=rule["Name"], EventBusName=self._name)
            for target in found["Targets"]:
                queue = target["Arn"].rpartition(":")[2]
                self._sqs.send_message(QueueUrl=f"{self._queues}/{queue}", MessageBody=envelope)
        return bool(matching)

    def _matches(self, rule: dict[str, Any], envelope: str) -> bool:
        if rule["State"] != "ENABLED" or "EventPattern" not in rule:
            return False
        pattern = rule["EventPattern"]
        return bool(self._events.test_event_pattern(EventPattern=pattern, Event=envelope)["Result"])


class Relay:
    """Works for one subscriber of a stack on the local AWS at `endpoint`, as a context manager.

    `received` gets each event that reached the subscriber, as text.
    """

    def __init__(
        self,
        deployment: Deployment,
        subscriber: Subscriber,
        endpoint: str,
        received: Callable[[str], None],
    ) -> None:
        self._events: Any = deployment.session.client("events")
        self._sqs: Any = deployment.session.client("sqs")
        self._rule = {
            "Name": deployment.stack.ref(f"{subscriber.id}Rule"),
            "EventBusName": deployment.stack.physical_id("FeedBus"),
        }
        self._queue_name = f"{deployment.name}-relay-{subscriber.id}"
        self._dead_letters = deployment.stack.physical_id(f"{subscriber.id}DeadLetters")
        self._target = str(subscriber.bus)
        self.bus = Bus(endpoint, self._target)
        self._received = received
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        attributes = {"VisibilityTimeout": str(PAUSE)}
        queue = self._sqs.create_queue(QueueName=self._queue_name, Attributes=attributes)
        self._queue = queue["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        target = {"Id": "relay", "Arn": found["Attributes"]["QueueArn"]}
        self._events.put_targets(
            Rule=self._rule["Name"], EventBusName=self._rule["EventBusName"], Targets=[target]
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                answer = self._sqs.receive_message(
                    QueueUrl=self._queue,
                    AttributeNames=["ApproximateReceiveCount"],
                    MaxNumberOfMessages=10,
                    WaitTimeSeconds=1,
                )
                for message in answer.get("Messages", []):
                    self._carry(message)
            except (BotoCoreError, ClientError):
                self._ending.wait(1)  # what was received comes again

    def _carry(self, message: dict[str, Any]) -> None:
        body = message["Body"]
        try:
            if self.bus.deliver(body):
                self._received(body)
        except NoBus as error:
            self._give_up(body, "NO_RESOURCE", str(error))
        except ClientError as error:
            if int(message["Attributes"]["ApproximateReceiveCount"]) < ATTEMPTS:
                return  # it comes again
            self._give_up(body, error.response["Error"]["Code"], "Their queue did not take it.")
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])

    def _give_up(self, body: str, code: str, why: str) -> None:
        """Put an event among the subscriber's dead letters, with what EventBridge says there."""
        rule = self._events.describe_rule(**self._rule)["Arn"]
        attributes = {
            "RULE_ARN": rule,
            "TARGET_ARN": self._target,
            "ERROR_CODE": code,
            "ERROR_MESSAGE": why,
        }
        self._sqs.send_message(
            QueueUrl=self._dead_letters,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
