"""Events and votes as plugins read them: frozen views over the JSON on the bus.

The JSON itself is described by `schemas/`; nothing here writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

from votepipe.model import times
from votepipe.model.errors import InvalidEvent

Answer = str | int | float | bool | None | tuple["Answer", ...] | Mapping[str, "Answer"]
VoteType = Literal["thumbsup", "thumbsdown"]

SCHEDULER = "aws.scheduler"
# What the id of VoteSettled adds to the id of the change that settled.
SETTLED_SUFFIX = "-settled"
_LONGEST_SEQUENCE = 40  # digits; a stream's sequence numbers have up to 40

# Checked first: `isinstance(value, Mapping)` takes many times as long.
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None), MappingProxyType})


def frozen(value: Any) -> Any:
    """A read-only copy: objects become mapping proxies, arrays tuples.

    A mapping proxy is taken as it is.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is dict or isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value


def _frozen_object(value: Any) -> Mapping[str, Any]:
    if type(value) is not MappingProxyType and not isinstance(value, Mapping):
        raise TypeError
    copy: Mapping[str, Any] = frozen(value)
    return copy


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_SEQUENCE):
        raise ValueError
    return int(text)


def _stream(label: str) -> str | None:
    if not label.isascii():
        raise ValueError
    return label or None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One reader's vote, as it stood when the event was made.

    What is not known is None: `vote_type` and all that follows where an event carries keys only
    (`VoteRejected`, and `VoteWithdrawn` from a stream without old images).
    `answers` maps a field's name to its answer, oldest field first.
    """

    widget_id: str
    vote_id: str
    vote_type: VoteType | None = None
    instance_of_joy: str | None = None
    voter: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=lambda: MappingProxyType({}))
    created_at: datetime | None = None
    complete: bool = False

    @classmethod
    def from_json(cls, vote: Mapping[str, Any]) -> Self:
        """Read `detail.vote`; keys it lacks become "", other members None."""
        created = vote.get("createdAt")
        return cls(
            widget_id=vote.get("widgetId", ""),
            vote_id=vote.get("voteId", ""),
            vote_type=vote.get("voteType"),
            instance_of_joy=vote.get("instanceOfJoy"),
            voter=vote.get("voter"),
            answers=_frozen_object(vote.get("answers", {})),
            created_at=_time(created) if created else None,
            complete=vote.get("complete", False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event about a vote, as it came over the bus.

    `id` stays the same on every attempt. `stream`, None in older events, and within it `sequence`
    order the events of one vote.
    `changes` maps a path such as `answers.field_1` to `{"from": …, "to": …}`, either side absent
    where there was nothing; it is None where the old state is not known, or where the event would
    have been too large with it.
    `reasons` is filled for `VoteRejected` only. `detail` is the whole JSON, read-only;
    `json.dumps(event.detail, default=dict)` writes it again.
    """

    id: str
    type: str
    time: datetime
    version: int
    sequence: int
    stream: str | None = None
    vote: Vote
    changes: Mapping[str, Mapping[str, Any]] | None
    enrichment: Mapping[str, Any]
    reasons: tuple[str, ...]
    detail: Mapping[str, Any]

    @property
    def sort_key(self) -> str:
        """Text that sorts by stream and sequence; a settled state follows what it settles."""
        # "@" sorts after all digits, so after the keys of events without a stream.
        stream = f"@{self.stream} " if self.stream else ""
        return stream + _sort_key(self.sequence) + ("+" if self.type == "VoteSettled" else "")

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read an event's `detail`. Raises InvalidEvent when it is not one of ours."""
        try:
            detail = _frozen_object(detail)
            changes = detail.get("changes")
            return cls(
                id=detail["eventID"],
                type=detail["type"],
                time=_time(detail["time"]),
                version=detail["version"],
                sequence=_sequence(detail["sequence"]),
                stream=_stream(detail.get("stream", "")),
                vote=Vote.from_json(detail["vote"]),
                changes=_frozen_object(changes) if changes is not None else None,
                enrichment=_frozen_object(detail.get("enrichment", {})),
                reasons=tuple(detail.get("reasons", ())),
                detail=detail,
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            # The error's own text may quote the event, which may name a person.
            raise InvalidEvent(
                f"This is not a votepipe event ({type(error).__name__} in its detail). "
                "Compare it with schemas/."
            ) from None

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Any]) -> Self:
        """Read what EventBridge delivers: `{"detail-type": …, "source": …, "detail": {…}}`."""
        detail = envelope.get("detail") if isinstance(envelope, Mapping) else None
        if not isinstance(detail, Mapping):
            raise InvalidEvent("The message has no 'detail' object. Send EventBridge's envelope.")
        return cls.from_detail(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEvent:
    """What a sink on a schedule gets instead of an event about a vote.

    `time` is when the schedule was due, in UTC, and the same on every attempt; the call comes a
    little later, or much later after failures. `id` is that time as text; `sequence` is it in
    seconds since 1970.
    """

    time: datetime
    type: ClassVar[str] = "ScheduledEvent"

    @classmethod
    def from_message(cls, message: Any) -> Self | None:
        """Read what EventBridge Scheduler sends: `{"source": "aws.scheduler", "time": …}`.

        None when the message is something else. Raises InvalidEvent when it has no valid time.
        """
        if not isinstance(message, Mapping) or message.get("source") != SCHEDULER:
            return None
        text = message.get("time")
        read = times.utc(text) if isinstance(text, str) else None
        if read is None:
            raise InvalidEvent("The schedule's message has no time. Run: votepipe sync")
        return cls(time=datetime.fromisoformat(read).replace(microsecond=0))

    @property
    def id(self) -> str:
        """The time as RFC 3339, such as `2026-01-04T08:00:00Z`."""
        return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def sequence(self) -> int:
        """The time in seconds since 1970."""
        return int(self.time.timestamp())

    @property
    def sort_key(self) -> str:
        """Text that sorts as the time does."""
        return _sort_key(self.sequence)


def _sort_key(sequence: int) -> str:
    return str(sequence).zfill(_LONGEST_SEQUENCE)
