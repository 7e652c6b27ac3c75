"""A standard SQS queue and its messages: delay, visibility, receive counts, redrive, retention."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey, vote_key_of
from votepipe.emulator.simulation.usage import CHANGES, REQUEST, SENDS, units
from votepipe.emulator.simulation.virtual_clock import Timer

LONGEST_HIDDEN = 43_200
_LARGEST = 1_048_576
# 412 characters, as AWS's receipt handles have.
_RECEIPT_BITS = 1648


@dataclass(slots=True, eq=False)
class Message:
    """One message; times are in seconds since 1970, `attributes` as boto3 gives them to SQS.

    `source` is the ARN of the queue it was moved from; `twin` marks a second delivery of it.
    """

    id: str
    body: str
    attributes: Mapping[str, Mapping[str, Any]]
    sent: float
    vote_key: VoteKey
    sender: str
    source: str | None = None
    receives: int = 0
    first_received: float = 0.0
    received: float = 0.0
    receipt: str = ""
    shows: Timer | None = None
    twin: bool = False

    @property
    def system_attributes(self) -> dict[str, str]:
        """What SQS itself says of it."""
        return {
            "ApproximateReceiveCount": str(self.receives),
            "SentTimestamp": str(int(self.sent * 1000)),
            "SenderId": self.sender,
            "ApproximateFirstReceiveTimestamp": str(int(self.first_received * 1000)),
            **({"DeadLetterQueueSourceArn": self.source} if self.source else {}),
        }


class QueueError(Exception):
    """SQS refuses, with a code of its own."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(eq=False)
