"""The pipe: a table's stream through the shared engine, with the kit's models as its ports."""

import itertools
import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.dynamodb.values import Item, bytes_of
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.functions.calls import Allows
from votepipe.emulator.functions.function import Function, FunctionError, Throttled
from votepipe.emulator.pipes.attempt import Interrupted
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.engine import Lane
from votepipe.emulator.pipes.entries import Entry
from votepipe.emulator.pipes.lanes import Lanes
from votepipe.emulator.simulation.errors import Closed
from votepipe.emulator.simulation.jsontext import as_json, copy_json
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey, vote_key_of
from votepipe.emulator.simulation.virtual_clock import Timer
from votepipe.emulator.sqs.queue import Queue
from votepipe.model.errors import VotepipeError

_SHARD = "shardId-00000000000000000001-kit"
_FIRST_SEQUENCE = 4421584500000000017450439091
_DAY = 86_400.0  # after which a stream forgets


class PipeError(VotepipeError):
    """Something that the pipe calls refuses."""


class Ports:
    """What the engine calls: the enrichment function, the bus, the dead letters."""

    def __init__(
        self,
        pipe: PipeDefinition,
        function: Function | None,
        buses: Buses,
        dead_letters: Queue | None,
        allows: Allows,
        role: str,
    ) -> None:
        self._pipe = pipe
        self._function = function
        self._buses = buses
        self._dead_letters = dead_letters
        self._allows = allows
        self._role = role

    def enrich(self, records: list[dict[str, Any]]) -> Any:
        """Call the enrichment function."""
        if self._function is None:
            return records
        self._check("lambda:InvokeFunction", self._function.arn)
        printed = len(self._function.lines)
        try:
            answer = self._function.invoke(copy_json(records))
        except Throttled as error:
            raise Interrupted(str(error)) from None
        except FunctionError as error:
            raise PipeError("The enrichment function failed.") from error
        self._note_left_out(self._function, printed, records)
        return answer

    @staticmethod
    def _note_left_out(function: Function, printed: int, records: list[dict[str, Any]]) -> None:
        """Note each enricher that, by the function's log, an event goes without."""
        keys = {record.get("eventID"): vote_key_of(record) for record in records}
        for line in function.lines[printed:]:
            if "enricher" in line and line.get("eventId") in keys:
                facts = {"enricher": line["enricher"], "why": line.get("why")}
                function.simulation.trace.note(
                    "left out", function.id, keys[line["eventId"]], **facts
                )

    def put_events(self, entries: list[Entry]) -> Sequence[Mapping[str, Any]]:
        """Put entries on the bus."""
        self._check("events:PutEvents", self._pipe.bus_arn)
        results: Sequence[Mapping[str, Any]] = self._buses.put(entries)["Entries"]
        return results

    def dead_letter(self, message: dict[str, Any]) -> None:
        """Send a message to the dead letters."""
        if self._dead_letters is None:
            return
        self._check("sqs:SendMessage", self._dead_letters.arn)
        self._dead_letters.send(json.dumps(message))

    def _check(self, action: str, resource: str) -> None:
        if not self._allows(self._role, action, resource):
            raise PipeError(f"The pipe's role does not allow '{action}'.")


class _Driver:
    """Steps one lane on virtual time; other lanes of its shard run meanwhile."""

    def __init__(self, simulation: Simulation, lane: Lane) -> None:
        self._simulation = simulation
        self._lane = lane
        self._due: Timer | None = None
        self._busy = False
        self._stopped = False
        self._arrived: list[dict[str, Any]] = []

    @property
    def idle(self) -> bool:
        return self._lane.idle and not self._arrived and not self._busy

    def offer(self, records: list[dict[str, Any]]) -> None:
        """Take records; they wait while the lane is at work."""
        self._arrived += records
        if not self._busy and not self._stopped:
            self._feed()

    def stop(self, stopped: bool) -> None:
        """Do nothing more, or go on where it was."""
        self._stopped = stopped
        if not stopped:
            self._feed()

    def _feed(self) -> None:
        records, self._arrived = self._arrived, []
        self._lane.offer(records)
        self._wake(self._simulation.now)

    def _wake(self, when: float) -> None:
        step = partial(self._simulation.tasks.run, self._step)
        self._due = self._simulation.clock.at_latest(when, step, self._due)

    def _step(self) -> None:
        if self._stopped:
            return
        self._busy = True
        try:
            due = self._lane.step()
        except Closed:
            return
        finally:
            self._busy = False
        if due is not None:
            self._wake(due)
        if self._arrived and not self._stopped:
            self._feed()


