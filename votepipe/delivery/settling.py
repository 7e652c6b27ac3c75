"""What is known of a vote until it has come to rest: one item in the deliveries table.

    latest       order of the newest change seen     changedAt   when it was seen, seconds
    openSince    when the first change was seen that has not settled, seconds
    settled      order of the last state that settled
    settledAs    how that went on the bus            previous    the same, of the one before
    publishing   order of a settled state of which it is not known whether it went on the bus

Each function makes one conditional write; whichever order changes come in, however often, the
item ends the same.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from votepipe import aws
from votepipe.delivery import leases
from votepipe.model import times
from votepipe.model.events import Event

# What the id of VoteSettled adds to the id of the change that came to rest.
SUFFIX = "-settled"
_NEWEST = "attribute_not_exists(latest) OR latest < :it"
_OPEN = "latest = :it AND (attribute_not_exists(settled) OR settled < :it)"


@dataclass(frozen=True, kw_only=True)
class State:
    """A vote's item as it stands; orders are texts that sort, "" where there is none.

    `settled_as` and `previous` are what the schema of VoteSettled calls `previous`.
    """

    latest: str
    settled: str
    publishing: str
    changed_at: float
    open_since: float
    settled_as: dict[str, str]
    previous: dict[str, str]

    @property
    def settled_at(self) -> float:
        """When it settled last, in seconds since 1970; 0 for never."""
        time = self.settled_as.get("time")
        return datetime.fromisoformat(time).timestamp() if time else 0.0

    @classmethod
    def of(cls, item: dict[str, Any]) -> Self:
        """Read a DynamoDB item."""
        return cls(
            latest=item.get("latest", {}).get("S", ""),
            settled=item.get("settled", {}).get("S", ""),
            publishing=item.get("publishing", {}).get("S", ""),
            changed_at=float(item.get("changedAt", {}).get("N", 0)),
            open_since=float(item.get("openSince", {}).get("N", 0)),
            settled_as=_texts(item.get("settledAs", {})),
            previous=_texts(item.get("previous", {})),
        )


def note(event: Event) -> State:
    """Write a change down if it is the newest; return what then stands."""
    _, state = _write(
        event,
        "SET latest = :it, changedAt = :now, openSince = if_not_exists(openSince, :now), "
        "expires = :expires",
        _NEWEST,
        {":now": {"N": str(times.now())}, ":expires": _expires()},
    )
    return state


def withdraw(event: Event) -> None:
    """Write down that the vote is gone: nothing of it settles any more."""
    changes = "SET latest = :it, settled = :it, expires = :expires REMOVE openSince, publishing"
    _write(event, changes, _NEWEST, {":expires": _expires()})


def settle(event: Event) -> State | None:
    """Write down that this state settles and is about to be published.

    None when a newer change came, or another attempt settled it.
    """
    now = datetime.fromtimestamp(times.now(), UTC).isoformat(timespec="milliseconds")
    settled_as = {
        "eventID": f"{event.id}{SUFFIX}",
        "time": now.replace("+00:00", "Z"),
        "sequence": str(event.sequence),
        "voteType": str(event.vote.vote_type),
    }
    made, state = _write(
        event,
        "SET settled = :it, publishing = :it, previous = if_not_exists(settledAs, :none), "
        "settledAs = :as, expires = :expires REMOVE openSince",
        _OPEN,
        {
            ":none": {"NULL": True},
            ":as": {"M": {name: {"S": text} for name, text in settled_as.items()}},
            ":expires": _expires(),
        },
    )
    return state if made else None


def published(event: Event) -> None:
    """Write down that the settled state went on the bus."""
    _write(event, "REMOVE publishing", "publishing = :it", {})


def _write(
    event: Event, changes: str, condition: str, values: dict[str, Any]
) -> tuple[bool, State]:
    """Whether the condition held, and the item as it stands."""
    client = aws.client("dynamodb")
    with aws.asking("The deliveries table"):
        try:
            answer = client.update_item(
                TableName=os.environ["DELIVERIES_TABLE"],
                Key={"delivery": {"S": leases.key_of(event, "settle", ordered=True)}},
                UpdateExpression=changes,
                ConditionExpression=condition,
                ExpressionAttributeValues=values | {":it": {"S": leases.order_of(event)}},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            return False, State.of(error.response.get("Item", {}))
    return True, State.of(answer["Attributes"])


def _expires() -> dict[str, str]:
    return {"N": str(int(times.now() + leases.KEPT_SECONDS))}


def _texts(value: dict[str, Any]) -> dict[str, str]:
    return {name: text["S"] for name, text in value.get("M", {}).items()}
