"""One shard of a pipe: as many lanes as its parallelization factor, and one checkpoint."""

import json
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from votepipe.emulator.pipes.attempt import Ports
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.engine import Lane
from votepipe.emulator.pipes.records import Record, keys_of


class Lanes:
    """Lanes side by side; records of one item go through the same one, in stream order.

    AWS promises no other order. Drive it as a `Lane`; whoever has a clock of its own may step the
    `lanes` themselves, all at one time.
    """

    def __init__(
        self,
        pipe: PipeDefinition,
        shard_id: str,
        ports: Ports,
        *,
        clock: Callable[[], float],
        trace: Callable[[dict[str, Any]], None] | None = None,
        checkpoint: str | None = None,
    ) -> None:
        self.lanes = [
            Lane(pipe, shard_id, ports, clock=clock, trace=trace, checkpoint=checkpoint)
            for _ in range(pipe.parallelization)
        ]
        self._checkpoint = checkpoint
        self._unsettled: deque[tuple[str, Lane]] = deque()
        self._due: dict[Lane, float | None] = dict.fromkeys(self.lanes)
        self._clock = clock

    @property
    def checkpoint(self) -> str | None:
        """The last sequence number with nothing unsettled before it, in any lane."""
        while self._unsettled:
            sequence, lane = self._unsettled[0]
            if lane.checkpoint is None or int(lane.checkpoint) < int(sequence):
                break
            self._checkpoint = sequence
            self._unsettled.popleft()
        return self._checkpoint

    @property
    def idle(self) -> bool:
        """Nothing is held in any lane."""
        return all(lane.idle for lane in self.lanes)

    @property
    def hungry(self) -> bool:
        """Whether no lane holds a full batch; a stuck one stops the others once its own fills."""
        return all(lane.hungry for lane in self.lanes)

    def lane_of(self, record: Record) -> Lane:
        """The lane of a record, by its item's key."""
        if len(self.lanes) == 1:
            return self.lanes[0]
        keys = json.dumps(keys_of(record), sort_keys=True).encode()
        return self.lanes[zlib.crc32(keys) % len(self.lanes)]

    def offer(self, records: Iterable[Record]) -> None:
        """Take records in stream order."""
        for record in records:
            lane = self.lane_of(record)
            self._unsettled.append((record["dynamodb"]["SequenceNumber"], lane))
            lane.offer([record])
            self._due[lane] = self._clock()

    def step(self) -> float | None:
        """Do the next thing that is due in each lane; returns when to call again, as a lane."""
        for lane, due in self._due.items():
            if due is not None and due <= self._clock():
                self._due[lane] = lane.step()
        return min((due for due in self._due.values() if due is not None), default=None)
