"""Fill one sink with the votes that are in the table: through enrichment, into its queue alone.

Each vote becomes the record of an INSERT that came from no stream. Its event sorts before all that
a stream brought or will bring, so that a newer state is never followed by this one.
"""

import base64
import hashlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from votepipe.dev.local.processes import undisturbed
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.pipe_runner.calls import AwsPorts
from votepipe.dev.recovery.redrive import delivered, forget
from votepipe.emulator.patterns import matches
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.model import times
from votepipe.model.errors import VotepipeError
from votepipe.model.events import SETTLED_SUFFIX, Event
from votepipe.plugins import Sink
from votepipe.project import Project
from votepipe.project.names import logical_id
from votepipe.project.plugins import Plugin

BATCH = 10  # records, as the pipe hands them to the enrichment
SETTLED, CAST = "VoteSettled", "VoteCast"
DELIVERED, UNDATED = "delivered already", "without createdAt"
_SEQUENCE = "0"  # without a stream, it sorts before all that streams number

Item = Mapping[str, Any]


class BackfillError(VotepipeError):
    """A sink cannot be filled; the text says what to do."""


def fillable() -> dict[str, Plugin[Sink]]:
    """The sinks that votes of the table can be sent to, by name."""
    # What these publish would reach others as well; the tally has a command of its own.
    return {
        each.name: each
        for each in Project.survey().sinks
        if {CAST, SETTLED} & set(each.spec.events)
        and each.bus == "VotesBus"
        and each.name not in ("settle", "feed", "tally")
    }


class Backfill:
    """The votes of `table` that were cast in a time, for a sink; of one widget, or of all.

    `to_send` is in the order in which they were cast; `skipped` counts the others by reason.
    """

    def __init__(self, found: Deployment, sink: Sink, table: str) -> None:
        self.to_send: list[Item] = []
        self.skipped: Counter[str] = Counter()
        self.sent = 0
        self._found, self._sink, self._table = found, sink, table
        self._type = SETTLED if SETTLED in sink.events else CAST
        stack = found.stack
        (pipe,) = stack.of_type("AWS::Pipes::Pipe")
        self._pipe = PipeDefinition.from_properties(stack.physical_id(pipe), stack.resolved(pipe))
        self._ports = AwsPorts(self._pipe, found.session)
        self._pattern = stack.resolved(f"{logical_id(sink.name)}Rule")["EventPattern"]

    def look(self, since: datetime, until: datetime | None, widget: str | None) -> None:
        """Find out which votes are to be sent."""
        cast: list[tuple[str, Item]] = []
        for item in self._items(widget):
            at = times.utc(str(item.get("createdAt", {}).get("S", "")))
            if at is None:
                self.skipped[UNDATED] += 1
            elif since <= (when := datetime.fromisoformat(at)) and (not until or when < until):
                if self._is_delivered(item):
                    self.skipped[DELIVERED] += 1
                else:
                    cast.append((at, item))
        self.to_send = [item for _, item in sorted(cast, key=lambda each: each[0])]

    def send(self, pace: float, sent: Callable[[int], object]) -> None:
        """Send them, `pace` a second; `sent` gets how many more it were each time."""
        sqs: Any = self._found.session.client("sqs")
        queue = self._found.stack.physical_id(f"{logical_id(self._sink.name)}Queue")
        for start in range(0, len(self.to_send), BATCH):
            batch = self.to_send[start : start + BATCH]
            for envelope in self._envelopes(batch):
                with undisturbed():
                    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(envelope))
                    self.sent += 1
                time.sleep(1 / pace)
            sent(len(batch))

    def _items(self, widget: str | None) -> Iterator[Item]:
        client: Any = self._found.session.client("dynamodb")
        asked: dict[str, Any] = {"TableName": self._table, "ConsistentRead": True}
        if widget is not None:
            asked["KeyConditionExpression"] = "widgetId = :widget"
            asked["ExpressionAttributeValues"] = {":widget": {"S": widget}}
        pages = client.get_paginator("scan" if widget is None else "query").paginate(**asked)
        items: Iterator[Item] = pages.search("Items[]")
        return items

    def forget(self, item: Item) -> None:
        """Have the sink know nothing of a vote, as if it had delivered no state of it."""
        forget(self._found, self._sink, self._event(item))

    def _is_delivered(self, item: Item) -> bool:
        """Whether the sink delivered any state of this vote, or this very event."""
        return bool(delivered(self._found, self._sink, self._event(item)))

    def _event(self, item: Item) -> Event:
        """As much of an item's event as says what it is about."""
        vote = {name: item[name]["S"] for name in ("widgetId", "voteId")}
        event_id = _record(item)["eventID"]
        return Event.from_detail(self._typed({**_HEAD, "eventID": event_id, "vote": vote}))

    def _envelopes(self, items: list[Item]) -> Iterator[dict[str, Any]]:
        """What the sink's rule would send of these votes."""
        records = [record for item in items if self._pipe.takes(record := _record(item))]
        for detail in map(self._typed, self._ports.enrich(records) if records else []):
            envelope = _envelope(detail)
            if matches(self._pattern, envelope):
                yield envelope
            else:
                self.skipped["not for this sink"] += 1

    def _typed(self, detail: dict[str, Any]) -> dict[str, Any]:
        """An event as the sink takes it: a vote that rests, where it takes those."""
        if self._type == SETTLED and detail["type"] == CAST:
            return detail | {"type": SETTLED, "eventID": detail["eventID"] + SETTLED_SUFFIX}
        return detail


_HEAD = {"type": CAST, "time": "1970-01-01T00:00:00Z", "version": 1, "sequence": _SEQUENCE}


def _record(item: Item) -> dict[str, Any]:
    """An item as the record of its INSERT; its id is the same as long as the item is."""
    image = json.loads(json.dumps(item, default=lambda part: base64.b64encode(part).decode()))
    digest = hashlib.sha256(json.dumps(image, sort_keys=True).encode()).hexdigest()
    return {
        "eventID": f"backfill-{digest[:32]}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {name: image[name] for name in ("widgetId", "voteId")},
            "NewImage": image,
            "SequenceNumber": _SEQUENCE,
        },
    }


def _envelope(detail: dict[str, Any]) -> dict[str, Any]:
    """An event as EventBridge sends it on."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail["type"],
        "source": "votepipe",
        "time": detail["time"],
        "resources": [],
        "detail": detail,
    }


def replay(found: Deployment, sink: str, since: datetime, until: datetime) -> None:
    """Have the bus send what its archive kept to the rule of a sink alone.

    Raises BackfillError where the stack keeps no archive.
    """
    stack, events = found.stack, found.session.client("events")
    if "VotesArchive" not in stack.physical_ids:
        raise BackfillError(
            f"Stack '{found.name}' keeps no archive. Leave out --archive, or deploy with "
            "ArchiveDays=30, which keeps events from then on."
        )
    archive = events.describe_archive(ArchiveName=stack.physical_id("VotesArchive"))
    bus = archive["EventSourceArn"]
    name = stack.physical_id(f"{logical_id(sink)}Rule").rpartition("|")[2]
    rule = events.describe_rule(Name=name, EventBusName=bus)["Arn"]
    events.start_replay(
        ReplayName=f"{sink}-{uuid.uuid4()}",
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=since,
        EventEndTime=until,
        Destination={"Arn": bus, "FilterArns": [rule]},
    )
