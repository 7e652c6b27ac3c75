"""The table that makes one visible message of one vote: who sends it now, what was sent last.

An item's key is the sink and the vote. An attempt takes a lease on it before it sends and marks
the sequence after it has sent, each with one conditional write; so an older state never follows
a newer one, and a duplicate is seen. An attempt that dies between the two leaves a lease that
runs out and no mark: the event is then sent again.
`failures` counts, by its order, how often each event failed since the vote was last delivered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from votepipe import aws
from votepipe.aws.logs import log
from votepipe.model import times
from votepipe.model.errors import InvalidEvent, Skip, Temporary, TryLater
from votepipe.model.events import Event
from votepipe.model.moments import Moment

KEPT_SECONDS = 30 * 24 * 3600
_SERVICE = "The deliveries table"
_DIGITS = 40
# DynamoDB's limit is 2,048 bytes.
_LONGEST_KEY = 1024


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a sink may know of the delivery it makes, when it asks for a `delivery`.

    `previous` is the id that the sink returned when it last delivered this vote, None if it never
    did or returned none; `sequence` orders the events of the vote.
    """

    previous: str | None
    sequence: int


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What a sink that takes batches returns when it delivered only these of its events.

    `remote_id` is the receiver's id of what was sent, for each of them. The others are put back, to
    come together again; with a pace, those in `apart` each get a turn of their own. Where nothing
    had to be `sent`, the next call need not wait.
    """

    events: Sequence[Event]
    remote_id: str | None = None
    apart: Sequence[Event] = ()
    sent: bool = True


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A lease on one vote at one sink, to be marked or released."""

    table: str
    key: str
    owner: str
    order: str
    event_id: str
    previous: str | None
    failed: Mapping[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """How often this event failed before."""
        return self.failed.get(self.order, 0)

    def is_same(self, other: "Claim | None") -> bool:
        """Whether both are for one event of one vote."""
        return other is not None and (self.key, self.order) == (other.key, other.order)


def claim(
    event: Event | Moment, *, table: str, sink: str, owner: str, lease: float, ordered: bool = True
) -> Claim:
    """Take the lease for `lease` seconds.

    `owner` names the attempt; it may take a lease that it holds already.
    Raises Skip when this or a newer state was delivered, TryLater while another attempt holds the
    lease, Temporary when DynamoDB does not answer.
    """
    key, order = key_of(event, sink, ordered), order_of(event)
    now = times.now()
    client = aws.client("dynamodb")
    with aws.asking(_SERVICE):
        try:
            answer = client.update_item(
                TableName=table,
                Key={"delivery": {"S": key}},
                UpdateExpression="SET #lease = :until, #owner = :owner, #expires = :expires",
                ConditionExpression=(
                    "(attribute_not_exists(#sequence) OR #sequence < :order) AND "
                    "(attribute_not_exists(#lease) OR #lease < :now OR #owner = :owner)"
                ),
                ExpressionAttributeNames=_names("lease", "owner", "expires", "sequence"),
                ExpressionAttributeValues={
                    ":until": _number(now + lease),
                    ":owner": {"S": owner},
                    ":expires": _number(int(now + KEPT_SECONDS)),
                    ":order": {"S": order},
                    ":now": _number(now),
                },
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            raise _refusal(error.response.get("Item", {}), order, now) from None
    before = answer.get("Attributes", {})
    return Claim(
        table=table,
        key=key,
        owner=owner,
        order=order,
        event_id=event.id,
        previous=before.get("remoteId", {}).get("S"),
        failed={at: int(n["N"]) for at, n in before.get("failures", {}).get("M", {}).items()},
    )


def mark(claim: Claim, remote_id: str | None) -> None:
    """Write down that it was delivered, and give the lease back.

    It never raises: the message is out, and trying again would send it twice.
    """
    changes = "SET #sequence = :order, #eventId = :event, #expires = :expires"
    names = _names("sequence", "eventId", "expires", "lease", "owner", "failures")
    values = {
        ":order": {"S": claim.order},
        ":event": {"S": claim.event_id},
        ":expires": _number(int(times.now() + KEPT_SECONDS)),
    }
    if remote_id:
        changes += ", #remoteId = :remote"
        names = {**names, **_names("remoteId")}
        values[":remote"] = {"S": remote_id}
    try:
        _give_back(claim, f"{changes} REMOVE #lease, #owner, #failures", names, values)
    except Temporary as error:
        log("delivered but not marked", level="ERROR", eventId=claim.event_id, why=str(error))


def release(claim: Claim, *, failed: Sequence[str] = ()) -> None:
    """Give the lease back undelivered, and count a failure for the events of these orders.

    It never raises, as the lease runs out by itself.
    """
    changes, names = "REMOVE #lease, #owner", _names("lease", "owner")
    values: dict[str, Any] = {}
    if failed:
        counts = {**claim.failed, **{order: claim.failed.get(order, 0) + 1 for order in failed}}
        changes, names = f"SET #failures = :failures {changes}", {**names, **_names("failures")}
        values[":failures"] = {"M": {order: _number(count) for order, count in counts.items()}}
    try:
        _give_back(claim, changes, names, values)
    except Temporary as error:
        log("lease not given back", level="WARNING", eventId=claim.event_id, why=str(error))


def _give_back(
    claim: Claim, changes: str, names: Mapping[str, str], values: dict[str, Any]
) -> None:
    client = aws.client("dynamodb")
    with aws.asking(_SERVICE):
        client.update_item(
            TableName=claim.table,
            Key={"delivery": {"S": claim.key}},
            UpdateExpression=changes,
            ConditionExpression="#owner = :owner",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values | {":owner": {"S": claim.owner}},
        )


def _refusal(item: dict[str, Any], order: str, now: float) -> Skip | TryLater:
    delivered = item.get("sequence", {}).get("S", "")
    if delivered == order:
        return Skip("It was delivered before.")
    if delivered > order:
        return Skip("A newer state was delivered before.")
    until = float(item.get("lease", {}).get("N", now))
    return TryLater("Another attempt is delivering this vote.", after=max(1.0, until - now))


def key_of(event: Event | Moment, sink: str, ordered: bool) -> str:
    """The item's key: sink and vote, and the event where each event stands for itself.

    A rejected record says nothing of its vote's state: it never stands for the vote.
    """
    if isinstance(event, Moment):
        return named(sink, "schedule", *([] if ordered else [event.id]))
    parts = [event.vote.widget_id, event.vote.vote_id] if event.vote.vote_id else []
    if not parts or not ordered or event.type == "VoteRejected":
        parts.append(event.id)
    return named(sink, *parts)


@lru_cache(maxsize=1024)  # each vote's key is asked for several times while it is delivered
def named(kind: str, *parts: str) -> str:
    """One key for a list of parts, in ASCII and at most 1,024 characters; no two lists share it."""
    # "#" is quoted within the parts.
    key = "#".join([kind, *(quote(part, safe="", errors="surrogatepass") for part in parts)])
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{kind}#sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def order_of(event: Event | Moment) -> str:
    """The sequence as text that sorts as the number does; the settled state follows its changes."""
    digits = str(event.sequence)
    if not digits.isdecimal() or len(digits) > _DIGITS:
        raise InvalidEvent(f"The sequence is not a number of up to {_DIGITS} digits. See schemas/.")
    return digits.zfill(_DIGITS) + ("+" if event.type == "VoteSettled" else "")


@lru_cache(maxsize=16)
def _names(*attributes: str) -> Mapping[str, str]:
    """Placeholders for attributes, some of which are words of DynamoDB's own."""
    return {f"#{attribute}": attribute for attribute in attributes}


def _number(value: float) -> dict[str, str]:
    return {"N": str(value)}
