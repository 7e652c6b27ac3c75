"""One hop of a vote's way, made from a trace of the pipe runner, a log line or a message.

Traces and lines come from other processes, perhaps of another version, so whatever they lack is
left out, and what they add is shown as facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["passed", "waiting", "stopped", "failed"]

STAGES = ("write", "filter", "enrichment", "bus", "queue", "sink", "message", "dead letter")

# What the pipe runner calls its hops, where that differs from the stage.
_STAGE_OF = {
    "record": "write",
    "read": "write",
    "enrich": "enrichment",
    "target": "bus",
    "put": "bus",
    "dead letters": "dead letter",
    "dead_letter": "dead letter",
}
_OWN = {"hop", "stage", "at", "time", "eventID", "eventId", "type", "text", "state", "outcome"}
_OWN |= {"widgetId", "voteId", "voteType", "instanceOfJoy", "message", "sink"}


@dataclass
class Hop:
    """`at` is RFC 3339 in UTC; `facts` are small values to show beside `text`."""

    at: str
    stage: str
    text: str
    event_id: str | None = None
    type: str | None = None
    state: State = "passed"
    facts: dict[str, Any] = field(default_factory=dict)
    placed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The hop as the journal's readers get it; what is not known is left out."""
        known = {"eventId": self.event_id, "type": self.type, "facts": self.facts}
        return {
            "at": self.at,
            "stage": self.stage,
            "state": self.state,
            "text": self.text,
            **{name: value for name, value in known.items() if value},
        }


def now() -> str:
    """The time, as the journal writes it."""
    return utc(datetime.now(UTC).timestamp())


def utc(value: Any) -> str:
    """RFC 3339 in UTC with milliseconds, from such a text or from seconds since 1970.

    A value that is no time becomes the time it is.
    """
    try:
        if isinstance(value, int | float):
            moment = datetime.fromtimestamp(value, UTC)
        else:
            moment = datetime.fromisoformat(value)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return now()
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def about(found: Mapping[str, Any]) -> dict[str, Any]:
    """The vote's keys and what else a trace or a line tells of it."""
    names = ("widgetId", "voteId", "voteType", "instanceOfJoy")
    return {name: found[name] for name in names if isinstance(found.get(name), str)}


def from_trace(trace: Mapping[str, Any]) -> Hop | None:
    """Read one hop of the pipe runner; None when it names no stage."""
    name = trace.get("hop") or trace.get("stage")
    if not isinstance(name, str):
        return None
    why = trace.get("why")
    return Hop(
        at=utc(trace.get("at") or trace.get("time")),
        stage=_STAGE_OF.get(name, name),
        text=str(trace.get("text") or trace.get("outcome") or why or name),
        event_id=_text(trace.get("eventID") or trace.get("eventId")),
        type=_text(trace.get("type")),
        state=_state(trace),
        facts=_facts(trace),
    )


def from_line(line: Mapping[str, Any], *, at: str) -> Hop | None:
    """Read one log line of a sink; None for lines that are not about an event."""
    event_id = _text(line.get("eventId") or line.get("eventID"))
    message = line.get("message")
    if event_id is None or not isinstance(message, str):
        return None
    sink = _text(line.get("sink"))
    return Hop(
        at=utc(line.get("time") or line.get("timestamp") or at),
        stage="sink" if sink else "enrichment",
        text=f"{sink}: {message}" if sink else message,
        event_id=event_id,
        type=_text(line.get("type")),
        state=_state(line),
        facts={**({"sink": sink} if sink else {}), **_facts(line)},
    )


def from_message(sink: str, at: str, refused: str | None) -> Hop:
    """A request at the receiver, taken or refused."""
    text = f"arrived at {sink}" if refused is None else f"{sink} {refused}"
    state: State = "passed" if refused is None else "failed"
    return Hop(at=at, stage="message", text=text, state=state, facts={"sink": sink})


def from_dead_letter(letter: Mapping[str, Any]) -> Hop:
    """A message in a dead-letter queue."""
    return Hop(
        at=utc(letter.get("receivedAt")),
        stage="dead letter",
        text=str(letter.get("reason") or "moved to the dead letters"),
        event_id=_text(letter.get("eventId")),
        type=_text(letter.get("type")),
        state="failed",
        facts={"queue": letter.get("queue")},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _facts(found: Mapping[str, Any]) -> dict[str, Any]:
    small = (str, int, float, bool)
    return {k: v for k, v in found.items() if k not in _OWN and isinstance(v, small)}


def _state(found: Mapping[str, Any]) -> State:
    words = f"{found.get('state')} {found.get('outcome')} {found.get('message')}".lower()
    if any(word in words for word in ("failed", "dead letter", "undeliverable", "rejected")):
        return "failed"
    if any(word in words for word in ("put back", "later", "waiting", "again")):
        return "waiting"
    if any(word in words for word in ("skipped", "stopped", "filtered", "dropped")):
        return "stopped"
    return "passed"
