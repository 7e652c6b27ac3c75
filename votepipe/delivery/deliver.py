"""From the records that Lambda hands over to a sink's function, and back; read it top to bottom.

    read       each message holds an event; else it goes to the dead letters
    batch      what goes out in one call: one event, or all of one batch key
    reserve    a slot, where the sink has a rate limit
    lease      the right to deliver each vote now, where the sink is idempotent
    call       the sink's function
    finish     acknowledge, put back or send to the dead letters; log

Messages that were delivered, skipped or sent to the dead letters are acknowledged; all others are
reported to Lambda as failed, so that they stay in the queue (see `outcomes`).
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

from votepipe.aws.logs import log
from votepipe.delivery import messages
from votepipe.delivery.leases import Delivery, Leases, lease_key
from votepipe.delivery.messages import Message
from votepipe.delivery.outcomes import Delivered, Outcome
from votepipe.delivery.rate_limit import RateLimiter
from votepipe.model import times
from votepipe.model.errors import (
    DeliveryError,
    InvalidEvent,
    SettingsError,
    Skip,
    TryLater,
    Undeliverable,
    VotepipeError,
)
from votepipe.model.events import Event, ScheduledEvent
from votepipe.plugins import Sink
from votepipe.plugins import settings as plugin_settings

# A delivery may well take this long: http.post's ten seconds and what surrounds it.
_ENOUGH_SECONDS = 15.0
# CloudWatch takes no more values of a metric in a line.
_IN_A_LINE = 100
# Droppable events are skipped when their slot is further away than this.
_MAX_WAIT = 10.0
# To take the lease on one vote, at most.
_LEASE_SECONDS = 0.02
_LOGGED = {
    "delivered": ("delivered", "INFO"),
    "skipped": ("skipped", "INFO"),
    "later": ("put back", "INFO"),
    "retried": ("failed", "WARNING"),
    "undeliverable": ("sent to dead letters", "ERROR"),
}


def deliver(sink: Sink, records: Sequence[Mapping[str, Any]], context: Any) -> dict[str, Any]:
    """Deliver SQS records; returns those that stay in the queue, in the shape that Lambda wants.

    Raises SettingsError when the function's own environment is incomplete.
    """
    invocation = _Invocation(sink, context)
    for batch in invocation.batches([Message.read(record) for record in records]):
        invocation.attempt(batch)
    invocation.log_delivered()
    return {"batchItemFailures": [{"itemIdentifier": each} for each in invocation.kept]}


@dataclass
class _Invocation:
    """One call by Lambda; `kept` are the ids of messages that stay in the queue."""

    sink: Sink
    context: Any
    kept: list[str] = field(default_factory=list)
    delivered: list[dict[str, Any]] = field(default_factory=list)
    started: float = field(default_factory=times.now)
    longest: float = 0.0
    attempted: bool = False
    settings: Any = None
    limiter: RateLimiter | None = None  # None, too, where its setting says 0 seconds
    loaded: bool = False

    def __post_init__(self) -> None:
        self.name = os.environ.get("VOTEPIPE_SINK", self.sink.name)
        self.queue, self.dlq = _variable("QUEUE_URL"), _variable("DEAD_LETTERS_URL")
        self.leases = Leases(_variable("DELIVERIES_TABLE"), owner=os.urandom(16).hex())
        self.max_attempts = int(os.environ.get("MAX_ATTEMPTS", self.sink.max_attempts))

    def _load(self) -> None:
        """Load the settings, and with them the rate limit. Raises SettingsError, Temporary."""
        if self.loaded:
            return
        if self.sink.settings:
            self.settings = plugin_settings.load(self.sink.settings, self.name, os.environ)
        seconds = self.sink.rate_limit.seconds if self.sink.rate_limit else 0
        if isinstance(seconds, str):
            seconds = getattr(self.settings, seconds)
        if seconds:
            self.limiter = RateLimiter(self.leases.table, self.name, seconds)
        self.loaded = True

    def batches(self, received: Sequence[Message]) -> list[list[Delivery]]:
        """What to deliver in one call each; messages that need no call are finished here."""
        deliveries = [each for message in received if (each := self._read(message))]
        deliveries.sort(key=lambda each: (each.key, each.event.sort_key))
        together: dict[str | None, list[Delivery]] = {}
        for each, following in zip_longest(deliveries, deliveries[1:]):
            if following and each.key == following.key and self._is_droppable(each):
                self._finish(each.message, Outcome("skipped", "A newer state came with it."), each)
            else:
                own = each.batch_key if self.sink.batch else each.message.id
                together.setdefault(own, []).append(each)
        if not self.sink.batch:
            return list(together.values())
        # Those that waited longest go first.
        return sorted(together.values(), key=lambda batch: -max(d.message.receives for d in batch))

    def _read(self, message: Message) -> Delivery | None:
        delivery = None
        try:
            event = messages.event_in(message.body)
            key = lease_key(event, self.name, self.sink.idempotent)
            delivery = Delivery(event=event, message=message, key=key)
            if isinstance(event, ScheduledEvent) != (self.sink.schedule is not None):
                raise InvalidEvent(
                    "A sink gets events, or those of its schedule. Run: votepipe sync"
                )
            self._load()
            limit = self.sink.rate_limit
            if limit and limit.batch_key:
                return replace(delivery, batch_key=limit.batch_key(event, self.settings))
        except Exception as error:
            self._finish(message, self._judge(error, message), delivery)
            return None
        return delivery

    def attempt(self, batch: Sequence[Delivery]) -> None:
        """Deliver a batch in one call of the sink's function, and finish its messages."""
        self.started = times.now()
        if not self._has_time():
            return self._finish_all(batch, Outcome("later", "Too little time was left.", wait=1))
        self.attempted = True
        if self._reserve(batch):
            leased = [each for each in map(self._lease, batch) if each]
            leased = self._without_duplicates(leased)
            if leased:
                self._call(leased)
            elif self.limiter:
                self.limiter.give_back()
            self.longest = max(self.longest, times.now() - self.started)
        return None

    def _reserve(self, batch: Sequence[Delivery]) -> bool:
        """Whether the call may be made now."""
        if self.limiter is None:
            return True
        try:
            wait = self.limiter.reserve(
                batch[0].batch_key,
                waited=any(each.message.receives > 1 for each in batch),
                max_wait=_MAX_WAIT if all(map(self._is_droppable, batch)) else math.inf,
                preparing=_LEASE_SECONDS * len(batch),
            )
        except Exception as error:
            for each in batch:
                self._finish(each.message, self._judge(error, each.message), each)
            return False
        if wait == math.inf:
            self._finish_all(batch, Outcome("skipped", "Too many are waiting for a slot."))
        elif wait:
            self._finish_all(batch, Outcome("later", "Its slot has not come yet.", wait))
        return not wait

    def _is_droppable(self, delivery: Delivery) -> bool:
        limit = self.sink.rate_limit
        return limit is not None and delivery.event.type in limit.droppable

    def _lease(self, delivery: Delivery) -> Delivery | None:
        """The delivery with its lease; None when its message is finished instead."""
        if not self.sink.idempotent:
            return delivery
        message = delivery.message
        try:
            return self.leases.take(
                delivery, min(self._time_left(), self.sink.resources.timeout) + 1
            )
        except TryLater as held:
            # Short at first: the other attempt is most likely about to be done.
            wait = min(held.after, message.back_off(message.receives))
            self._finish(message, Outcome("later", str(held), wait), delivery)
        except Exception as error:
            self._finish(message, self._judge(error, message), delivery)
        return None

    def _without_duplicates(self, leased: Sequence[Delivery]) -> list[Delivery]:
        """SQS may hand out a message twice: each event of a vote once."""
        found = {(each.key, each.event.sort_key): each for each in reversed(leased)}
        if not self.sink.idempotent or len(found) == len(leased):
            return list(leased)
        for each in leased:
            if found[each.key, each.event.sort_key] is not each:
                outcome = Outcome("later", "This batch holds it twice.", wait=1)
                self._finish(each.message, outcome, each)
        return list(reversed(found.values()))

    def _call(self, batch: Sequence[Delivery]) -> None:
        events = [each.event for each in batch]
        try:
            try:
                result = self._run(batch, events)
            except Undeliverable:
                if not self._secret_changed():
                    raise
                result = self._run(batch, events)
        except Exception as error:
            self._failed(batch, error)
        else:
            self._delivered(batch, Delivered.of(result, events))

    def _run(self, batch: Sequence[Delivery], events: Sequence[Any]) -> object:
        if self.limiter:
            self.limiter.begin()
        arguments = [
            events if self.sink.batch else events[0],
            *([self.settings] if self.sink.settings else []),
        ]
        about = {"deliveries": batch} if self.sink.batch else {"delivery": batch[0]}
        return self.sink.function(*arguments, **(about if self.sink.wants_delivery else {}))

    def _secret_changed(self) -> bool:
        """Whether the sink's secret was set anew since it was read; the settings then have it."""
        cls = self.sink.settings
        try:
            if cls is None or not plugin_settings.secret_changed(cls, self.name, os.environ):
                return False
            self.settings = plugin_settings.load(cls, self.name, os.environ)
        except VotepipeError:
            return False
        return True

    def _delivered(self, batch: Sequence[Delivery], result: Delivered) -> None:
        if self.limiter and not result.sent:
            self.limiter.give_back()
        ids = {event.id for event in result.events}
        done = [each for each in batch if each.event.id in ids]
        rest = [each for each in batch if each.event.id not in ids]
        # The newest that was delivered is the one to mark; marking gives the lease back.
        newest = {each.key: each for each in done}
        if self.sink.idempotent:
            for each in newest.values():
                self.leases.mark(each, result.remote_id)
            self.leases.release([each for each in rest if each.key not in newest])
        self._finish_all(done, Outcome("delivered"))
        self._put_back(rest, {event.id for event in result.separate})

    def _put_back(self, rest: Sequence[Delivery], separate: set[str]) -> None:
        """Keep for another call what the function did not deliver."""
        shared = 0.0
        # Those together come last, so that they wait once, and whoever joins them with them.
        for each in sorted(rest, key=lambda each: each.event.id not in separate):
            if self.limiter is None:
                wait = 1.0
            elif each.batch_key is None or each.event.id in separate:
                wait = self.limiter.reserve_next()
            else:
                wait = shared = shared or self.limiter.reserve_next(each.batch_key)
            why = "The sink kept it for another call."
            self._finish(each.message, Outcome("later", why, wait), each)

    def _failed(self, batch: Sequence[Delivery], error: Exception) -> None:
        if self.limiter and isinstance(error, Skip):
            self.limiter.give_back()
        elif self.limiter and isinstance(error, TryLater):
            self.limiter.postpone(error.after)
        outcomes = [self._judge(error, each.message, self._failures(each)) for each in batch]
        if self.sink.idempotent:
            failed = any(outcome.name == "retried" for outcome in outcomes)
            self.leases.release(batch, failed=failed)
        for each, outcome in zip(batch, outcomes, strict=True):
            self._finish(each.message, outcome, each)

    def _failures(self, delivery: Delivery) -> int:
        """How often it failed before; where nothing counts them, each receive was an attempt."""
        if not self.sink.idempotent:
            return delivery.message.receives - 1
        return delivery.failures.get(delivery.event.sort_key, 0)

    def _judge(self, error: Exception, message: Message, failures: int | None = None) -> Outcome:
        return Outcome.of_error(
            error, self.sink, message, failures=failures, attempts=self.max_attempts
        )

    def _finish_all(self, batch: Sequence[Delivery], outcome: Outcome) -> None:
        for each in batch:
            self._finish(each.message, outcome, each)

    def _finish(self, message: Message, outcome: Outcome, delivery: Delivery | None = None) -> None:
        """Do to a message what its outcome says, and log it."""
        if outcome.stays and message.receives >= self.sink.max_receives:
            # SQS would move it now, but without a reason.
            why = f"{outcome.why} Receive {message.receives} was the last."
            outcome = Outcome("undeliverable", why)
        if outcome.name == "undeliverable":
            outcome = self._send_to_dlq(message, outcome)
        if outcome.stays:
            self.kept.append(message.id)
            self._hide(message, outcome.wait)
        self._log(message, outcome, delivery)

    def _send_to_dlq(self, message: Message, outcome: Outcome) -> Outcome:
        reason = outcome.why or "Unknown."
        try:
            messages.send_to_dlq(self.dlq, message, sink=self.name, reason=reason)
        except DeliveryError as error:
            return Outcome("retried", f"{reason} {error}", message.back_off(message.receives))
        return outcome

    def _hide(self, message: Message, seconds: float) -> None:
        if message.returns_in(seconds, self.sink.visibility):
            return
        try:
            messages.change_visibility(self.queue, message, seconds)
        except DeliveryError as error:
            why = f"{error} The queue's own time-out applies."
            log("not put back", level="WARNING", sink=self.name, messageId=message.id, why=why)

    def _log(self, message: Message, outcome: Outcome, delivery: Delivery | None) -> None:
        text, level = _LOGGED[outcome.name]
        event = delivery.event if delivery else None
        facts = {
            "milliseconds": round((times.now() - self.started) * 1000),
            "eventId": event.id if event else None,
            "type": event.type if event else None,
            "sequence": str(event.sequence) if event else None,
            "voteId": event.vote.vote_id or None if isinstance(event, Event) else None,
            "messageId": message.id,
            "attempt": message.receives,
        }
        if event and outcome.name == "delivered":
            latency = max(0.0, times.now() - event.time.timestamp())
            self.delivered.append({"Latency": round(latency * 1000), **facts})
            return
        metrics = {"Retried": (1, "Count")} if outcome.name == "retried" else {}
        log(
            text,
            level=level,
            metrics=metrics,
            sink=self.name,
            outcome=outcome.name,
            why=outcome.why,
            **facts,
        )

    def log_delivered(self) -> None:
        """Write one line for all that was delivered: most cost less than a line of their own."""
        for first in range(0, len(self.delivered), _IN_A_LINE):
            lines = self.delivered[first : first + _IN_A_LINE]
            facts: dict[str, Any] = {name: [line[name] for line in lines] for name in lines[0]}
            if len(lines) == 1:
                facts = lines[0]
            # As many samples as deliveries.
            latency = {"Latency": (facts.pop("Latency"), "Milliseconds")}
            log("delivered", metrics=latency, sink=self.name, outcome="delivered", **facts)

    def _has_time(self) -> bool:
        """Whether another delivery fits in the time that is left; the first is always attempted."""
        enough = max(self.longest, min(_ENOUGH_SECONDS, self.sink.resources.timeout / 4))
        return not self.attempted or self._time_left() > enough

    def _time_left(self) -> float:
        if self.context is None:
            return self.sink.resources.timeout
        return float(self.context.get_remaining_time_in_millis()) / 1000


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"{name} is not in the function's environment. Run: votepipe sync")
    return value
