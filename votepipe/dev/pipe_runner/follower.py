"""Drive one pipe: read its stream's shards, step their lanes, keep their checkpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from votepipe.dev.pipe_runner.checkpoints import Checkpoint, Checkpoints
from votepipe.dev.pipe_runner.stream import Shard, ShardReader, shards_of
from votepipe.emulator.pipes.attempt import Ports
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.lanes import Lanes

# AWS polls four times a second. Each poll takes 5 ms of a core, votes or not.
_POLL = 0.2
_LIST = 10.0  # between looks for new shards
_LONGEST_WAIT = 5.0


@dataclass
class _Open:
    """A shard in progress: `poll` and `due` are when to read and to step next.

    `empty` is when it was last read and held nothing more.
    """

    reader: ShardReader
    lanes: Lanes
    poll: float = 0.0
    due: float | None = None
    failures: int = 0
    empty: float = 0.0

    def next(self) -> float:
        """When it wants attention."""
        reads = self.lanes.hungry and not self.reader.closed
        return min(self.poll if reads else inf, inf if self.due is None else self.due)


class Follower:
    """Follows all shards of one pipe's stream; no AWS error ends it."""

    def __init__(
        self,
        pipe: PipeDefinition,
        streams: Any,
        ports: Ports,
        checkpoints: Checkpoints,
        *,
        clock: Callable[[], float],
        trace: Callable[[dict[str, Any]], None],
        say: Callable[[str], None],
    ) -> None:
        self._pipe = pipe
        self._streams = streams
        self._ports = ports
        self._checkpoints = checkpoints
        self._clock = clock
        self._trace = trace
        self._say = say
        self._open: dict[str, _Open] = {}
        self._list = 0.0
        self._failures = 0
        if checkpoints.recreated:
            say(f"Pipe '{pipe.name}' has a new stream. Continuing from its oldest record.")

    def turn(self) -> float:
        """Read and step whatever is due; returns when to be called again, in epoch seconds."""
        if self._list <= self._clock():
            self._list_shards()
        for shard_id, shard in list(self._open.items()):
            if shard.lanes.hungry and not shard.reader.closed and shard.poll <= self._clock():
                self._read(shard)
            if shard.due is not None and shard.due <= self._clock():
                shard.due = shard.lanes.step()
            self._save(shard_id, shard)
        return min([self._list, *(shard.next() for shard in self._open.values())])

    def is_through(self, since: float) -> bool:
        """Whether everything that was in the stream at this time is done, as far as it knows."""
        return self._list > 0.0 and all(
            shard.failures > 0 or (shard.lanes.idle and shard.empty >= since)
            for shard in self._open.values()
        )

    def _list_shards(self) -> None:
        try:
            shards = shards_of(self._streams, self._pipe.stream_arn)
        except (BotoCoreError, ClientError) as error:
            self._list = self._after_failure(self._failures, error)
            self._failures += 1
            return
        listed = [each.shard_id for each in shards]
        self._checkpoints.begin(listed)
        for shard in shards:
            self._start(shard, listed)
        if self._list == 0.0:
            self._trace({"hop": "started", "time": self._clock(), "pipe": self._pipe.name})
        self._list = self._clock() + _LIST
        self._failures = 0

    def _start(self, shard: Shard, listed: list[str]) -> None:
        saved = self._checkpoints.load(shard.shard_id)
        parent = self._checkpoints.load(shard.parent_id) if shard.parent_id in listed else None
        waits = shard.parent_id in listed and not (parent and parent.done)
        if shard.shard_id in self._open or (saved and saved.done) or waits:
            return
        after = saved.sequence if saved else None
        reader = ShardReader(
            self._streams,
            self._pipe.stream_arn,
            shard.shard_id,
            after=after,
            start=self._pipe.starting_position if saved else "TRIM_HORIZON",
            say=self._say,
        )
        lanes = Lanes(
            self._pipe,
            shard.shard_id,
            self._ports,
            clock=self._clock,
            trace=self._trace,
            checkpoint=after,
        )
        self._open[shard.shard_id] = _Open(reader, lanes)

    def _read(self, shard: _Open) -> None:
        try:
            records = shard.reader.read()
        except (BotoCoreError, ClientError) as error:
            shard.poll = self._after_failure(shard.failures, error)
            shard.failures += 1
            return
        shard.failures = 0
        if records:
            shard.lanes.offer(records)
            shard.due = self._clock()
        else:
            shard.empty = self._clock()
            shard.poll = shard.empty + _POLL

    def _save(self, shard_id: str, shard: _Open) -> None:
        done = shard.reader.closed and shard.lanes.idle
        saved = self._checkpoints.load(shard_id)
        checkpoint = Checkpoint(shard.lanes.checkpoint, done)
        if checkpoint != (saved or Checkpoint()):
            self._checkpoints.save(shard_id, checkpoint)
        if done:
            del self._open[shard_id]
            self._list = min(self._list, self._clock())  # its children may start

    def _after_failure(self, failures: int, error: Exception) -> float:
        if failures == 0:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            why = code or type(error).__name__
            self._say(f"The stream of pipe '{self._pipe.name}' cannot be read ({why}). Retrying.")
        return self._clock() + min(_POLL * 2.0**failures, _LONGEST_WAIT)
