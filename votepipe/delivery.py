"""From a batch of messages to a sink's function and back.

Messages that were delivered, skipped or moved to the dead letters count as handled; all others
are reported to Lambda as failed, so that they stay in the queue (see `outcomes`).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from votepipe import clock, deliveries, queues
from votepipe import settings as plugin_settings
from votepipe.deliveries import Claim, Delivery, Skip
from votepipe.errors import InvalidEvent, SettingsError, Temporary, TryLater
from votepipe.logs import log
from votepipe.outcomes import Outcome, judge
from votepipe.queues import Message

if TYPE_CHECKING:
    from votepipe.plugins import Sink

_SAID = {
    "delivered": ("delivered", "INFO"),
    "skipped": ("skipped", "INFO"),
    "later": ("put back", "INFO"),
    "retried": ("failed", "WARNING"),
    "undeliverable": ("moved to dead letters", "ERROR"),
}
# A delivery may well take this long: http.post's ten seconds and what surrounds it.
_ENOUGH_SECONDS = 15.0


def deliver(sink: "Sink", batch: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Deliver a batch of SQS messages; return those that stay in the queue, as Lambda wants it.

    Raises SettingsError when the function's own environment is incomplete.
    """
    run = _Run(sink, context)
    messages = sorted((Message.read(record) for record in batch["Records"]), key=run.place)
    for group in [messages] if sink.batch else [[message] for message in messages]:
        run.attempt(group)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in run.kept]}


@dataclass
class _Run:
    """One call by Lambda."""

    sink: "Sink"
    context: Any
    kept: list[str] = field(default_factory=list)
    owner: str = field(default_factory=lambda: os.urandom(16).hex())
    started: float = field(default_factory=clock.now)
    longest: float = 0.0
    settings: Any = None
    tried: bool = False

    def __post_init__(self) -> None:
        self.name = os.environ.get("VOTEPIPE_SINK", self.sink.name)
        self.queue = _variable("QUEUE_URL")
        self.dead_letters = _variable("DEAD_LETTERS_URL")
        self.table = _variable("DELIVERIES_TABLE")
        self.most_tries = int(os.environ.get("MAX_TRIES", self.sink.tries))

    def place(self, message: Message) -> tuple[str, int, bool]:
        """Where the message stands in the batch: votes together, each in its order."""
        event = message.event
        if event is None:
            return ("", 0, False)
        key = deliveries.key_of(event, self.name, self.sink.ordered)
        return (key, event.sequence, event.type == "VoteSettled")

    def attempt(self, messages: Sequence[Message]) -> None:
        """Hand messages to the sink's function in one call, and see to what becomes of them."""
        self.started = clock.now()
        if not self._has_time():
            for message in messages:
                self._end(message, Outcome("later", "Too little time was left.", wait=1))
            return
        self.tried = True
        claims: dict[str, Claim] = {}
        claimed: list[Message] = []
        for message in messages:
            try:
                claim = self._claim(message)
            except Exception as error:
                self._end(message, judge(error, message, self.sink, self.most_tries))
                continue
            if claim is None:
                claimed.append(message)
            elif isinstance(claim, Skip):
                self._end(message, Outcome("skipped", claim.why))
            elif claim == claims.get(claim.key):
                self._end(message, Outcome("later", "This batch holds it twice.", wait=1))
            else:
                claims[claim.key] = claim
                claimed.append(message)
        if claimed:
            self._send(claimed, list(claims.values()))
        self.longest = max(self.longest, clock.now() - self.started)

    def _send(self, messages: Sequence[Message], claims: Sequence[Claim]) -> None:
        try:
            remote_id = self._call(messages, claims)
        except Exception as error:
            for claim in claims:
                deliveries.release(claim)
            for message in messages:
                self._end(message, judge(error, message, self.sink, self.most_tries))
            return
        for claim in claims:
            deliveries.mark(claim, remote_id if isinstance(remote_id, str) else None)
        for message in messages:
            self._end(message, Outcome("delivered"))

    def _end(self, message: Message, outcome: Outcome) -> None:
        if outcome.name == "undeliverable":
            outcome = self._bury(message, outcome)
        if outcome.stays:
            self.kept.append(message.id)
            self._put_back(message, outcome.wait)
        self._report(message, outcome)

    def _report(self, message: Message, outcome: Outcome) -> None:
        said, level = _SAID[outcome.name]
        event = message.event
        log(
            said,
            level=level,
            metrics={
                outcome.name.capitalize(): (1, "Count"),
                "milliseconds": (round((clock.now() - self.started) * 1000), "Milliseconds"),
            },
            eventId=event.id if event else None,
            sink=self.name,
            type=event.type if event else None,
            sequence=str(event.sequence) if event else None,
            messageId=message.id,
            attempt=message.tries,
            outcome=outcome.name,
            why=outcome.why,
        )

    def _bury(self, message: Message, outcome: Outcome) -> Outcome:
        reason = outcome.why or "Unknown."
        try:
            queues.move(self.dead_letters, message, sink=self.name, reason=reason)
        except Temporary as error:
            return Outcome("retried", f"{reason} {error}", wait=message.back_off)
        return outcome

    def _put_back(self, message: Message, seconds: float) -> None:
        try:
            queues.put_back(self.queue, message, seconds)
        except Temporary as error:
            why = f"{error} The queue's own time-out applies."
            log("not put back", level="WARNING", sink=self.name, messageId=message.id, why=why)

    def _claim(self, message: Message) -> Claim | Skip | None:
        if message.event is None:
            raise message.problem or InvalidEvent("The message holds no event.")
        self._load_settings()
        if not self.sink.claims:
            return None
        lease = min(self._time_left(), self.sink.timeout) + 1
        try:
            return deliveries.claim(
                message.event,
                table=self.table,
                sink=self.name,
                owner=self.owner,
                lease=lease,
                ordered=self.sink.ordered,
            )
        except TryLater as held:
            # Short at first: the other attempt is most likely about to be done.
            raise TryLater(str(held), after=min(held.after, message.back_off)) from None

    def _load_settings(self) -> Any:
        if self.settings is None and self.sink.settings is not None:
            self.settings = plugin_settings.load(self.sink.settings, self.name, os.environ)
        return self.settings

    def _call(self, messages: Sequence[Message], claims: Sequence[Claim]) -> Any:
        events = [message.event for message in messages if message.event]
        arguments: list[Any] = [events if self.sink.batch else events[0]]
        if self.sink.settings is not None:
            arguments.append(self._load_settings())
        if not self.sink.wants_delivery:
            return self.sink.function(*arguments)
        delivery = Delivery(previous=claims[0].previous, sequence=events[0].sequence)
        return self.sink.function(*arguments, delivery=delivery)

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