class Pipe:
    """Follows one stream. Filter, batches, retries and dead letters are the engine's."""

    def __init__(
        self, simulation: Simulation, logical_id: str, pipe: PipeDefinition, ports: Ports
    ) -> None:
        self.id = logical_id
        self.definition = pipe
        self.fates: dict[VoteKey, str] = {}
        self.stopped: list[tuple[float, float]] = []  # from when, until when
        self._simulation = simulation
        self._lanes = Lanes(
            pipe, _SHARD, ports, clock=lambda: simulation.clock.now, trace=self._note
        )
        self._drivers = {lane: _Driver(simulation, lane) for lane in self._lanes.lanes}

    @property
    def idle(self) -> bool:
        """Whether every record is settled."""
        return all(driver.idle for driver in self._drivers.values())

    def offer(self, records: list[dict[str, Any]]) -> None:
        """Take records of the stream; they wait while their lane is at work."""
        for lane, driver in self._drivers.items():
            if mine := [record for record in records if self._lanes.lane_of(record) is lane]:
                driver.offer(mine)

    def stop(self) -> None:
        """Leave the stream's records where they are."""
        self._switch(stopped=True)
        self.stopped.append((self._simulation.now, math.inf))

    def start(self) -> None:
        """Go on where it was, if it stands still."""
        if self.stopped and self.stopped[-1][1] == math.inf:
            self.stopped[-1] = (self.stopped[-1][0], self._simulation.now)
            self._switch(stopped=False)

    def _switch(self, *, stopped: bool) -> None:
        for driver in self._drivers.values():
            driver.stop(stopped)

    def _note(self, hop: dict[str, Any]) -> None:
        keys = hop["keys"]
        facts = {
            name: hop[name]
            for name in ("type", "reason", "condition", "attempts", "wait")
            if hop.get(name)
        }
        if "busEventID" in hop:
            facts["id"] = hop["busEventID"][:8]
        about = VoteKey(str(keys.get("widgetId", "")), str(keys.get("voteId", "")), hop["eventID"])
        self.fates[about] = hop["hop"]
        self._simulation.trace.note(hop["hop"], self.id, about, **facts)


class Stream:
    """The stream of a table: a record for each change."""

    def __init__(self, simulation: Simulation, table_id: str, arn: str, view: str) -> None:
        self.arn = arn
        self.pipes: list[Pipe] = []
        self._simulation = simulation
        self._table = table_id
        self._view = view
        self.sequences = itertools.count(_FIRST_SEQUENCE, 1000)
        self.expiring = False
        self._kept: deque[tuple[float, dict[str, Any]]] = deque()

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The records of the last 24 hours, oldest first."""
        while self._kept and self._kept[0][0] <= self._simulation.now - _DAY:
            self._kept.popleft()
        return [record for _, record in self._kept]

    def written(self, old: Item | None, new: Item | None, keys: tuple[str, ...]) -> None:
        """Make the record of a change."""
        name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        item = new if new is not None else old or {}
        images: dict[str, Any] = {
            "ApproximateCreationDateTime": int(self._simulation.now),
            "Keys": {key: item[key] for key in keys},
            **({"NewImage": new} if new is not None and "NEW" in self._view else {}),
            **({"OldImage": old} if old is not None and "OLD" in self._view else {}),
            "SequenceNumber": str(next(self.sequences)),
            "SizeBytes": bytes_of(old or {}) + bytes_of(new or {}),
            "StreamViewType": self._view,
        }
        record = {
            "eventID": self._simulation.random.token(),
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": images,
            "eventSourceARN": self.arn,
        }
        if self.expiring:
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        self.put([record])

    def put(self, records: list[dict[str, Any]]) -> None:
        """Hand records to whoever follows the stream."""
        for record in records:
            about = vote_key_of(record)
            self._simulation.trace.note("written", self._table, about, name=record.get("eventName"))
            self._kept.append((self._simulation.now, record))
            for pipe in self.pipes:
                pipe.offer([as_json(record)])
