"""From a batch of messages to a sink's function and back.

Messages that were delivered, skipped or moved to the dead letters count as handled; all others
are reported to Lambda as failed, so that they stay in the queue (see `outcomes`).
What one call of the function is to deliver is a unit: one message, or several with `batch`.
"""

import math
import os
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from votepipe.delivery import leases, units
from votepipe.delivery.endings import Endings
from votepipe.delivery.leases import Claim, Delivered
from votepipe.delivery.outcomes import Outcome, judge
from votepipe.delivery.pace import Pace
from votepipe.delivery.queues import Message
from votepipe.delivery.units import Claimed, Unit
from votepipe.model import times
from votepipe.model.errors import InvalidEvent, SettingsError, Skip, TryLater
from votepipe.model.moments import Moment
from votepipe.plugins import settings as plugin_settings

if TYPE_CHECKING:
    from votepipe.plugins import Sink

# A delivery may well take this long: http.post's ten seconds and what surrounds it.
_ENOUGH_SECONDS = 15.0
# Events that are not worth waiting for are skipped when their turn is further away than this.
_PATIENCE = 10.0
# To take the lease on one vote, at most.
_CLAIM_SECONDS = 0.02


def deliver(sink: "Sink", batch: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Deliver a batch of SQS messages; return those that stay in the queue, as Lambda wants it.

    Raises SettingsError when the function's own environment is incomplete.
    """
    run = _Run(sink, context)
    for unit in run.units([Message.read(record) for record in batch["Records"]]):
        run.attempt(unit)
    kept = run.endings.kept
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in kept]}


@dataclass
class _Run:
    """One call by Lambda."""

    sink: "Sink"
    context: Any
    owner: str = field(default_factory=lambda: os.urandom(16).hex())
    started: float = field(default_factory=times.now)
    longest: float = 0.0
    settings: Any = None
    tried: bool = False

    def __post_init__(self) -> None:
        self.name = os.environ.get("VOTEPIPE_SINK", self.sink.name)
        queue, dead_letters = _variable("QUEUE_URL"), _variable("DEAD_LETTERS_URL")
        self.endings = Endings(self.name, queue, dead_letters, self.sink.most_receives)
        self.table = _variable("DELIVERIES_TABLE")
        self.most_tries = int(os.environ.get("MAX_TRIES", self.sink.tries))
        self.pace: Pace | None = None
        if not isinstance(self.sink.pace, str):
            self._keep_pace(self.sink.pace)

    def _keep_pace(self, seconds: float | None) -> None:
        self.pace = Pace(self.table, self.name, seconds) if seconds else None

    def units(self, messages: Sequence[Message]) -> list[Unit]:
        """What to deliver in one call each, after ending all that needs none."""
        ready = []
        for message in sorted(messages, key=lambda each: units.place(each, self.sink, self.name)):
            try:
                ready.append(units.Ready(message, self._group(message)))
            except Exception as error:
                self._judged(message, error)
        wanted, superseded = units.newest(ready, self.sink, self.name)
        for message in superseded:
            self._end(message, Outcome("skipped", "A newer state came with it."))
        return units.units(wanted, self.sink)

    def _group(self, message: Message) -> str | None:
        """What the message is delivered with, for sinks that say so; raises what speaks against."""
        if message.event is None:
            raise message.problem or InvalidEvent("The message holds no event.")
        if isinstance(message.event, Moment) != (self.sink.schedule is not None):
            raise InvalidEvent("A sink gets events, or moments of its schedule. Run: votepipe sync")
        if self.settings is None and self.sink.settings is not None:
            self.settings = plugin_settings.load(self.sink.settings, self.name, os.environ)
            if isinstance(self.sink.pace, str):
                self._keep_pace(getattr(self.settings, self.sink.pace))
        if self.sink.gather is None:
            return None
        return self.sink.gather(message.event, self.settings)

    def attempt(self, unit: Unit) -> None:
        """Hand a unit to the sink's function in one call, and see to what becomes of it."""
        self.started = times.now()
        if not self._has_time():
            for message in unit.messages:
                self._end(message, Outcome("later", "Too little time was left.", wait=1))
            return
        self.tried = True
        if self.pace is not None and not self._is_its_turn(unit, self.pace):
            return
        claimed = self._claim(unit)
        if claimed:
            self._send(claimed, unit.group)
        elif self.pace is not None:
            self.pace.give_back()
        self.longest = max(self.longest, times.now() - self.started)

    def _is_its_turn(self, unit: Unit, pace: Pace) -> bool:
        fleeting = unit.types <= set(self.sink.fleeting)
        waited = any(message.receives > 1 for message in unit.messages)
        patience = _PATIENCE if fleeting else math.inf
        preparing = _CLAIM_SECONDS * len(unit.messages)
        try:
            wait = pace.take(unit.group, waited=waited, patience=patience, preparing=preparing)
        except Exception as error:
            for message in unit.messages:
                self._judged(message, error)
            return False
        for message in unit.messages if wait else ():
            if wait == math.inf:
                self._end(message, Outcome("skipped", "Too many are waiting for their turn."))
            else:
                self._end(message, Outcome("later", "It is not its turn yet.", wait=wait))
        return not wait

    def _claim(self, unit: Unit) -> list[Claimed]:
        """Take the lease on each vote; messages of which that is not to be had end."""
        claimed: list[Claimed] = []
        for message in unit.messages:
            try:
                claim = self._lease(message) if self.sink.claims else None
            except Exception as error:
                self._judged(message, error)
                continue
            if claim is not None and any(claim.is_same(other.claim) for other in claimed):
                self._end(message, Outcome("later", "This batch holds it twice.", wait=1))
            else:
                claimed.append(Claimed(message, claim))
        return claimed

    def _lease(self, message: Message) -> Claim:
        event: Any = message.event
        lease = min(self._time_left(), self.sink.timeout) + 1
        try:
            return leases.claim(
                event,
                table=self.table,
                sink=self.name,
                owner=self.owner,
                lease=lease,
                ordered=self.sink.ordered,
            )
        except TryLater as held:
            # Short at first: the other attempt is most likely about to be done.
            after = min(held.after, message.back_off(message.receives))
            raise TryLater(str(held), after=after) from None

    def _send(self, claimed: Sequence[Claimed], group: str | None) -> None:
        if self.pace is not None:
            self.pace.begin()
        try:
            result = units.call(self.sink, claimed, self.settings)
        except Exception as error:
            self._fail(claimed, error)
            return
        done, remote_id = list(claimed), result if isinstance(result, str) else None
        if isinstance(result, Delivered):
            ids = {event.id for event in result.events}
            done, remote_id = [each for each in claimed if each.event.id in ids], result.remote_id
            if self.pace is not None and not result.sent:
                self.pace.give_back()
        # The newest that was delivered is the one to mark; marking gives the lease back.
        marks = {each.claim.key: each.claim for each in done if each.claim is not None}
        rest = [each for each in claimed if each not in done]
        for claim in marks.values():
            leases.mark(claim, remote_id)
        for each in done:
            self._end(each.message, Outcome("delivered"))
        self._release([each for each in rest if each.claim and each.claim.key not in marks])
        self._leave(rest, group, {event.id for event in getattr(result, "apart", ())})

    def _leave(self, rest: Sequence[Claimed], group: str | None, apart: Set[str]) -> None:
        """Put back what the function left for another call."""
        together = None
        # Those together come last, so that they wait once, and whoever joins them with them.
        for each in sorted(rest, key=lambda each: each.event.id not in apart):
            if self.pace is None:
                wait = 1.0
            elif group is None or each.event.id in apart:
                wait = self.pace.line_up()
            else:
                wait = together = together or self.pace.line_up(group)
            self._end(each.message, Outcome("later", "The sink left it for another call.", wait))

    def _fail(self, claimed: Sequence[Claimed], error: Exception) -> None:
        """The function raised this."""
        if self.pace is not None and isinstance(error, Skip):
            self.pace.give_back()
        elif self.pace is not None and isinstance(error, TryLater):
            self.pace.postpone(error.after)
        outcomes = [self._judge(each.message, error, each.failures) for each in claimed]
        failed = any(outcome.name == "retried" for outcome in outcomes)
        self._release(claimed, failed=failed)
        for each, outcome in zip(claimed, outcomes, strict=True):
            self._end(each.message, outcome)

    def _release(self, claimed: Sequence[Claimed], *, failed: bool = False) -> None:
        """Give the lease on each vote back, once."""
        for claims in units.by_vote(claimed):
            leases.release(claims[0], failed=[claim.order for claim in claims] if failed else [])

    def _judge(self, message: Message, error: Exception, failures: int | None = None) -> Outcome:
        return judge(error, message, self.sink, failures=failures, most_tries=self.most_tries)

    def _judged(self, message: Message, error: Exception) -> None:
        """End a message for which the function was not called."""
        self._end(message, self._judge(message, error))

    def _end(self, message: Message, outcome: Outcome) -> None:
        self.endings.end(message, outcome, started=self.started)

    def _has_time(self) -> bool:
        """Whether another delivery fits in the time that is left; the first is always tried."""
        enough = max(self.longest, min(_ENOUGH_SECONDS, self.sink.timeout / 4))
        return not self.tried or self._time_left() > enough

    def _time_left(self) -> float:
        if self.context is None:
            return self.sink.timeout
        return float(self.context.get_remaining_time_in_millis()) / 1000


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not in the function's environment. Run: votepipe sync")
    return value
