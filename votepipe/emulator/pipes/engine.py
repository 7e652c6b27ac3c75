"""One shard of a pipe, without I/O of its own.

A driver offers records, calls `step` when it is due and keeps the `checkpoint`. All I/O is in the
driver's ports and clock.
The local runner drives it with AWS calls and real time, the test kit with a virtual clock.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from votepipe.emulator.pipes.attempt import Attempts, Batch, Interrupted, Ports, Trace, reason_of
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.records import RETRIES_EXHAUSTED, TOO_OLD, Held, Record, pointer

_BATCH_BYTES = 6_000_000
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class _Part:
    """Records of one batch that succeed or fail together.

    `attempts` counts failures, `waits` every time it was put off; with a `condition` it is given
    up, for `reason`, and only its dead letter is outstanding.
    """

    held: Batch
    attempts: int = 0
    waits: int = 0
    due: float = 0.0
    condition: str | None = None
    reason: str = ""


class Lane:
    """One shard of a pipe.

    `checkpoint` is the last sequence number with nothing unsettled before it (None at first); a
    new Lane fed from right after it loses nothing, and repeats at most one batch.
    `trace` gets one dict per record and hop: `hop`, `time` (epoch seconds), `pipe`, `shard`,
    `eventID`, `keys`, `sequence` and facts of that hop.
    Hops: passed, filtered, enriched, skipped, put, retried, bisected, dead-lettered, dropped.
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
        self.checkpoint = checkpoint
        self._pipe = pipe
        self._shard_id = shard_id
        self._ports = ports
        self._clock = clock
        self._trace = Trace(pipe, shard_id, clock, trace)
        self._attempts = Attempts(pipe, ports, self._trace)
        self._buffer: deque[Held] = deque()
        self._buffered_bytes = 0
        self._parts: deque[_Part] = deque()  # what is left of the batch in hand, in order
        self._last_in_hand: Held | None = None
        self._newest: Held | None = None

    @property
    def idle(self) -> bool:
        """Nothing is held: all that was offered is settled."""
        return not self._buffer and not self._parts

    @property
    def hungry(self) -> bool:
        """Whether a full batch could not be made; a driver fetches no more while it could."""
        return len(self._buffer) < self._pipe.batch_size

    def offer(self, records: Iterable[Record]) -> None:
        """Take records in stream order; those that no filter lets through are settled."""
        now = self._clock()
        for record in records:
            if not self._pipe.takes(record):
                self._trace.record("filtered", record)
                self._skip(record["dynamodb"]["SequenceNumber"])
                continue
            self._trace.record("passed", record)
            self._newest = Held.of(record, now)
            self._buffer.append(self._newest)
            self._buffered_bytes += self._newest.size

    def step(self) -> float | None:
        """Do the next thing that is due, if any: at most one batch's or part's attempt.

        Returns when to call again (epoch seconds, maybe past); None if only an offer changes it.
        """
        now = self._clock()
        if not self._parts:
            closes = self._batch_closes()
            if closes is None or closes > now:
                return closes
            self._take_batch()
        if self._parts[0].due <= now:
            part = self._parts.popleft()
            self._parts.extendleft(reversed(self._run(part, now)))
        if self._parts:
            return self._parts[0].due
        if self._last_in_hand:
            self.checkpoint = self._last_in_hand.settles
        return self._batch_closes()

    def _skip(self, sequence: str) -> None:
        if self.idle or self._newest is None:
            self.checkpoint = sequence
        else:
            self._newest.settles = sequence

    def _batch_closes(self) -> float | None:
        if not self._buffer:
            return None
        full = len(self._buffer) >= self._pipe.batch_size or self._buffered_bytes >= _BATCH_BYTES
        return self._buffer[0].arrived + (0 if full else self._pipe.window)

    def _take_batch(self) -> None:
        batch: list[Held] = []
        total = 0
        while self._buffer and len(batch) < self._pipe.batch_size:
            total += self._buffer[0].size
            if batch and total > _BATCH_BYTES:
                break
            batch.append(self._buffer.popleft())
            self._buffered_bytes -= batch[-1].size
        self._parts.append(_Part(tuple(batch)))
        self._last_in_hand = batch[-1]

    def _run(self, part: _Part, now: float) -> list[_Part]:
        """Attempt a part; returns what is still to do, in order."""
        if part.condition:
            return self._give_up(part, part.condition)
        if any(self._too_old(each, now) for each in part.held):
            runs = groupby(part.held, key=lambda each: self._too_old(each, now))
            return [
                replace(part, held=tuple(run), condition=TOO_OLD if too_old else None)
                for too_old, run in runs
            ]
        try:
            failed, reason = self._attempts.attempt(part.held)
        except Interrupted as error:
            return [self._later(part, str(error))]
        except Exception as error:  # whatever a port raises is a failed attempt
            failed, reason = part.held, reason_of(error)
        return self._after(part, failed, reason) if failed else []

    def _too_old(self, held: Held, now: float) -> bool:
        return -1 < self._pipe.record_age < now - held.created

    def _after(self, part: _Part, failed: Batch, reason: str) -> list[_Part]:
        """What follows a failed attempt: halves, another attempt later, or the dead letters."""
        if self._pipe.bisect and len(failed) == len(part.held) > 1:
            self._trace.batch("bisected", failed, reason=reason)
            middle = len(failed) // 2
            return [replace(part, held=half) for half in (failed[:middle], failed[middle:])]
        attempts = part.attempts + 1
        again = replace(part, held=failed, attempts=attempts)
        if -1 < self._pipe.retries < attempts:
            return [replace(again, condition=RETRIES_EXHAUSTED, reason=reason)]
        return [self._later(again, reason)]

    def _later(self, part: _Part, reason: str) -> _Part:
        wait = min(_FIRST_WAIT * 2 ** min(part.waits, 10), _LONGEST_WAIT)
        self._trace.batch("retried", part.held, attempts=part.attempts, wait=wait, reason=reason)
        return replace(part, waits=part.waits + 1, due=self._clock() + wait)

    def _give_up(self, part: _Part, condition: str) -> list[_Part]:
        hop = "dropped"
        if self._pipe.dead_letter_arn:
            message = pointer(self._pipe, self._shard_id, part.held, condition, self._clock())
            try:
                self._ports.dead_letter(message)
            except Exception as error:  # a record is never lost for want of its dead letter
                return [self._later(part, reason_of(error))]
            hop = "dead-lettered"
        self._trace.batch(hop, part.held, condition=condition, reason=part.reason)
        return []
