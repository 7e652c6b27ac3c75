"""Send what a pipe gave up through it again: its filter, its enrichment, its bus.

Records keep the ids of their events, so that sinks skip what they delivered, however often this
is interrupted and repeated.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from votepipe.aws.recovery import read
from votepipe.dev.local.processes import undisturbed
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.pipe_runner.calls import QUICK, AwsPorts
from votepipe.dev.recovery.received import OLDER, Received, paced
from votepipe.emulator.pipes.attempt import Attempts, Batch, Interrupted, Ports, Trace, reason_of
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.records import Held

NO_RECORD = "neither a record nor a pointer to some"
_BYTES = 5_000_000  # of one call of the enrichment, which Lambda limits to 6 MB


class _DeadLetter(NamedTuple):
    """A dead letter; `missing` is why records that it points at cannot be read, or ""."""

    order: tuple[int, ...]
    handle: str
    records: Batch
    missing: str


class PipeDeadLetters(Received):
    """All dead letters of a pipe, of which `streams` has those that one only points at.

    A context manager. Those whose records are all from before `since` stay.
    """

    said = "Sent {} dead letters through the {}."
    pace = math.inf  # the pipe bears more than one process sends

    def __init__(
        self, pipe: PipeDefinition, ports: Ports, sqs: Any, queue: str, streams: Any,
        since: datetime | None = None,
    ) -> None:  # fmt: skip
        super().__init__("pipe", sqs, queue)
        self._pipe, self._streams = pipe, streams
        self._since = since.timestamp() if since else 0.0
        self._attempts = Attempts(pipe, ports, Trace(pipe, "", time.time, None))

    @classmethod
    def of(cls, found: Deployment, since: datetime | None) -> "PipeDeadLetters":
        """Those of a stack's pipe."""
        (name,) = found.stack.of_type("AWS::Pipes::Pipe")
        properties = found.stack.resolved(name)
        pipe = PipeDefinition.from_properties(found.stack.physical_id(name), properties)
        sqs, streams = (
            found.session.client(each, config=QUICK) for each in ("sqs", "dynamodbstreams")
        )
        queue = found.stack.physical_id(f"{name}DeadLetters")
        return cls(pipe, AwsPorts(pipe, found.session), sqs, queue, streams, since)

    def send(self, pace: float, sent: Callable[[int], object] = lambda count: None) -> None:
        """Send them, `pace` a second, in their order; what did not pass stays.

        Raises Interrupted when AWS is too busy or cannot be reached.
        """
        for group in paced(self._groups(), pace):
            batch = tuple({each.event_id: each for one in group for each in one.records}.values())
            with undisturbed():
                failed = self._failed(batch)
                for letter in group:
                    self._end(letter, failed)
            sent(len(group))

    def _sort(self, message: Mapping[str, Any]) -> None:
        try:
            body = json.loads(message["Body"])
            batch = body.get("DDBStreamBatchInfo")
            records, missing = read(self._streams, batch) if batch else ([body], "")
            read_now = [Held.of(each, time.time()) for each in records]
            # What lies between two records that the pipe gave up may not be for it.
            held = tuple(each for each in read_now if self._pipe.takes(each.record))
            order = tuple(int(each.sequence) for each in held)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.kept[NO_RECORD] += 1
            return
        if missing and not held:
            self.kept[missing] += 1
        elif held and max(each.created for each in held) < self._since:
            self.kept[OLDER] += 1
        else:
            self.to_send.append(_DeadLetter(order, message["ReceiptHandle"], held, missing))

    def _end(self, letter: _DeadLetter, failed: Mapping[str, str]) -> None:
        reasons = [failed[each.event_id] for each in letter.records if each.event_id in failed]
        if why := next(iter(reasons), letter.missing):
            self.kept[why] += 1
        else:
            self._delete(letter.handle)
            self.sent += 1

    def _groups(self) -> Iterator[list[_DeadLetter]]:
        """As many dead letters as one batch of the pipe takes."""
        group: list[_DeadLetter] = []
        for letter in self.to_send:
            held = [each for one in (*group, letter) for each in one.records]
            large = sum(each.size for each in held) > _BYTES
            if group and (len(held) > self._pipe.batch_size or large):
                yield group
                group = []
            group.append(letter)
        if group:
            yield group

    def _failed(self, batch: Batch) -> dict[str, str]:
        """Send records; why some did not pass, by the ids of their events.

        Those beside one that fails are sent without it.
        """
        if not batch:
            return {}
        failed: Sequence[Held]
        try:
            failed, reason = self._attempts.attempt(batch)
        except Interrupted:
            raise
        except Exception as error:  # whatever a port raises is a failed attempt
            failed, reason = batch, reason_of(error)
        if len(failed) == len(batch) > 1:
            middle = len(batch) // 2
            return self._failed(batch[:middle]) | self._failed(batch[middle:])
        return {each.event_id: reason for each in failed}
