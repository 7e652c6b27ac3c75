"""Send what a pipe gave up through it again: its filter, its enrichment, its bus.

Records keep the ids of their events, so that sinks skip what they delivered, however often this
is interrupted and repeated.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from votepipe.aws.recovery import read
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.operations.stack import StackError
from votepipe.dev.pipe_runner.calls import QUICK, AwsPorts
from votepipe.dev.recovery.received import Received
from votepipe.emulator.pipes.attempt import Attempts, Batch, Interrupted, Ports, Trace, reason_of
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.records import Held

NO_RECORD = "neither a record nor a pointer to some"
_BYTES = 5_000_000  # of one call of the enrichment, which Lambda limits to 6 MB


class _DeadLetter(NamedTuple):
    """A dead letter; `missing` is why records that it points at cannot be read, or ""."""

    order: tuple[int, ...]
    handle: str
    records: tuple[Held, ...]
    missing: str


def redrive(found: Deployment) -> tuple[int, Mapping[str, int]]:
    """Send the dead letters of a stack's pipe through it again; see `send_again`.

    Raises StackError when AWS is too busy or cannot be reached.
    """
    (name,) = found.stack.of_type("AWS::Pipes::Pipe")
    pipe = PipeDefinition.from_properties(found.stack.physical_id(name), found.stack.resolved(name))
    sqs: Any = found.session.client("sqs", config=QUICK)
    letters = Received(sqs, found.stack.physical_id(f"{name}DeadLetters"))
    streams = found.session.client("dynamodbstreams", config=QUICK)
    try:
        return send_again(pipe, AwsPorts(pipe, found.session), letters, streams)
    except Interrupted as error:
        raise StackError(f"{error} Dead letters that did not pass stay. Run it again.") from error


def send_again(
    pipe: PipeDefinition, ports: Ports, dead: Received, streams: Any
) -> tuple[int, Mapping[str, int]]:
    """Send the records of a pipe's dead letters again, in their order, and delete what passed.

    `streams` has those that a dead letter only points at. Returns how many dead letters passed, and
    how many stay, by reason.
    Raises Interrupted when AWS is too busy or cannot be reached; what is left then stays.
    """
    attempts = Attempts(pipe, ports, Trace(pipe, "", time.time, None))
    kept: Counter[str] = Counter()
    sent = 0
    with dead:
        letters = [_dead_letter(pipe, streams, message) for message in dead]
        kept[NO_RECORD] = letters.count(None)
        for group in _groups(pipe, [each for each in letters if each]):
            failed = _failed(attempts, _once(group))
            for letter in group:
                reasons = [
                    failed[each.event_id] for each in letter.records if each.event_id in failed
                ]
                if why := next(iter(reasons), letter.missing):
                    kept[why] += 1
                else:
                    dead.delete(letter.handle)
                    sent += 1
    return sent, +kept


def _dead_letter(
    pipe: PipeDefinition, streams: Any, message: Mapping[str, Any]
) -> _DeadLetter | None:
    """A message as a dead letter; None for one that holds neither a record nor a pointer."""
    try:
        body = json.loads(message["Body"])
        batch = body.get("DDBStreamBatchInfo")
        records, missing = read(streams, batch) if batch else ([body], "")
        read_now = [Held.of(each, time.time()) for each in records]
        # What lies between two records that the pipe gave up may not be for it.
        held = tuple(each for each in read_now if pipe.takes(each.record))
        order = tuple(int(each.sequence) for each in held)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return _DeadLetter(order, message["ReceiptHandle"], held, missing)


def _groups(pipe: PipeDefinition, letters: Sequence[_DeadLetter]) -> Iterator[list[_DeadLetter]]:
    """Dead letters in the order of their records, as many as one batch of the pipe takes."""
    group: list[_DeadLetter] = []
    for letter in sorted(letters, key=lambda each: each.order):
        held = [each for one in (*group, letter) for each in one.records]
        if group and (len(held) > pipe.batch_size or sum(each.size for each in held) > _BYTES):
            yield group
            group = []
        group.append(letter)
    if group:
        yield group


def _once(group: Sequence[_DeadLetter]) -> Batch:
    """The records of dead letters; one that several have is there once."""
    return tuple({each.event_id: each for one in group for each in one.records}.values())


def _failed(attempts: Attempts, batch: Batch) -> dict[str, str]:
    """Send records; why some did not pass, by the ids of their events.

    Those beside one that fails are sent without it.
    """
    if not batch:
        return {}
    try:
        failed, reason = attempts.attempt(batch)
    except Interrupted:
        raise
    except Exception as error:  # whatever a port raises is a failed attempt
        failed, reason = batch, reason_of(error)
    if len(failed) == len(batch) > 1:
        middle = len(batch) // 2
        return _failed(attempts, batch[:middle]) | _failed(attempts, batch[middle:])
    return {each.event_id: reason for each in failed}
