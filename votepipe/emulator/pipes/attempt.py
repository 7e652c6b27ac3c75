"""One attempt at a batch: through the enrichment, onto the bus."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.entries import Entry, EntryError, EntryMaker, items_of, requests
from votepipe.emulator.pipes.records import Held, Record, keys_of
from votepipe.model.errors import VotepipeError

Batch = tuple[Held, ...]


class Interrupted(VotepipeError):
    """A port could not reach the service: tried again without counting as an attempt."""


class Ports(Protocol):
    """What a pipe calls. Any exception is a failed attempt, except Interrupted."""

    def enrich(self, records: list[Record]) -> Any:
        """Give the enrichment the bare array, return the JSON it answers."""

    def put_events(self, entries: list[Entry]) -> Sequence[Mapping[str, Any]]:
        """Put up to 10 entries; one result each, with `EventId` or `ErrorCode`."""

    def dead_letter(self, message: dict[str, Any]) -> None:
        """Send a message to the pipe's dead-letter queue."""


class Trace:
    """Passes one dict for each record and hop to a sink; see `Lane` for its members."""

    def __init__(
        self,
        pipe: PipeDefinition,
        shard_id: str,
        clock: Callable[[], float],
        sink: Callable[[dict[str, Any]], None] | None,
    ) -> None:
        self._where = {"pipe": pipe.name, "shard": shard_id}
        self._clock = clock
        self._sink = sink

    def record(self, hop: str, record: Record, **facts: Any) -> None:
        """Report where a record is."""
        if self._sink:
            self._sink(
                {
                    "hop": hop,
                    "time": self._clock(),
                    **self._where,
                    "eventID": record["eventID"],
                    "keys": keys_of(record),
                    "sequence": record["dynamodb"]["SequenceNumber"],
                    **facts,
                }
            )

    def batch(self, hop: str, held: Batch, **facts: Any) -> None:
        """Report the same of several records."""
        for each in held:
            self.record(hop, each.record, **facts)


class Attempts:
    """Makes attempts for one pipe."""

    def __init__(self, pipe: PipeDefinition, ports: Ports, trace: Trace) -> None:
        self._pipe = pipe
        self._ports = ports
        self._trace = trace
        self._maker = EntryMaker(pipe)

    def attempt(self, batch: Batch) -> tuple[Batch, str]:
        """Enrich and put. Returns the records to retry, and the reason.

        Raises what the ports raise, and AnswerError.
        """
        records = [each.record for each in batch]
        answer = self._ports.enrich(records) if self._pipe.enrichment_arn else records
        items = items_of(answer)
        owners = _owners(items, batch)
        self._trace_answer(batch, owners)
        errors = self._put(items, owners)
        failed = [index for index, error in enumerate(errors) if error]
        if not failed:
            return (), ""
        reason = errors[failed[0]]
        lost = {owner.event_id for index in failed if (owner := owners[index])}
        if any(owners[index] is None for index in failed):  # it may be any record's
            return batch, reason
        return tuple(each for each in batch if each.event_id in lost), reason

    def _trace_answer(self, batch: Batch, owners: list[Held | None]) -> None:
        returned = {owner.event_id for owner in owners if owner}
        for each in batch:
            # An item without a known eventID may be of any record.
            hop = "enriched" if each.event_id in returned or None in owners else "skipped"
            self._trace.record(hop, each.record)

    def _put(self, items: list[Any], owners: list[Held | None]) -> list[str]:
        """Put every item that can be. Returns an error for each item, empty on success."""
        errors = [""] * len(items)
        entries: dict[int, Entry] = {}
        for index, item in enumerate(items):
            try:
                entries[index] = self._maker.entry(item)
            except EntryError as error:
                errors[index] = str(error)
        indexes = iter(entries)
        for request in requests(list(entries.values())):
            for entry, (failure, event_id) in zip(request, self._request(request), strict=True):
                index = next(indexes)
                errors[index] = failure
                owner = owners[index]
                if owner and not failure:
                    facts = {"type": entry["DetailType"], "busEventID": event_id}
                    self._trace.record("put", owner.record, **facts)
        return errors

    def _request(self, entries: list[Entry]) -> list[tuple[str, str]]:
        """One PutEvents. Returns an error and the bus's event id for each entry."""
        try:
            results = self._ports.put_events(entries)
        except Interrupted:
            raise
        except Exception as error:  # whatever a port raises is a failed attempt
            return [(reason_of(error), "")] * len(entries)
        return [
            (f"The bus answered '{result['ErrorCode']}'.", "")
            if result.get("ErrorCode")
            else ("", result.get("EventId", ""))
            for result in results
        ]


def reason_of(error: Exception) -> str:
    """What may be shown of an error: our own texts; of others, which may quote data, the class."""
    return str(error) if isinstance(error, VotepipeError) else type(error).__name__


def _owners(items: list[Any], batch: Batch) -> list[Held | None]:
    """The record that each item came from, by its eventID."""
    known: dict[Any, Held] = {each.event_id: each for each in batch}
    ids = (item.get("eventID") if isinstance(item, dict) else None for item in items)
    return [known.get(event_id) if isinstance(event_id, str) else None for event_id in ids]
