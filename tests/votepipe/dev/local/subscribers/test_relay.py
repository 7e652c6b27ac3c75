"""votepipe/dev/local/subscribers/relay.py: from our rule to another account, nothing lost."""

import json
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.local.subscribers.relay import ATTEMPTS, Relay
from votepipe.dev.operations.deployment import LocalSession
from votepipe.project.subscribers import Subscriber

THEIRS = "222222222222"


class Feed:
    """Our feed bus with a subscriber's rule, and their bus with a rule and its queue."""

    def __init__(self, local_aws: LocalSession) -> None:
        self.name = f"feed-{uuid.uuid4().hex[:8]}"
        self.session = local_aws
        self.events, self.sqs = local_aws.client("events"), local_aws.client("sqs")
        their = LocalSession(local_aws.endpoint, THEIRS)
        self.their_events, self.their_sqs = their.client("events"), their.client("sqs")
        self.bus = self.their_events.create_event_bus(Name=self.name)["EventBusArn"]
        self.events.create_event_bus(Name=self.name)
        self.subscriber = Subscriber(name="away", events=("VoteSettled",), bus=self.bus)
        self._rule(self.events, self.subscriber.pattern, self.bus)
        self.dead_letters = self.sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        self.their_queue = self.their_sqs.create_queue(QueueName=self.name)["QueueUrl"]
        queue = f"arn:aws:sqs:us-east-1:{THEIRS}:{self.name}"
        self._rule(self.their_events, {"account": ["000000000000"]}, queue)

    def _rule(self, events: Any, pattern: dict[str, Any], target: str) -> None:
        bus = {"EventBusName": self.name}
        events.put_rule(Name="rule", EventPattern=json.dumps(pattern), **bus)
        role = "arn:aws:iam::000000000000:role/forward"
        targets = [{"Id": "target", "Arn": target, "RoleArn": role}]
        events.put_targets(Rule="rule", Targets=targets, **bus)

    def relay(self, received: Callable[[str], None] = lambda _: None) -> Relay:
        ids = {"FeedBus": self.name, f"{self.subscriber.id}DeadLetters": self.dead_letters}
        stack = SimpleNamespace(ref=lambda _: "rule", physical_id=ids.__getitem__)
        deployment: Any = SimpleNamespace(name=self.name, session=self.session, stack=stack)
        return Relay(deployment, self.subscriber, self.session.endpoint, received)

    def put(self, kind: str = "VoteSettled", **detail: Any) -> None:
        entry = {"EventBusName": self.name, "Source": "votepipe.feed", "DetailType": kind}
        self.events.put_events(Entries=[entry | {"Detail": json.dumps(detail)}])

    def arrived(self) -> list[dict[str, Any]]:
        found = self.their_sqs.receive_message(QueueUrl=self.their_queue, MaxNumberOfMessages=10)
        return [json.loads(each["Body"]) for each in found.get("Messages", [])]

    def failed(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(found.get("Messages", []))


@pytest.fixture
def feed(local_aws: LocalSession) -> Feed:
    """Buses of the test's own in both accounts."""
    return Feed(local_aws)


def test_it_carries_the_whole_event_with_our_account_in_it(feed: Feed, eventually: Any) -> None:
    received: list[str] = []
    with feed.relay(received.append):
        feed.put("VoteCast", number=1)
        feed.put(number=2)
        (event,) = eventually(feed.arrived)

    assert (event["account"], event["source"]) == ("000000000000", "votepipe.feed")
    assert (event["detail-type"], event["detail"]) == ("VoteSettled", {"number": 2})
    assert [json.loads(each) for each in received] == [event]


def test_what_comes_while_it_is_away_waits(feed: Feed, eventually: Any) -> None:
    with feed.relay():
        pass
    feed.put(number=1)
    assert feed.arrived() == []

    with feed.relay():
        (event,) = eventually(feed.arrived)

    assert event["detail"] == {"number": 1}
    assert feed.failed() == []


def test_what_no_rule_of_theirs_wants_goes_nowhere(feed: Feed, eventually: Any) -> None:
    received: list[str] = []
    feed.their_events.disable_rule(Name="rule", EventBusName=feed.name)
    with feed.relay(received.append):
        feed.put(number=1)
        queue = feed.sqs.get_queue_url(QueueName=f"{feed.name}-relay-SubscriberAway")["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        eventually(
            lambda: (
                {"0"}
                == set(
                    feed.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)[
                        "Attributes"
                    ].values()
                )
            )
        )

    assert (received, feed.arrived(), feed.failed()) == ([], [], [])


def test_without_their_bus_it_is_a_dead_letter_at_once(feed: Feed, eventually: Any) -> None:
    feed.their_events.remove_targets(Rule="rule", EventBusName=feed.name, Ids=["target"])
    feed.their_events.delete_rule(Name="rule", EventBusName=feed.name)
    feed.their_events.delete_event_bus(Name=feed.name)
    with feed.relay():
        feed.put(number=1)
        (letter,) = eventually(feed.failed)

    said = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"])["detail"] == {"number": 1}
    assert said == {
        "RULE_ARN": f"arn:aws:events:us-east-1:000000000000:rule/{feed.name}/rule",
        "TARGET_ARN": feed.bus,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"There is no bus '{feed.name}' in account {THEIRS}.",
    }


def test_a_queue_of_theirs_that_is_gone_is_tried_a_few_times(
    feed: Feed, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("votepipe.dev.local.subscribers.relay.PAUSE", 0)
    feed.their_sqs.delete_queue(QueueUrl=feed.their_queue)
    relay = feed.relay()
    tried: list[str] = []
    deliver = relay.bus.deliver
    monkeypatch.setattr(relay.bus, "deliver", lambda body: tried.append(body) or deliver(body))
    with relay:
        feed.put(number=1)
        (letter,) = eventually(feed.failed)

    assert len(tried) == ATTEMPTS
    code = letter["MessageAttributes"]["ERROR_CODE"]["StringValue"]
    assert code == "AWS.SimpleQueueService.NonExistentQueue"
