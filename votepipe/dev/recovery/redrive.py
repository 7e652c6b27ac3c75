"""Send what failed for one sink or subscriber again, to it alone.

What a sink gave up goes back into its queue, as does what its rule or schedule could not hand over.
What a rule could not forward came from no queue, and goes straight onto the subscriber's bus: on
the feed bus every other one would get it again.
Each is deleted right after it was sent, so a run that was interrupted can be started again.
"""

import contextlib
import functools
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

import requests
from botocore.exceptions import ClientError

from votepipe.delivery.leases import lease_key
from votepipe.delivery.messages import event_in
from votepipe.dev.local.processes import undisturbed
from votepipe.dev.local.relay import Bus, NoBus
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.dev.recovery.received import Received
from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event, ScheduledEvent
from votepipe.plugins import Sink
from votepipe.project import Project
from votepipe.project.names import logical_id
from votepipe.project.plugins import Plugin

ENTRIES = 10  # of one call of PutEvents
PACE = 10.0  # dead letters a second, for a sink without a rate limit
NO_EVENT, OFF, OLDER = "not an event", "its sink is off", "older than --since"


class _DeadLetter(NamedTuple):
    """A dead letter; its event's sort key orders what happened to a vote."""

    handle: str
    body: str
    event: Event | ScheduledEvent


def pace_of(found: Deployment, plugin: Plugin[Sink]) -> float:
    """How many events a second a sink's receiver bears, by its rate limit."""
    limit = plugin.spec.rate_limit
    seconds = limit.seconds if limit else 0
    if isinstance(seconds, str):  # it is in the setting of this name
        (field,) = (each for each in plugin.settings if each.name == seconds)
        seconds = float(found.stack.parameters.get(str(field.parameter)) or field.default)
    return 1 / seconds if seconds else PACE


def delivered(found: Deployment, sink: Sink, event: Event | ScheduledEvent) -> str:
    """The sort key up to which a sink delivered what the event is about; "" where none is kept."""
    if not sink.idempotent:
        return ""
    client: Any = found.session.client("dynamodb")
    answer = client.get_item(
        TableName=found.stack.physical_id("DeliveriesTable"),
        Key={"delivery": {"S": lease_key(event, sink.name, sink.idempotent)}},
        ConsistentRead=True,
    )
    return str(answer.get("Item", {}).get("sequence", {}).get("S", ""))


class DeadLetters:
    """All dead letters of `name`, such as `slack` or `subscriber_crm`; a context manager.

    In its block no other run receives them; at its end those that were not sent wait as before.
    `to_send` is in the order of what happened, `delivered` has what the sink need not get again,
    `kept` counts what stays, by reason. Events before `since` stay.
    Raises StackError when the stack does not know the name.
    """

    def __init__(self, found: Deployment, name: str, since: datetime | None = None) -> None:
        self.name = name
        self.to_send: list[_DeadLetter] = []
        self.delivered: list[_DeadLetter] = []
        self.kept: Counter[str] = Counter()
        self.sent = 0
        self._found, self._since = found, since
        self._sqs: Any = found.session.client("sqs")
        self._received = Received(
            self._sqs, found.stack.physical_id(f"{logical_id(name)}DeadLetters")
        )
        self._plugin = next((each for each in Project.read().sinks if each.name == name), None)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as released:
            for message in released.enter_context(self._received):
                self._sort(message)
            released.pop_all()
        self.to_send.sort(key=lambda each: each.event.sort_key)
        return self

    def __exit__(self, *_: object) -> None:
        self._received.__exit__()

    @property
    def plan(self) -> str:
        """What would happen to them, in a sentence."""
        counts = {"to send": len(self.to_send), "delivered already": len(self.delivered)}
        counts |= {f"to stay ({reason})": count for reason, count in self.kept.items()}
        parts = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        total = sum(counts.values())
        if not total:
            return f"'{self.name}' has no dead letters."
        return f"{total} dead letter{'s' if total > 1 else ''} of '{self.name}': {parts}."

    @property
    def pace(self) -> float:
        """How many a second the receiver bears."""
        return pace_of(self._found, self._plugin) if self._plugin else PACE

    def send(self, pace: float, sent: Callable[[int], object] = lambda count: None) -> None:
        """Send them, `pace` a second; `sent` gets how many more it were each time.

        Those delivered already are deleted. A signal waits until what was sent is deleted, too.
        """
        for letter in self.delivered:
            self._received.delete(letter.handle)
        put, size = self._way(), max(1, int(min(pace, ENTRIES)))
        for start in range(0, len(self.to_send), size):
            batch = self.to_send[start : start + size]
            with undisturbed():
                for letter, problem in zip(batch, put(batch), strict=True):
                    if problem:
                        self.kept[problem] += 1
                    else:
                        self._received.delete(letter.handle)
                        self.sent += 1
                sent(len(batch))
            if start + size < len(self.to_send):
                time.sleep(len(batch) / pace)

    def _sort(self, message: Mapping[str, Any]) -> None:
        """Decide what to do with a dead letter."""
        try:
            letter = _DeadLetter(
                message["ReceiptHandle"], message["Body"], event_in(message["Body"])
            )
        except InvalidEvent:
            self.kept[NO_EVENT] += 1
            return
        event = letter.event
        if self._since and event.time < self._since:
            self.kept[OLDER] += 1
        elif self._plugin and not self._found.sinks[self.name]:
            self.kept[OFF] += 1
        elif self._plugin and delivered(self._found, self._plugin.spec, event) >= event.sort_key:
            self.delivered.append(letter)
        else:
            self.to_send.append(letter)

    def _way(self) -> Callable[[Sequence[_DeadLetter]], Sequence[str]]:
        """What sends dead letters; for each, it says why it was not taken, or ""."""
        found, start = self._found, logical_id(self.name)
        if url := found.stack.physical_ids.get(f"{start}Queue"):
            return functools.partial(_queue, self._sqs, url)
        bus = found.stack.resolved(f"{start}Rule")["Targets"][0]["Arn"]
        if isinstance(found.session, LocalSession):
            local = Bus(found.session.endpoint, bus)
            return functools.partial(_relay, local, f"{found.console}/receive/{self.name}")
        return functools.partial(_put, found.session.client("events"), bus)


def _queue(sqs: Any, queue: str, batch: Sequence[_DeadLetter]) -> list[str]:
    """Send dead letters to a queue, without the attributes that say why they failed."""
    for letter in batch:
        sqs.send_message(QueueUrl=queue, MessageBody=letter.body)
    return [""] * len(batch)


def _put(events: Any, bus: str, batch: Sequence[_DeadLetter]) -> list[str]:
    """Put dead letters on a bus."""
    entries = [
        {
            "EventBusName": bus,
            "Source": envelope["source"],
            "DetailType": envelope["detail-type"],
            "Time": datetime.fromisoformat(envelope["time"]),
            "Detail": json.dumps(envelope["detail"], ensure_ascii=False),
        }
        for envelope in (json.loads(each.body) for each in batch)
    ]
    try:
        results = events.put_events(Entries=entries)["Entries"]
    except ClientError as error:
        # One call has a largest size, too.
        if len(batch) > 1:
            return [problem for each in batch for problem in _put(events, bus, [each])]
        return [error.response["Error"]["Code"]]
    return [each.get("ErrorCode", "") for each in results]


def _relay(bus: Bus, console: str, batch: Sequence[_DeadLetter]) -> list[str]:
    """Carry dead letters to another account, as PutEvents cannot here; the console lists them."""
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
