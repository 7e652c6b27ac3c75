"""What of a batch is delivered in one call of the sink's function: a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from votepipe.delivery import leases
from votepipe.delivery.leases import Claim, Delivery
from votepipe.delivery.queues import Message

if TYPE_CHECKING:
    from votepipe.plugins import Sink


@dataclass(frozen=True)
class Unit:
    """Messages for one call; those of the same `group` may wait for one call together."""

    messages: Sequence[Message]
    group: str | None = None

    @property
    def types(self) -> set[str]:
        """The types of its events."""
        return {message.event.type for message in self.messages if message.event is not None}


@dataclass(frozen=True)
class Ready:
    """A message that holds an event, and its `group` where the sink has such."""

    message: Message
    group: str | None


@dataclass(frozen=True)
class Claimed:
    """A message of which this attempt holds the vote; without a claim where the sink has none."""

    message: Message
    claim: Claim | None

    @property
    def event(self) -> Any:
        """The event that it holds."""
        return self.message.event

    @property
    def failures(self) -> int:
        """How often it failed before; without a claim each receive counts for one."""
        return self.message.receives - 1 if self.claim is None else self.claim.failures


def place(message: Message, sink: "Sink", name: str) -> tuple[str, int, bool]:
    """Where a message stands in its batch: votes together, each in its order."""
    event = message.event
    if event is None:
        return ("", 0, False)
    key = leases.key_of(event, name, sink.ordered)
    return (key, event.sequence, event.type == "VoteSettled")


def newest(ready: Sequence[Ready], sink: "Sink", name: str) -> tuple[list[Ready], list[Message]]:
    """Sort out the fleeting events after which a newer one of their vote comes.

    `ready` is in the order of `place`; the events that are sorted out come second.
    """
    keys = [place(each.message, sink, name)[0] for each in ready]
    wanted, superseded = [], []
    for at, each in enumerate(ready):
        event = each.message.event
        if keys[at] in keys[at + 1 : at + 2] and event is not None and event.type in sink.fleeting:
            superseded.append(each.message)
        else:
            wanted.append(each)
    return wanted, superseded


def by_vote(claimed: Sequence[Claimed]) -> list[list[Claim]]:
    """The claims on each vote."""
    votes: dict[str, list[Claim]] = {}
    for each in claimed:
        if each.claim is not None:
            votes.setdefault(each.claim.key, []).append(each.claim)
    return list(votes.values())


def units(ready: Sequence[Ready], sink: "Sink") -> list[Unit]:
    """Put messages together for as few calls as the sink allows, those that waited first."""
    if not sink.batch:
        return [Unit([each.message], each.group) for each in ready]
    groups: dict[str | None, list[Message]] = {}
    for each in ready:
        groups.setdefault(each.group, []).append(each.message)
    together = [Unit(messages, group) for group, messages in groups.items()]
    return sorted(together, key=lambda unit: -max(each.receives for each in unit.messages))


def call(sink: "Sink", claimed: Sequence[Claimed], settings: Any) -> Any:
    """Call the sink's function with a unit, or its one event; what it returns."""
    events = [each.event for each in claimed]
    arguments: list[Any] = [events if sink.batch else events[0]]
    if sink.settings is not None:
        arguments.append(settings)
    if not sink.wants_delivery:
        return sink.function(*arguments)
    known = [
        Delivery(previous=each.claim.previous, sequence=each.event.sequence)
        for each in claimed
        if each.claim is not None
    ]
    if sink.batch:
        return sink.function(*arguments, deliveries=known)
    return sink.function(*arguments, delivery=known[0])
