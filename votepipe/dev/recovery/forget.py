"""Erase what is stored of one reader: their votes, and what of them waits in dead letters.

A deleted vote is an event like any other: the tally takes it back, what waits to settle is dropped,
and Slack's bot strikes its message out. What receivers have, only they can delete.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.aws.dynamodb import marshal
from votepipe.delivery.messages import event_in
from votepipe.dev.operations.deployment import Deployment
from votepipe.dev.recovery.received import Received
from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event
from votepipe.model.stored import KEYS

SUFFIX = "DeadLetters"


@dataclass(frozen=True)
class Forgotten:
    """How many votes and dead letters were deleted, and dead letters that cannot be read."""

    votes: int
    letters: int
    unread: int


def forget(found: Deployment, table: str, voter: str) -> Forgotten:
    """Delete a voter's votes from the table, and their events from every dead-letter queue."""
    votes = _delete_votes(found.session.client("dynamodb"), table, voter)
    letters = unread = 0
    for name in found.stack.of_type("AWS::SQS::Queue"):
        if name.endswith(SUFFIX):
            with _Letters(found, name, voter) as queue:
                letters += queue.delete()
                unread += queue.kept.total()
    return Forgotten(votes, letters, unread)


def _delete_votes(client: Any, table: str, voter: str) -> int:
    """Nobody finds votes by their voter: this reads the whole table, as rarely as it is needed."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="voter = :voter",
        ExpressionAttributeValues={":voter": marshal(voter)},
    )
    votes = [{name: item[name] for name in KEYS} for page in pages for item in page["Items"]]
    for keys in votes:
        client.delete_item(TableName=table, Key=keys)
    return len(votes)


class _Letters(Received):
    """The dead letters of a queue, of which a voter's are deleted."""

    def __init__(self, found: Deployment, name: str, voter: str) -> None:
        queue = found.stack.physical_id(name)
        super().__init__(name.removesuffix(SUFFIX).lower(), found.session.client("sqs"), queue)
        self._voter = voter
        self._theirs: list[str] = []

    def delete(self) -> int:
        """Delete them, and say how many they were."""
        for handle in self._theirs:
            self._delete(handle)
        return len(self._theirs)

    def _sort(self, message: Mapping[str, Any]) -> None:
        try:
            event = event_in(message["Body"])
        except InvalidEvent:  # what Scheduler or the pipe left holds no event
            self.kept["not an event"] += 1
            return
        if isinstance(event, Event) and event.vote.voter == self._voter:
            self._theirs.append(message["ReceiptHandle"])
