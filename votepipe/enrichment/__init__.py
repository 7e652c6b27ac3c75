"""A pipe's batch of stream records to the events that go on the bus.

An exception here would fail the whole batch and block its shard, so that a record which cannot
be read becomes a `VoteRejected` event instead.
"""

import json
import marshal
from collections import Counter
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, TypeVar

from votepipe.aws import logs
from votepipe.enrichment.run import Enriching, left_out
from votepipe.model import changes, stored, times
from votepipe.model.errors import first_reasons
from votepipe.plugins import enrichers

Event = dict[str, Any]
E = TypeVar("E")

LARGEST_EVENT = 99_000  # bytes; ten with source, type and time fit the 1 MB of one PutEvents
ENRICHING = Enriching(enrichers.load())

_LONGEST_ID = 256
_LONGEST_LABEL = 64
_USUAL_SECONDS = 20.0  # for the enrichers of a batch, where the context has no remaining time
_SECONDS_KEPT = 5.0  # of the remaining time, for everything else
_LONGEST_SEQUENCE = 40  # digits


def handler(records: object, context: object) -> list[Event]:
    """Answer a pipe: at most one event for each record, in order. Never raises."""
    batch = records if isinstance(records, list) else [records]
    now, until = times.timestamp(), monotonic() + _seconds_left(context)
    made = [(record, event) for record in batch if (event := _safely(_event, record, now))]
    rejections = ENRICHING.add([event for _, event in made], until)
    events = [
        _safely(_sendable, record, now, event, reasons)
        for (record, event), reasons in zip(made, rejections, strict=True)
    ]
    _log(len(batch), events)
    return events


def _seconds_left(context: Any) -> float:
    """How long the enrichers of this batch may take in all."""
    try:
        return float(context.get_remaining_time_in_millis()) / 1000 - _SECONDS_KEPT
    except (AttributeError, TypeError, ValueError):
        return _USUAL_SECONDS


def _safely(make: Callable[..., E], record: object, now: str, *more: Any) -> E | Event:
    """Apply `make` to a record; where that breaks, reject it. `now` is the time of one without."""
    try:
        return make(record, now, *more)
    except Exception as error:
        name = type(error).__name__
        logs.log("enrichment broke", level="ERROR", eventId=_id(record), error=name, at=_at(error))
        return _rejected(record, now, [f"internal error: {name}"])


def _sendable(record: object, now: str, event: Event, reasons: list[str]) -> Event:
    if not reasons and not _fits(event):
        reasons = [f"event: larger than {LARGEST_EVENT} bytes of JSON"]
    return _rejected(record, now, reasons) if reasons else event


