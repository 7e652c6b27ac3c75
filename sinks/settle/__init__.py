"""Publish VoteSettled, back on the bus, once a vote has settled.

A vote settles when nothing changed for the quiet period, at the latest after the maximum wait since
its first unsettled change, and at once when the reader said they are done.
Before that, one look at the votes table: where it holds another state, a change is on its way, and
the vote waits for it until the maximum wait is over.
Nothing polls: the message of the newest change waits in the queue until then, and takes the place
of the one before.
A publication that was cut off before it could be marked is made again, under the same eventID;
what settles next waits for it.
"""

import os
from dataclasses import dataclass

from sinks.settle import records
from sinks.settle.state import State
from votepipe import Delivery, Event, Skip, TryLater, setting, sink
from votepipe.aws import eventbridge, votes_table
from votepipe.delivery import messages
from votepipe.delivery.messages import Message
from votepipe.model import times
from votepipe.plugins import Resources, allow

# The queue hides a message for six times as long, which is the default quiet period: no call then.
_TIMEOUT = 20
# A message that a dying function held becomes visible again after this long.
_BACK_SECONDS = 6 * _TIMEOUT
# After this long nobody waits for a publication: its message is a dead letter by then.
_MAX_PUBLISHING_SECONDS = 900
# How long a vote waits for a change that is on its way, until it looks again.
_LONGEST_LOOK_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Settings:
    quiet_period_seconds: int = setting(
        "Seconds without a change until a vote has settled",
        default=120,
        local="3",
        parameter="QuietPeriodSeconds",
    )
    maximum_wait_seconds: int = setting(
        "Seconds from a vote's first unsettled change until it settles at the latest",
        default=900,
        local="30",
        parameter="MaximumWaitSeconds",
    )


def noted(event: Event, message: Message) -> State:
    """The vote's state with this change in it."""
    # It comes back many times, and a read costs a fifth of a write.
    known = records.read(event) if message.receives > 1 else None
    if known is None or known.latest < event.sort_key:
        known, before = records.note(event, message)
        if before:
            messages.delete(os.environ["QUEUE_URL"], before)
    return known


def settle(event: Event, known: State, settings: Settings) -> State:
    """Settle this state if its time has come. Raises Skip where another event has the vote."""
    if known.latest > event.sort_key:
        raise Skip("A newer change is waiting.")
    if known.settled >= event.sort_key:
        raise Skip("It has settled before.")
    wait = known.due(settings.quiet_period_seconds, settings.maximum_wait_seconds) - times.now()
    if wait > 0 and not event.vote.complete:
        raise TryLater("The vote may still change.", after=wait)
    left = known.open_since + settings.maximum_wait_seconds - times.now()
    if left > 0 and not votes_table.holds(event):
        raise TryLater("A change is on its way.", after=min(left, _LONGEST_LOOK_SECONDS))
    since = times.now() - known.settled_at
    if known.publishing and since < _MAX_PUBLISHING_SECONDS:
        # Another attempt is about to publish it, or died.
        after = 1 if since < _TIMEOUT else _BACK_SECONDS
        raise TryLater("The state before is not on the bus yet.", after=after)
    settled = records.settle(event)
    if settled is None:
        raise Skip("A newer change came, or another attempt settles it.")
    return settled


@sink(
    events=["VoteCast", "VoteChanged", "VoteWithdrawn"],
    settings=Settings,
    idempotent=None,  # the state below is its own record
    resources=Resources(
        timeout=_TIMEOUT,
        batch_size=100,
        window=1,
        environment={"VOTES_BUS": {"Ref": "VotesBus"}, "VOTES_TABLE": votes_table.NAME},
        policies=[
            allow("events:PutEvents", "VotesBus"),
            allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], "DeliveriesTable"),
            {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": votes_table.ARN},
        ],
    ),
)
def handler(event: Event, settings: Settings, delivery: Delivery) -> None:
    if event.type == "VoteWithdrawn":
        return records.withdraw(event)
    known = noted(event, delivery.message)
    if known.publishing != event.sort_key:
        known = settle(event, known, settings)
    # The same on every attempt.
    eventbridge.put(os.environ["VOTES_BUS"], known.detail(event))
    return records.published(event)
