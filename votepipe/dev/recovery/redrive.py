"""Send what failed for one sink or subscriber again, to it alone.

What a sink gave up goes back into its queue, as does what its rule or schedule could not hand over.
What a rule could not forward came from no queue, and goes straight onto the subscriber's bus: on
the feed bus every other one would get it again.
Each is deleted right after it was sent, so a run that was interrupted can be started again.
"""

import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import requests
from botocore.exceptions import ClientError

from votepipe.delivery.leases import lease_key
from votepipe.delivery.messages import event_in
from votepipe.dev.local.processes import undisturbed
from votepipe.dev.local.subscribers.relay import Bus, NoBus
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.dev.recovery.received import NO_EVENT, OLDER, Received, let_empty, paced, waiting
from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event, ScheduledEvent
from votepipe.plugins import Sink
from votepipe.project import Project
from votepipe.project.names import logical_id
from votepipe.project.plugins import Plugin

ENTRIES = 10  # of one call of PutEvents
PACE = 10.0  # dead letters a second, for a sink without a rate limit
OFF = "its sink is off"


class _DeadLetter(NamedTuple):
    """A dead letter; `order` is its event's sort key, `key` its vote's."""

    order: str
    handle: str
    body: str
    key: str


_Way = Callable[[Sequence[_DeadLetter]], Sequence[str]]


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
    answer = client.get_item(**_delivery(found, sink, event), ConsistentRead=True)
    return str(answer.get("Item", {}).get("sequence", {}).get("S", ""))


def forget(found: Deployment, sink: Sink, event: Event | ScheduledEvent) -> None:
    """Forget what a sink delivered of what the event is about."""
    if not sink.idempotent:
        return
    client: Any = found.session.client("dynamodb")
    client.delete_item(**_delivery(found, sink, event))


def _delivery(found: Deployment, sink: Sink, event: Event | ScheduledEvent) -> dict[str, Any]:
    """Where it is kept what a sink delivered."""
    return {
        "TableName": found.stack.physical_id("DeliveriesTable"),
        "Key": {"delivery": {"S": lease_key(event, sink.name, sink.idempotent)}},
    }


class DeadLetters(Received):
    """All dead letters of `name`, such as `slack` or `subscriber_crm`; a context manager.

    Events before `since` stay.
    Raises StackError when the stack does not know the name.
    """

    said = "Sent {} events to '{}', and to nobody else."

    def __init__(self, found: Deployment, name: str, since: datetime | None = None) -> None:
        queue = found.stack.physical_id(f"{logical_id(name)}DeadLetters")
        super().__init__(name, found.session.client("sqs"), queue)
        self._found, self._since = found, since
        self._plugin = next((each for each in Project.survey().sinks if each.name == name), None)

    @property
    def pace(self) -> float:
        """How many a second the receiver bears."""
        return pace_of(self._found, self._plugin) if self._plugin else PACE

    def send(self, pace: float, sent: Callable[[int], object] = lambda count: None) -> None:
        """Send them, `pace` a second; `sent` gets how many more it were each time.

        Those delivered already are deleted. A signal waits until what was sent is deleted, too.
        """
        for handle in self.delivered:
            self._delete(handle)
        put, size = self._way(), max(1, int(min(pace, ENTRIES)))
        for batch in paced(self._batches(size), pace):
            with undisturbed():
                self._put(put, batch)
                sent(len(batch))

    def _batches(self, size: int) -> Iterator[Sequence[_DeadLetter]]:
        """What goes out at once; a vote's next event only once the sink has had the one before.

        A queue's messages go to the sink in any order. One with a lease on each vote skips what
        is older; a bus has no queue to look at.
        """
        queue = self._found.stack.physical_ids.get(f"{logical_id(self.name)}Queue", "")
        leased = self._plugin and self._plugin.spec.idempotent == "vote"
        rounds = [self.to_send] if leased or not queue else _rounds(self.to_send)
        for number, letters in enumerate(rounds):
            if number:
                let_empty(self._sqs, queue)
            yield from (letters[start : start + size] for start in range(0, len(letters), size))

    def _put(self, put: _Way, batch: Sequence[_DeadLetter]) -> None:
        for letter, problem in zip(batch, put(batch), strict=True):
            if problem:
                self.kept[problem] += 1
            else:
                self._delete(letter.handle)
                self.sent += 1

    def _sort(self, message: Mapping[str, Any]) -> None:
        try:
            event = event_in(message["Body"])
        except InvalidEvent:
            self.kept[NO_EVENT] += 1
            return
        key = lease_key(event, self.name, "vote")
        letter = _DeadLetter(event.sort_key, message["ReceiptHandle"], message["Body"], key)
        if self._since and event.time < self._since:
            self.kept[OLDER] += 1
        elif self._plugin and not self._found.sinks[self.name]:
            self.kept[OFF] += 1
        elif self._plugin and delivered(self._found, self._plugin.spec, event) >= event.sort_key:
            self.delivered.append(letter.handle)
        else:
            self.to_send.append(letter)

    def _way(self) -> _Way:
        """What sends dead letters; for each, it says why it was not taken, or ""."""
        found, start = self._found, logical_id(self.name)
        if url := found.stack.physical_ids.get(f"{start}Queue"):
            return functools.partial(_queue, self._sqs, url)
        bus = found.stack.resolved(f"{start}Rule")["Targets"][0]["Arn"]
        if isinstance(found.session, LocalSession):
            local = Bus(found.session.endpoint, bus)
            return functools.partial(_relay, local, f"{found.console}/receive/{self.name}")
        return functools.partial(_put, found.session.client("events"), bus)


def of_gone(found: Deployment, known: Collection[str]) -> dict[str, int]:
    """How many dead letters are in queues of sinks that are not among those known, by its name.

    A queue stays when the sink's module is taken away, and with it the stack's resource.
    """
    sqs: Any = found.session.client("sqs")
    ours = [found.stack.physical_ids.get(f"{name}DeadLetters", "") for name in known]
    names = {url.rpartition("/")[2] for url in ours}  # one queue has several URLs
    named = re.compile(rf"{re.escape(found.name)}-[A-Za-z0-9]+DeadLetters(-[A-Za-z0-9]+)?")
    urls = sqs.list_queues(QueueNamePrefix=f"{found.name}-").get("QueueUrls", ())
    left = {name: url for url in urls if named.fullmatch(name := url.rpartition("/")[2])}
    counts = {name: waiting(sqs, left[name]) for name in left.keys() - names}
    return {name: count for name, count in counts.items() if count}


def _rounds(letters: Sequence[_DeadLetter]) -> list[list[_DeadLetter]]:
    """The first of each vote, then the second of each, and so on."""
    rounds: list[list[_DeadLetter]] = []
    before: Counter[str] = Counter()
    for letter in letters:
        if before[letter.key] == len(rounds):
            rounds.append([])
        rounds[before[letter.key]].append(letter)
        before[letter.key] += 1
    return rounds


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
