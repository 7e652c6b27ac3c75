"""What a test reads: messages as a receiver got them, and dead letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe import Event
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.trace import NO_VOTE, VoteKey
from votepipe.emulator.sqs.queue import Message as QueueMessage
from votepipe.emulator.sqs.queue import Queue, reason_of

# Where the words are in what is posted, in the order of looking.
_WORDS = ("text", "content", "message", "summary", "body")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message that a sink sent; `at` is in seconds since 1970.

    `events` are those that the sink was delivering, as far as that is known.
    """

    sink: str
    at: float
    request: Request
    status: int
    accepted: bool
    events: Any

    @classmethod
    def of(cls, request: Request, answer: Answer, at: float, events: Any) -> "Message":
        """What a request and its answer make."""
        return cls(
            sink=request.name,
            at=at,
            request=request,
            status=answer.status,
            accepted=answer.accepts,
            events=events,
        )

    @property
    def body(self) -> Any:
        """What was sent: read as JSON where it is, else as text."""
        try:
            return self.request.json
        except ValueError:
            return self.request.content.decode(errors="replace")

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, named in lower case."""
        return self.request.headers

    @property
    def text(self) -> str:
        """What a person reads of it."""
        body = self.body
        if isinstance(body, dict):
            return next((body[name] for name in _WORDS if isinstance(body.get(name), str)), "")
        return str(body)

    @property
    def event(self) -> Event | None:
        """The event it was sent for; the first of several."""
        events = self.events if isinstance(self.events, list) else [self.events]
        return next((each for each in events if isinstance(each, Event)), None)

    @property
    def vote_key(self) -> VoteKey:
        """The vote and the event it is about."""
        event = self.event
        if event is None:
            return NO_VOTE
        return VoteKey(event.vote.widget_id, event.vote.vote_id, event.id)


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message in a dead-letter queue; `body` is read as JSON where it is."""

    queue: str
    reason: str
    body: Any
    attributes: Mapping[str, str]
    vote_key: VoteKey

    @classmethod
    def of(cls, queue: Queue, message: QueueMessage) -> "DeadLetter":
        """Read one."""
        body = parsed(message.body)
        return cls(
            queue=queue.id,
            reason=reason_of(message),
            body=message.body if body is None else body,
            attributes={
                name: str(facts.get("StringValue")) for name, facts in message.attributes.items()
            },
            vote_key=message.vote_key,
        )
