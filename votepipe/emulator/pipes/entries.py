"""What an enrichment returned, as entries for PutEvents."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from votepipe.emulator.pipes.definition import BUS_BATCH, PipeDefinition
from votepipe.emulator.pipes.paths import MissingPath, compile_value
from votepipe.model.errors import VotepipeError
from votepipe.model.times import utc

Entry = dict[str, Any]

_LIMIT = 1_000_000  # bytes in one request; AWS counts to 1 MB
_TIME_SIZE = 14  # AWS counts a time as this many bytes


class AnswerError(VotepipeError):
    """The enrichment's answer as a whole cannot become events."""


class EntryError(VotepipeError):
    """One item cannot become an event."""


def items_of(answer: Any) -> list[Any]:
    """The items of an enrichment's answer; none when it says that there is nothing to do.

    Raises AnswerError for what a bus cannot take.
    """
    if answer in ("", {}, []):
        return []
    items = [answer] if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise AnswerError("The enrichment's answer is neither an array nor an object.")
    if len(items) > BUS_BATCH:
        raise AnswerError(
            f"The enrichment returned {len(items)} items; a bus takes {BUS_BATCH} at once."
        )
    return items


class EntryMaker:
    """Makes entries as a pipe's target parameters say."""

    def __init__(self, pipe: PipeDefinition) -> None:
        self._bus = pipe.bus_arn
        self._detail_type = compile_value(pipe.detail_type)
        self._source = compile_value(pipe.source)
        self._time = compile_value(pipe.time) if pipe.time else None
        self._resources = [compile_value(resource) for resource in pipe.resources]

    def entry(self, item: Any) -> Entry:
        """One PutEvents entry; its `Time` is text in UTC. Raises EntryError."""
        if not isinstance(item, dict):
            raise EntryError("An item that the enrichment returned is no JSON object.")
        try:
            entry: Entry = {
                "EventBusName": self._bus,
                "Source": _text("Source", self._source(item)),
                "DetailType": _text("DetailType", self._detail_type(item)),
                "Detail": json.dumps(item, ensure_ascii=False, separators=(",", ":")),
            }
            if self._time:
                entry["Time"] = _time(self._time(item))
            if self._resources:
                entry["Resources"] = [_text("Resources", read(item)) for read in self._resources]
        except MissingPath as missing:
            raise EntryError(f"An item has nothing at '{missing}'.") from None
        if size_of(entry) > _LIMIT:
            raise EntryError("An item is larger than the 1 MB that a bus takes.")
        return entry


def size_of(entry: Entry) -> int:
    """An entry's size in bytes as EventBridge counts it."""
    texts = [entry["Source"], entry["DetailType"], entry["Detail"], *entry.get("Resources", ())]
    return sum(len(text.encode()) for text in texts) + (_TIME_SIZE if "Time" in entry else 0)


def requests(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries in as few requests as their sizes allow, in their order."""
    batch: list[Entry] = []
    total = 0
    for entry in entries:
        size = size_of(entry)
        if batch and total + size > _LIMIT:
            yield batch
            batch, total = [], 0
        batch.append(entry)
        total += size
    if batch:
        yield batch


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise EntryError(f"An item's value for '{name}' is no text.")
    return value


def _time(value: Any) -> str:
    time = utc(value) if isinstance(value, str) else None
    if time is None:
        raise EntryError("An item's value for 'Time' is no RFC 3339 time.")
    return time