def _at(error: Exception) -> str:
    """The line where an error arose; its text may quote the record."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else ""


def _event(record: object, now: str) -> Event | None:
    reasons = list(_malformed(record))
    if reasons or not isinstance(record, dict):
        return _rejected(record, now, reasons)
    match record["eventName"]:
        case "INSERT":
            return _cast(record, now)
        case "MODIFY":
            return _changed(record, now)
    return _withdrawn(record, now)


def _malformed(record: object) -> Iterator[str]:
    """What keeps a record from being one of a DynamoDB stream."""
    if not isinstance(record, dict):
        yield "record: not an object"
        return
    if record.get("eventName") not in ("INSERT", "MODIFY", "REMOVE"):
        yield "eventName: not one of 'INSERT', 'MODIFY', 'REMOVE'"
    images = record.get("dynamodb")
    if not isinstance(images, dict):
        yield "dynamodb: not an object"
        return
    if not _sequence(images):
        yield "dynamodb.SequenceNumber: not the text of a number"
    if record.get("eventName") != "REMOVE" and "NewImage" not in images:
        yield "dynamodb.NewImage: missing, the stream must carry new images"


def _cast(record: dict[str, Any], now: str) -> Event:
    vote, reasons = stored.clean(record["dynamodb"].get("NewImage"))
    if reasons:
        return _rejected(record, now, reasons)
    return _envelope("VoteCast", record, now, vote, time=vote.get("createdAt"))


def _changed(record: dict[str, Any], now: str) -> Event | None:
    images = record["dynamodb"]
    vote, reasons = stored.clean(images.get("NewImage"))
    if reasons:
        return _rejected(record, now, reasons)
    old, unreadable = stored.clean(images.get("OldImage"), images["NewImage"], vote)
    if unreadable:
        return _envelope("VoteChanged", record, now, vote)
    changed = changes.between(old, vote)
    return _envelope("VoteChanged", record, now, vote, changes=changed) if changed else None


def _withdrawn(record: dict[str, Any], now: str) -> Event | None:
    by = record.get("userIdentity")
    if isinstance(by, dict) and by.get("principalId") == "dynamodb.amazonaws.com":
        return None  # it expired: no reader did anything
    vote, unreadable = stored.clean(record["dynamodb"].get("OldImage"))
    if unreadable:
        vote = _keys(record)
        if len(vote) < len(stored.KEYS):
            return _rejected(record, now, ["dynamodb.Keys: not the keys of a vote"])
    return _envelope("VoteWithdrawn", record, now, vote)


def _rejected(record: object, now: str, reasons: list[str]) -> Event:
    return _envelope("VoteRejected", record, now, _keys(record), reasons=first_reasons(reasons))


def _envelope(
    kind: str,
    record: object,
    now: str,
    vote: stored.Vote,
    *,
    time: str | None = None,
    **members: object,
) -> Event:
    part = _dynamodb(record)
    written = times.from_stream(part.get("ApproximateCreationDateTime"))
    return {
        "eventID": _id(record),
        "type": kind,
        "time": time or written or now,
        "version": 1,
        "sequence": _sequence(part) or "0",
        **_stream(record),
        "vote": vote,
        **members,
        "enrichment": {},
    }


def _dynamodb(record: object) -> dict[str, Any]:
    part = record.get("dynamodb") if isinstance(record, dict) else None
    return part if isinstance(part, dict) else {}


def _keys(record: object) -> stored.Vote:
    part = _dynamodb(record)
    return stored.keys(part.get("Keys"), part.get("NewImage"), part.get("OldImage"))


def _sequence(part: dict[str, Any]) -> str:
    number = part.get("SequenceNumber")
    text = number if isinstance(number, str) and len(number) <= _LONGEST_SEQUENCE else ""
    return text if text.isascii() and text.isdigit() else ""


def _stream(record: object) -> dict[str, str]:
    """The label of the record's stream, from the end of its ARN; {} when it cannot be read."""
    arn = record.get("eventSourceARN") if isinstance(record, dict) else None
    label = arn.partition("/stream/")[2] if isinstance(arn, str) else ""
    plain = label.isascii() and label.isprintable() and " " not in label
    return {"stream": label} if plain and 0 < len(label) <= _LONGEST_LABEL else {}


def _id(record: object) -> str:
    """The record's own id, else a digest of its content: the same on every attempt."""
    own = record.get("eventID") if isinstance(record, dict) else None
    if isinstance(own, str) and 0 < len(own) <= _LONGEST_ID and stored.is_unicode(own):
        return own
    # Streams give every record an id: the library behind this is not worth each cold start's time.
    from hashlib import sha256

    digest = sha256()
    rest = [record]
    while rest:  # no recursion, which deep nesting would break
        item = rest.pop()
        if isinstance(item, dict):
            digest.update(b"{%d" % len(item))
            for key in sorted(item):
                rest += (key, item[key])
        elif isinstance(item, list):
            digest.update(b"[%d" % len(item))
            rest += item
        else:
            # hex, since Python refuses to write very long integers in decimal
            digest.update((hex(item) if isinstance(item, int) else ascii(item)).encode())
    return digest.hexdigest()[:32]


def _fits(event: Event) -> bool:
    """Whether it fits the bus, if need be without what is added to a vote, the largest first."""
    # Its JSON has at most seven times the bytes of marshal, which writes `false` in one.
    if 7 * len(marshal.dumps(event, 2)) <= LARGEST_EVENT:
        return True
    size, added = _size(event), event["enrichment"]
    parts = [(_size(added[name]), name) for name in added.keys() - ENRICHING.required]
    for part, name in sorted(parts, reverse=True):
        if size <= LARGEST_EVENT:
            return True
        del added[name]
        size -= part
        left_out(name, event["eventID"], f"The event was larger than {LARGEST_EVENT} bytes.")
    if size > LARGEST_EVENT and event.get("changes"):
        size -= _size(event.pop("changes"))
        logs.log("changes left out", level="WARNING", eventId=event["eventID"])
    return size <= LARGEST_EVENT


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _log(records: int, events: list[Event]) -> None:
    """One line for each batch: counts, and ids and reasons of what was rejected; no content."""
    rejected = [
        {"eventId": event["eventID"], "reasons": event["reasons"]}
        for event in events
        if event["type"] == "VoteRejected"
    ]
    logs.log(
        "Records enriched",
        level="WARNING" if rejected else "INFO",
        metrics={
            "Records": (records, "Count"),
            "Events": (len(events), "Count"),
            "Rejected": (len(rejected), "Count"),
        },
        events=Counter(event["type"] for event in events),
        rejected=rejected,
    )
