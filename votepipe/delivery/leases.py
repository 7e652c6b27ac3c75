"""The table that makes one visible message of one vote: who delivers it now, what came last.

An item's key is the sink and the vote. An attempt takes a lease on it before it delivers and marks
the event's sort key after it has delivered, each with one conditional write; so an older state
never follows a newer one, and a duplicate is seen. An attempt that dies between the two leaves a
lease that expires and no mark: the event is then delivered again.
`failures` counts, by sort key, how often each event failed since the vote was last delivered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from votepipe.aws.dynamodb import Item, composite_key, conditional_update, expiry
from votepipe.aws.logs import log
from votepipe.delivery.messages import Message
from votepipe.model import times
from votepipe.model.errors import DeliveryError, Skip, Temporary, TryLater
from votepipe.model.events import Event, ScheduledEvent

SERVICE = "The deliveries table"
_UNSENT = Message()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event at one sink.

    A sink that asks for its `delivery` finds in `previous` the id that it returned when it last
    delivered this vote, None if it never did or returned none.
    `key` is the lease's, `batch_key` what goes out with it; `failures` by sort key.
    """

    event: Event | ScheduledEvent
    message: Message = _UNSENT
    key: str = ""
    batch_key: str | None = None
    previous: str | None = None
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def sequence(self) -> int:
        """Orders the events of a vote within a stream."""
        return self.event.sequence


@dataclass(frozen=True)
class Leases:
    """The leases of one attempt, named by `owner`; it may take one again that it holds already."""

    table: str
    owner: str

    def take(self, delivery: Delivery, seconds: float) -> Delivery:
        """Take the lease for so many seconds; returns the delivery with what is known of its vote.

        Raises Skip when this or a newer state was delivered, TryLater while another attempt holds
        the lease, Temporary when DynamoDB does not answer.
        """
        now = times.now()
        taken, item = self._update(
            delivery,
            "SET #lease = :until, #owner = :owner, #expires = :expires",
            "(attribute_not_exists(#sequence) OR #sequence < :order) AND "
            "(attribute_not_exists(#lease) OR #lease < :now OR #owner = :owner)",
            until=now + seconds,
            expires=expiry(),
            order=delivery.event.sort_key,
            now=now,
        )
        if not taken:
            raise _refusal(item, delivery.event.sort_key, now)
        return replace(delivery, previous=item.get("remoteId"), failures=item.get("failures", {}))

    def mark(self, delivery: Delivery, remote_id: str | None) -> None:
        """Record that it was delivered, and give the lease back.

        It never raises: the message is out, and another attempt would send it twice.
        """
        values = {"order": delivery.event.sort_key, "event": delivery.event.id}
        try:
            self._give_back(
                delivery,
                "SET #sequence = :order, #eventId = :event, #expires = :expires"
                + (", #remoteId = :remote" if remote_id else "")
                + " REMOVE #lease, #owner, #failures",
                expires=expiry(),
                **values | ({"remote": remote_id} if remote_id else {}),
            )
        except DeliveryError as error:
            _log("delivered but not marked", "ERROR", delivery, error)

    def release(self, deliveries: Sequence[Delivery], *, failed: bool = False) -> None:
        """Give the lease on each vote back undelivered; with `failed`, count that for each event.

        It never raises, as leases expire.
        """
        votes: dict[str, list[Delivery]] = {}
        for each in deliveries:
            votes.setdefault(each.key, []).append(each)
        for of_vote in votes.values():
            first, counts = of_vote[0], dict(of_vote[0].failures)
            for each in of_vote:
                counts[each.event.sort_key] = counts.get(each.event.sort_key, 0) + 1
            try:
                self._give_back(
                    first,
                    ("SET #failures = :failures " if failed else "") + "REMOVE #lease, #owner",
                    **({"failures": counts} if failed else {}),
                )
            except DeliveryError as error:
                _log("lease not given back", "WARNING", first, error)

    def _give_back(self, delivery: Delivery, changes: str, **values: Any) -> None:
        held, _ = self._update(delivery, changes, "#owner = :owner", **values)
        if not held:
            raise Temporary("Another attempt holds the lease.")

    def _update(
        self, delivery: Delivery, changes: str, condition: str, **values: Any
    ) -> tuple[bool, Item]:
        key = {"delivery": delivery.key}
        return conditional_update(
            SERVICE, self.table, key, changes, condition, owner=self.owner, **values
        )


def lease_key(event: Event | ScheduledEvent, sink: str, idempotent: str | None) -> str:
    """The item's key: sink and vote, and the event's id where each event counts by itself.

    A rejected record says nothing about its vote's state: it is no state of the vote.
    """
    by_event = idempotent != "vote"
    if isinstance(event, ScheduledEvent):
        return composite_key(sink, "schedule", *([event.id] if by_event else []))
    parts = [event.vote.widget_id, event.vote.vote_id] if event.vote.vote_id else []
    if not parts or by_event or event.type == "VoteRejected":
        parts.append(event.id)
    return composite_key(sink, *parts)


def _refusal(item: Item, sort_key: str, now: float) -> Skip | TryLater:
    delivered = item.get("sequence", "")
    if delivered == sort_key:
        return Skip("It was delivered before.")
    if delivered > sort_key:
        return Skip("A newer state was delivered before.")
    wait = float(item.get("lease", now)) - now
    return TryLater("Another attempt is delivering this vote.", after=max(1.0, wait))


def _log(message: str, level: str, delivery: Delivery, error: DeliveryError) -> None:
    log(message, level=level, eventId=delivery.event.id, why=str(error))
