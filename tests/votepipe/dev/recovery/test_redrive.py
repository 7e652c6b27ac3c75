"""votepipe/dev/recovery/redrive.py: dead letters of a rule go to its bus again, in order."""

import json
import math
import random
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from votepipe.dev.recovery import received
from votepipe.dev.recovery.received import NO_EVENT
from votepipe.dev.recovery.redrive import DeadLetters

BUS = "arn:aws:events:eu-central-1:222222222222:event-bus/votepipe-feed"


def envelope(sequence: int, kind: str = "VoteChanged", **detail: Any) -> str:
    time = "2026-01-04T10:00:03Z"
    found = {"eventID": f"{sequence}{kind}", "type": kind, "time": time, "version": 1}
    found |= {"sequence": str(sequence), "vote": {"widgetId": "w", "voteId": "v"}, **detail}
    event = {"source": "votepipe.feed", "detail-type": kind, "time": time}
    return json.dumps(event | {"account": "000000000000", "detail": found})


class Aws:
    """A dead-letter queue and a bus; `refuse` has what the bus answers, by event."""

    def __init__(self, *bodies: str) -> None:
        self.waiting = {str(number): body for number, body in enumerate(bodies)}
        self.hidden: dict[str, str] = {}
        self.calls: list[list[dict[str, Any]]] = []
        self.queued: list[Any] = []
        self.refuse: dict[str, str] = {}
        self.largest = 1_000_000
        self.looks = 0

    def client(self, name: str) -> "Aws":
        return self

    def receive_message(self, MaxNumberOfMessages: int, **_: Any) -> Any:  # noqa: N803
        found = list(self.waiting.items())[:MaxNumberOfMessages]
        for handle, _ in found:
            self.hidden[handle] = self.waiting.pop(handle)
        return {"Messages": [{"ReceiptHandle": handle, "Body": body} for handle, body in found]}

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        del self.hidden[ReceiptHandle]

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.waiting[ReceiptHandle] = self.hidden.pop(ReceiptHandle)

    def send_message(self, **given: Any) -> None:
        self.queued.append(given)

    def get_queue_attributes(self, **_: Any) -> Any:
        self.looks += 1
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return {"Attributes": dict.fromkeys(counts, "0")}

    def put_events(self, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        if sum(len(each["Detail"]) for each in Entries) > self.largest:
            raise ClientError({"Error": {"Code": "ValidationException"}}, "PutEvents")
        self.calls.append(Entries)
        codes = [self.refuse.get(json.loads(each["Detail"])["eventID"]) for each in Entries]
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes]}

    @property
    def sent(self) -> list[str]:
        """The ids of the events that were put, in order."""
        return [json.loads(each["Detail"])["eventID"] for call in self.calls for each in call]


def redriven(aws: Aws, **ids: str) -> tuple[int, Any]:
    stack = SimpleNamespace(
        resolved=lambda _: {"Targets": [{"Arn": BUS}]},
        physical_id=lambda name: name,
        physical_ids=ids,
    )
    deployment: Any = SimpleNamespace(stack=stack, session=aws, console=None)
    with DeadLetters(deployment, "subscriber_analytics") as letters:
        letters.send(math.inf)
    return letters.sent, letters.kept


def test_events_go_to_the_rules_own_bus_by_tens_in_the_order_of_what_happened() -> None:
    bodies = [envelope(number, stream="b") for number in range(8, 13)]
    bodies += [envelope(30, stream="a"), envelope(30, "VoteSettled", stream="a")]
    bodies += [envelope(number) for number in range(98, 103)]
    order = [json.loads(each)["detail"]["eventID"] for each in bodies]
    expected = order[7:] + order[5:7] + order[:5]
    random.Random(3).shuffle(bodies)
    aws = Aws(*bodies)

    result = redriven(aws)

    assert result == (12, {})
    assert aws.sent == expected
    assert [len(each) for each in aws.calls] == [10, 2]
    (entry, *_) = aws.calls[0]
    assert (entry["EventBusName"], entry["Source"]) == (BUS, "votepipe.feed")
    assert (entry["DetailType"], entry["Time"].isoformat()) == (
        "VoteChanged",
        "2026-01-04T10:00:03+00:00",
    )
    assert (aws.waiting, aws.hidden) == ({}, {})


def test_what_the_bus_does_not_take_and_what_is_no_event_stay() -> None:
    aws = Aws(envelope(1), "not JSON", envelope(2), envelope(3), "[]")
    aws.refuse = {"2VoteChanged": "AccessDeniedException"}

    result = redriven(aws)

    assert result == (2, {"AccessDeniedException": 1, NO_EVENT: 2})
    assert list(aws.waiting.values()) == ["not JSON", envelope(2), "[]"]


def test_what_is_too_large_for_one_call_goes_one_by_one() -> None:
    aws = Aws(*(envelope(number, pad="x" * number) for number in (100, 200, 300, 9000)))
    aws.largest = 500

    assert redriven(aws) == (3, {"ValidationException": 1})
    assert [len(each) for each in aws.calls] == [1, 1, 1]
    assert list(aws.waiting.values()) == [envelope(9000, pad="x" * 9000)]


def test_what_a_webhook_gave_up_goes_back_into_its_queue_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(received, "time", SimpleNamespace(sleep=lambda _: None))
    aws = Aws(envelope(2), envelope(1))

    assert redriven(aws, SubscriberAnalyticsQueue="queue") == (2, {})
    assert aws.queued == [
        {"QueueUrl": "queue", "MessageBody": envelope(1)},
        {"QueueUrl": "queue", "MessageBody": envelope(2)},
    ]
    assert (aws.calls, aws.waiting, aws.hidden) == ([], {}, {})
    assert aws.looks == 1  # between the two, as they are of one vote