class Queue:
    """A queue of the template; `listeners` are called when there is something to receive.

    A message received `most_receives` times goes to `dead_letters`.
    """

    simulation: Simulation
    id: str
    name: str
    arn: str
    url: str
    delay: float = 0.0
    visibility: float = 30.0
    retention: float = 345_600.0
    most_receives: int = 0
    dead_letters: "Queue | None" = None
    listeners: list[Callable[[], None]] = field(default_factory=list)
    sources: list["Queue"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._visible: dict[Message, None] = {}
        self._hidden: dict[Message, None] = {}
        self._by_receipt: dict[str, Message] = {}

    @classmethod
    def of(
        cls, simulation: Simulation, logical_id: str, arn: str, url: str, facts: Mapping[str, Any]
    ) -> Any:
        """Make one of resolved properties; its dead-letter queue is tied to it later."""
        return cls(
            simulation,
            logical_id,
            arn.rpartition(":")[2],
            arn,
            url,
            delay=float(facts.get("DelaySeconds", 0)),
            visibility=float(facts.get("VisibilityTimeout", 30)),
            retention=float(facts.get("MessageRetentionPeriod", 345_600)),
        )

    def send(
        self,
        body: str,
        *,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        delay: float | None = None,
        sender: str = "AIDAKIT",
        vote_key: VoteKey | None = None,
    ) -> Message:
        """Take a message. Raises QueueError for one that is too large."""
        if len(body) * 4 > _LARGEST and len(body.encode()) > _LARGEST:
            raise QueueError(
                "InvalidParameterValue", f"One or more parameters are invalid. Reason: Message "
                f"must be shorter than {_LARGEST} bytes.",
            )  # fmt: skip
        self.simulation.usage.add(SENDS, units(len(body), REQUEST), who=self.id)
        about = vote_key_of(parsed(body)) if vote_key is None else vote_key
        message = Message(
            self.simulation.random.uuid(),
            body,
            attributes or {},
            self.simulation.now,
            about,
            sender,
        )
        wait = self.delay if delay is None else delay
        facts = {"delay": wait} if wait else {}
        self.simulation.trace.note("queued", self.id, about, message=message.id[:8], **facts)
        self._put(message, wait)
        faults = self.simulation.faults
        if (
            self.listeners
            and faults.duplicates
            and self.simulation.order.random() < faults.duplicates
        ):
            twin = Message(
                message.id, body, message.attributes, message.sent, about, sender, twin=True
            )
            self._put(twin, wait + faults.late)
        return message

    def receive(self, most: int, hidden: float | None = None) -> list[Message]:
        """Hand out at most so many visible messages, and hide them for a while."""
        batch: list[Message] = []
        names: set[str] = set()
        waiting = list(self._visible)
        if self.simulation.faults.shuffled:
            self.simulation.order.shuffle(waiting)
        for message in waiting:
            if len(batch) == most:
                break
            if self._expired(message) or message.id in names:
                continue
            if self.dead_letters and message.receives >= self.most_receives:
                self._redrive(message, self.dead_letters)
                continue
            self._hand_out(message, self.visibility if hidden is None else hidden)
            names.add(message.id)
            batch.append(message)
        return batch

    def delete(self, receipt: str, outcome: str = "deleted") -> None:
        """Delete the message that was last received with this receipt, if it is still here.

        The trace says `outcome` of it.
        """
        if message := self._by_receipt.get(receipt):
            self.take_out(message)
            self.simulation.trace.note(outcome, self.id, message.vote_key, message=message.id[:8])

    def hide(self, receipt: str, seconds: float) -> None:
        """Set for how long from now a message in flight stays hidden. Raises QueueError."""
        self.simulation.usage.add(CHANGES, who=self.id)
        message = self._by_receipt.get(receipt)
        if message is None or message not in self._hidden:
            raise QueueError("MessageNotInflight", "The specified message isn't in flight.")
        if self.simulation.now + seconds > message.received + LONGEST_HIDDEN:
            raise QueueError(
                "InvalidParameterValue", f"Value {seconds:g} for parameter VisibilityTimeout is "
                "invalid. Reason: Total VisibilityTimeout for the message is beyond the limit "
                f"[{LONGEST_HIDDEN} seconds].",
            )  # fmt: skip
        facts = {"message": message.id[:8], "wait": seconds}
        self.simulation.trace.note("put back", self.id, message.vote_key, **facts)
        self._show_later(message, seconds)

    @property
    def messages(self) -> list[Message]:
        """All that it holds, oldest first; what is in flight or delayed is among it."""
        held = [each for each in (*self._visible, *self._hidden) if not self._expired(each)]
        return sorted(held, key=lambda message: message.sent)

    @property
    def counts(self) -> tuple[int, int]:
        """How many messages are visible, and how many are hidden."""
        return len(self._visible), len(self._hidden)

    def take_out(self, message: Message) -> None:
        """Remove a message, to move it elsewhere."""
        if message.shows:
            self.simulation.clock.cancel(message.shows)
            message.shows = None
        self._visible.pop(message, None)
        self._hidden.pop(message, None)
        self._by_receipt.pop(message.receipt, None)

    def _put(self, message: Message, wait: float) -> None:
        if wait > 0:
            self._hidden[message] = None
            self._show_later(message, wait)
        else:
            self._visible[message] = None
            self._notify()

    def _show_later(self, message: Message, wait: float) -> None:
        clock = self.simulation.clock
        if message.shows:
            clock.cancel(message.shows)
        message.shows = clock.at(clock.now + wait, lambda: self._show(message))

    def _show(self, message: Message) -> None:
        message.shows = None
        del self._hidden[message]
        self._visible[message] = None
        self._notify()

    def _notify(self) -> None:
        for listener in self.listeners:
            listener()

    def _hand_out(self, message: Message, hidden: float) -> None:
        message.receives += 1
        message.received = self.simulation.now
        message.first_received = message.first_received or self.simulation.now
        self._by_receipt.pop(message.receipt, None)
        message.receipt = self.simulation.random.token(_RECEIPT_BITS)
        self._by_receipt[message.receipt] = message
        del self._visible[message]
        self._put(message, hidden)

    def _redrive(self, message: Message, to: "Queue") -> None:
        self.take_out(message)
        message.source, message.receipt = self.arn, ""
        to._visible[message] = None
        facts = {"message": message.id[:8], "to": to.id, "reason": reason_of(message)}
        self.simulation.trace.note("dead-lettered", self.id, message.vote_key, **facts)
        to._notify()

    def _expired(self, message: Message) -> bool:
        if self.simulation.now < message.sent + self.retention:
            return False
        self.take_out(message)
        self.simulation.trace.note("expired", self.id, message.vote_key, message=message.id[:8])
        return True


def reason_of(message: Message) -> str:
    """Why a message is in a dead-letter queue, in the words that came with it."""
    texts = {name: str(each.get("StringValue")) for name, each in message.attributes.items()}
    for name in ("reason", "ERROR_MESSAGE", "ERROR_CODE"):
        if texts.get(name):
            return texts[name]
    content = parsed(message.body)
    context = content.get("context") if isinstance(content, dict) else None
    if isinstance(context, dict) and "condition" in context:
        return str(context["condition"])
    return f"It was received {message.receives} times." if message.source else ""


def record_of(message: Message, queue_arn: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": message.system_attributes,
        "messageAttributes": {
            name: {
                "stringValue": facts.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": facts["DataType"],
            }
            for name, facts in message.attributes.items()
        },
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
