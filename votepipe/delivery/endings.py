"""How messages end: put back, moved to the dead letters, or gone; each with a log line."""

from dataclasses import dataclass, field
from typing import Any

from votepipe.aws.logs import log
from votepipe.delivery import queues
from votepipe.delivery.outcomes import Outcome
from votepipe.delivery.queues import Message
from votepipe.model import times
from votepipe.model.errors import Temporary

_SAID = {
    "delivered": ("delivered", "INFO"),
    "skipped": ("skipped", "INFO"),
    "later": ("put back", "INFO"),
    "retried": ("failed", "WARNING"),
    "undeliverable": ("moved to dead letters", "ERROR"),
}


@dataclass
class Endings:
    """Sees to what becomes of a sink's messages; `kept` are the ids of those that stay.

    None stays that was received `most_receives` times: SQS would move it, but without its reason.
    """

    sink: str
    queue: str
    dead_letters: str
    most_receives: int
    kept: list[str] = field(default_factory=list)

    def end(self, message: Message, outcome: Outcome, *, started: float) -> None:
        """Do to a message what its outcome says; `started` is when its delivery began."""
        if outcome.stays and message.receives >= self.most_receives:
            why = f"{outcome.why} Receive {message.receives} was the last."
            outcome = Outcome("undeliverable", why)
        if outcome.name == "undeliverable":
            outcome = self._bury(message, outcome)
        if outcome.stays:
            self.kept.append(message.id)
            self._put_back(message, outcome.wait)
        self._report(message, outcome, started)

    def _report(self, message: Message, outcome: Outcome, started: float) -> None:
        said, level = _SAID[outcome.name]
        event = message.event
        facts: dict[str, Any] = {
            "eventId": event.id if event else None,
            "sink": self.sink,
            "type": event.type if event else None,
            "sequence": str(event.sequence) if event else None,
        }
        log(
            said,
            level=level,
            metrics={
                outcome.name.capitalize(): (1, "Count"),
                "milliseconds": (round((times.now() - started) * 1000), "Milliseconds"),
            },
            **facts,
            messageId=message.id,
            attempt=message.receives,
            outcome=outcome.name,
            why=outcome.why,
        )

    def _bury(self, message: Message, outcome: Outcome) -> Outcome:
        reason = outcome.why or "Unknown."
        try:
            queues.move(self.dead_letters, message, sink=self.sink, reason=reason)
        except Temporary as error:
            wait = message.back_off(message.receives)
            return Outcome("retried", f"{reason} {error}", wait=wait)
        return outcome

    def _put_back(self, message: Message, seconds: float) -> None:
        try:
            queues.put_back(self.queue, message, seconds)
        except Temporary as error:
            why = f"{error} The queue's own time-out applies."
            log("not put back", level="WARNING", sink=self.sink, messageId=message.id, why=why)
