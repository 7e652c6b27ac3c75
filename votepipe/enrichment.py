"""A pipe's batch of stream records to the events that go on the bus.

An exception here would fail the whole batch and block its shard, so that a record which cannot
be read becomes a `VoteRejected` event instead.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from votepipe import changes, logs, stored, times
from votepipe.reasons import first

Event = dict[str, Any]

LARGEST_EVENT = 100_000  # bytes; ten of them fit the 1 MB of one PutEvents
_LONGEST_ID = 256
_SEQUENCE = re.compile("[0-9]{1,40}")


def handler(records: object, context: object) -> list[Event]:
    """Answer a pipe: at most one event for each record, in order. Never raises."""
    batch = records if isinstance(records, list) else [records]
    events = events_of(batch, times.now())
    _log(len(batch), events)
    return events


def events_of(records: list[object], now: str) -> list[Event]:
    """Turn stream records into events; `now` is the time of a record that knows none."""
    events = (_safely(record, now) for record in records)
    return [event for event in events if event is not None]


def _safely(record: object, now: str) -> Event | None:
    try:
        event = _event(record, now)
        if event is None or _size(event) <= LARGEST_EVENT:
            return event
        return _rejected(record, now, [f"event: larger than {LARGEST_EVENT} bytes of JSON"])
    except Exception as error:
        name = type(error).__name__
        logs.log("Enrichment broke", level="ERROR", eventID=_id(record), error=name, at=_at(error))
        return _rejected(record, now, [f"internal error: {name}"])


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
    if _sequence(record) is None:
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
    old, unreadable = stored.clean(images.get("OldImage"))
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
    return _envelope("VoteRejected", record, now, _keys(record), reasons=first(reasons))


def _envelope(
    kind: str,
    record: object,
    now: str,
    vote: stored.Vote,
    *,
    time: str | None = None,
    **members: object,
) -> Event:
    written = times.from_stream(_dynamodb(record).get("ApproximateCreationDateTime"))
    return {
        "eventID": _id(record),
        "type": kind,
        "time": time or written or now,
        "version": 1,
        "sequence": _sequence(record) or "0",
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


def _sequence(record: object) -> str | None:
    number = _dynamodb(record).get("SequenceNumber")
    text = isinstance(number, str) and _SEQUENCE.fullmatch(number)
    return number if text else None


def _id(record: object) -> str:
    """The record's own id, else a digest of its content: the same on every attempt."""
    own = record.get("eventID") if isinstance(record, dict) else None
    if isinstance(own, str) and 0 < len(own) <= _LONGEST_ID and stored.is_unicode(own):
        return own
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


def _size(event: Event) -> int:
    return len(json.dumps(event, ensure_ascii=False).encode())


def _log(records: int, events: list[Event]) -> None:
    """One line for each batch: counts, and ids and reasons of what was rejected; no content."""
    rejected = [
        {"eventID": event["eventID"], "reasons": event["reasons"]}
        for event in events
        if event["type"] == "VoteRejected"
    ]
    logs.log(
        "Records enriched",
        level="WARNING" if rejected else "INFO",
        records=records,
        events=Counter(event["type"] for event in events),
        rejected=rejected,
    )
