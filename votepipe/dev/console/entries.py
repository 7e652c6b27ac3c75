"""The journal's entries, made from traces of the pipe runner, log lines, messages, dead letters.

Traces and lines come from other processes, perhaps of another version: unknown ones are skipped,
and missing fields are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from votepipe.emulator.simulation.jsontext import apart

State = Literal["passed", "waiting", "stopped", "failed"]

# The pipe runner's hops: the stage that each belongs to, and what became of the record there.
_TRACES: dict[str, tuple[str, State, str]] = {
    "passed": ("filter", "passed", "let through"),
    "filtered": ("filter", "stopped", "no filter lets it through"),
    "enriched": ("enrichment", "passed", "made an event"),
    "skipped": ("enrichment", "stopped", "nothing changed that makes an event"),
    "put": ("bus", "passed", "put on the bus"),
    "retried": ("enrichment", "waiting", "tried again later"),
    "bisected": ("enrichment", "waiting", "batch cut in half"),
    "dead-lettered": ("dead letter", "failed", "given up"),
    "dropped": ("dead letter", "failed", "given up, and there are no dead letters"),
}
# A sink's outcomes; see `votepipe.delivery.outcomes`.
_OUTCOMES: dict[Any, State] = {
    "delivered": "passed",
    "skipped": "stopped",
    "later": "waiting",
    "retried": "waiting",
    "undeliverable": "failed",
}
_FACTS = ("sink", "attempt", "attempts", "milliseconds", "wait", "condition", "tries", "queue")


@dataclass
class Entry:
    """One hop of a vote: `at` is RFC 3339 in UTC; `facts` are small values shown beside `text`."""

    at: str
    stage: str
    text: str
    event_id: str | None = None
    type: str | None = None
    state: State = "passed"
    facts: dict[str, Any] = field(default_factory=dict)
    placed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The entry as `GET /api/journal` returns it, without what is unknown."""
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

    Anything else becomes the current time.
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


def from_trace(trace: Mapping[str, Any]) -> Entry | None:
    """Read one hop of the pipe runner."""
    if trace.get("hop") not in _TRACES:
        return None
    stage, state, text = _TRACES[trace["hop"]]
    reason = _text(trace.get("reason"))
    if trace["hop"] == "retried" and reason and ("bus" in reason or "put_events" in reason):
        stage = "bus"
    return Entry(
        at=utc(trace.get("time")),
        stage=stage,
        text=f"{text}: {reason}" if reason else text,
        event_id=_text(trace.get("eventID")),
        type=_text(trace.get("type")),
        state=state,
        facts=_facts(trace),
    )


def from_line(line: Mapping[str, Any], *, at: str) -> list[Entry]:
    """Read one log line of a function; `at` is when it was logged."""
    return [entry for each in apart(dict(line)) for entry in _from_line(each, at)]


def _from_line(line: Mapping[str, Any], at: str) -> list[Entry]:
    at = utc(line.get("timestamp") or at)
    rejected = line.get("rejected")
    if isinstance(rejected, list):
        return [_rejection(each, at) for each in rejected if isinstance(each, dict)]
    event_id = _text(line.get("eventId"))
    text = _text(line.get("message"))
    if event_id is None or text is None:
        return []
    plugin, why = _text(line.get("sink") or line.get("enricher")), _text(line.get("why"))
    state = _OUTCOMES.get(line.get("outcome"))
    return [
        Entry(
            at=at,
            # Lines beside the outcome are listed, but are no stage of their own.
            stage="note" if state is None else "sink",
            text=": ".join(part for part in (plugin, text, why) if part),
            event_id=event_id,
            type=_text(line.get("type")),
            state=state or ("failed" if line.get("level") == "ERROR" else "passed"),
            facts=_facts(line),
        )
    ]


def from_message(sink: str, at: str, refused: str | None) -> Entry:
    """A request at the receiver, taken or refused."""
    text = f"arrived at {sink}" if refused is None else f"{sink} {refused}"
    state: State = "passed" if refused is None else "failed"
    return Entry(at=at, stage="message", text=text, state=state, facts={"sink": sink})


def from_dead_letter(letter: Mapping[str, Any]) -> Entry:
    """A message in a dead-letter queue, as `watcher.dead_letters` returns it."""
    return Entry(
        at=letter["receivedAt"],
        stage="dead letter",
        text=letter.get("reason") or "given up by its queue",
        event_id=_text(letter.get("eventId")),
        type=_text(letter.get("type")),
        state="failed",
        facts=_facts(letter),
    )


def _rejection(rejected: Mapping[str, Any], at: str) -> Entry:
    reasons = rejected.get("reasons")
    why = "; ".join(map(str, reasons)) if isinstance(reasons, list) else "no reason given"
    event_id = _text(rejected.get("eventId"))
    return Entry(at, "enrichment", f"rejected: {why}", event_id, "VoteRejected", "failed")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _facts(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in _FACTS if isinstance(found.get(name), str | int | float)}
