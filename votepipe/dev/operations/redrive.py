"""Send what failed for one subscriber again, to that subscriber alone.

What a webhook gave up goes back into its queue. What a rule could not forward came from no queue,
and goes straight onto the subscriber's bus: on the feed bus every other one would get it again.
"""

import functools
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import requests
from botocore.exceptions import ClientError

from votepipe.dev.local.relay import Bus, NoBus
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.project.names import logical_id

ENTRIES = 10  # of one call of PutEvents
NO_EVENT = "not an event"
_HIDDEN = 900  # seconds in which no other run receives what this one sends


class _Letter(NamedTuple):
    """A dead letter; `order` is that of what happened, a settled state after its change."""

    order: tuple[str, int, str]
    handle: str
    body: str
    envelope: Mapping[str, Any]


def redrive(found: Deployment, name: str) -> tuple[int, Mapping[str, int]]:
    """Send the dead letters of `name`, such as `subscriber_crm`, where they could not go.

    Returns how many were sent, and how many were not, by reason.
    Raises StackError when the stack does not know the name.
    """
    queue = found.stack.physical_id(f"{logical_id(name)}DeadLetters")
    sqs: Any = found.session.client("sqs")
    put = _way(found, name)
    sent, kept = 0, Counter[str]()
    letters = _received(sqs, queue, kept)
    for start in range(0, len(letters), ENTRIES):
        batch = letters[start : start + ENTRIES]
        for letter, problem in zip(batch, put(batch), strict=True):
            message = {"QueueUrl": queue, "ReceiptHandle": letter.handle}
            if problem:
                kept[problem] += 1
                sqs.change_message_visibility(**message, VisibilityTimeout=0)
            else:
                sent += 1
                sqs.delete_message(**message)
    return sent, kept


def _way(found: Deployment, name: str) -> Callable[[Sequence[_Letter]], Sequence[str]]:
    """What sends letters; for each, it says why it was not taken, or ""."""
    if url := found.stack.physical_ids.get(f"{logical_id(name)}Queue"):
        return functools.partial(_queue, found.session.client("sqs"), url)
    bus = found.stack.resolved(f"{logical_id(name)}Rule")["Targets"][0]["Arn"]
    if isinstance(found.session, LocalSession):
        local = Bus(found.session.endpoint, bus)
        return functools.partial(_relay, local, f"{found.console}/receive/{name}")
    return functools.partial(_put, found.session.client("events"), bus)


def _received(sqs: Any, queue: str, kept: Counter[str]) -> list[_Letter]:
    """All that waits, in order; `kept` counts what is no event."""
    letters: list[_Letter] = []
    while messages := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN, WaitTimeSeconds=2
    ).get("Messages"):
        for message in messages:
            try:
                letters.append(_letter(message["ReceiptHandle"], message["Body"]))
            except (ValueError, KeyError, TypeError):
                kept[NO_EVENT] += 1
    return sorted(letters, key=lambda each: each.order)


def _letter(handle: str, body: str) -> _Letter:
    envelope = json.loads(body)
    detail = envelope["detail"]
    order = (detail.get("stream", ""), int(detail["sequence"]), detail["type"])
    return _Letter(order, handle, body, envelope)


def _queue(sqs: Any, queue: str, batch: Sequence[_Letter]) -> list[str]:
    """Send letters to a queue, without the attributes that say why they failed."""
    for letter in batch:
        sqs.send_message(QueueUrl=queue, MessageBody=letter.body)
    return [""] * len(batch)


def _put(events: Any, bus: str, batch: Sequence[_Letter]) -> list[str]:
    """Put letters on a bus."""
    entries = [
        {
            "EventBusName": bus,
            "Source": envelope["source"],
            "DetailType": envelope["detail-type"],
            "Time": datetime.fromisoformat(envelope["time"]),
            "Detail": json.dumps(envelope["detail"], ensure_ascii=False),
        }
        for *_, envelope in batch
    ]
    try:
        results = events.put_events(Entries=entries)["Entries"]
    except ClientError as error:
        # One call has a largest size, too.
        if len(batch) > 1:
            return [problem for each in batch for problem in _put(events, bus, [each])]
        return [error.response["Error"]["Code"]]
    return [each.get("ErrorCode", "") for each in results]


def _relay(bus: Bus, console: str, batch: Sequence[_Letter]) -> list[str]:
    """Carry letters where PutEvents reaches no other account; the console lists what arrived."""
    problems = []
    for letter in batch:
        try:
            if bus.deliver(letter.body):
                requests.post(console, letter.body.encode(), timeout=10)
            problems.append("")
        except NoBus:
            problems.append("NO_RESOURCE")
        except ClientError as error:
            problems.append(error.response["Error"]["Code"])
    return problems
