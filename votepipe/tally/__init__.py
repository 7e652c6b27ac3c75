"""The tally: what each vote counts as, and how many votes of each kind an article has.

TallyTable's items, by the keys `tally` and `item`:

    vote#…     vote       the order of the state that is counted, and what it counts as
    articles   article#…  an instance: up, down, answered; title and url; counts in the last digest;
                          `answers`, how often answers came, and `answeredAt`, when the last did
    pending#…  a time     a vote whose answers came then, by article and shard, for 30 days
    digest     a sink     how far its newest digest got (see `sinks.digest.digests`)

A vote's item and the counters that it moves between change in one transaction, on the condition
that nobody else changed the vote's item since it was read. So a vote counts once, as its newest
state, in whatever order and however often its events come, and wherever an attempt is cut off.
No item holds what a reader wrote, or who they are.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from votepipe import aws, words
from votepipe.aws.dynamodb import expiry, marshal, marshal_item, plain, update_request
from votepipe.model import times
from votepipe.model.errors import Skip, Temporary
from votepipe.model.events import Event
from votepipe.tally.counted import Counted, Seen, article_key, changes, pending_key, vote_key

SERVICE = "The tally"
_ATTEMPTS = 5
_PASSING = {"None", "ConditionalCheckFailed", "TransactionConflict"}


@dataclass(frozen=True)
class Tally:
    """The table, and a boto3 client of DynamoDB. Each method raises Temporary."""

    client: Any
    table: str

    @classmethod
    def here(cls) -> Self:
        """The table that the function's environment names."""
        return cls(aws.client("dynamodb"), os.environ["TALLY_TABLE"])

    def count(self, event: Event) -> None:
        """Count the state that an event carries. Raises Skip when it is not the newest."""
        counted = None if event.type == "VoteWithdrawn" else Counted.of(event.vote)
        order = event.sort_key
        facts = {"title": words.title(event), "url": words.link(event)}
        labels = words.labels(event) if counted and counted.answered else None
        for _ in range(_ATTEMPTS):
            seen = self.see(event.vote.widget_id, event.vote.vote_id)
            if seen.order >= order:
                raise Skip("This state was counted before, or a newer one was.")
            if self.move(seen, counted, order, facts=facts, labels=labels):
                return
        raise Temporary(f"{SERVICE} changed in all of {_ATTEMPTS} attempts to count a vote.")

    def see(self, widget_id: str, vote_id: str) -> Seen:
        """Read what a vote is counted as."""
        with aws.translate_errors(SERVICE):
            answer = self.client.get_item(
                TableName=self.table,
                Key=marshal_item(vote_key(widget_id, vote_id)),
                ConsistentRead=True,
            )
        return Seen.of(widget_id, vote_id, plain(answer.get("Item", {})))

    def move(
        self,
        seen: Seen,
        counted: Counted | None,
        order: str,
        *,
        facts: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> bool:
        """Count a vote as `counted` from now on, in one transaction; `facts` are its article's.

        With the `labels` of its questions, its answers are left to the next digest.
        False when others changed the vote's item, or are changing a counter: read it again.
        """
        writes = [{"Put": self._vote(seen, counted, order)}]
        known = dict(facts or {})
        if counted and labels is not None:
            known["answeredAt"] = now = times.now()
            writes.append({"Put": self._pending(seen, counted, labels, now)})
        for article, about, amounts in changes(
            seen.counted, counted, answers=int(labels is not None)
        ):
            its = known if counted and article == counted.article else {}
            writes.append({"Update": self._counter(article, about, amounts, its)})
        with aws.translate_errors(SERVICE):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except self.client.exceptions.TransactionCanceledException as error:
                reasons = error.response.get("CancellationReasons", [])
                if {reason.get("Code") for reason in reasons} <= _PASSING:
                    return False
                raise
        return True

    def _vote(self, seen: Seen, counted: Counted | None, order: str) -> dict[str, Any]:
        item: dict[str, Any] = {
            **seen.key,
            "widgetId": seen.widget_id,
            "voteId": seen.vote_id,
            "order": order,
            "version": seen.version + 1,
        }
        if counted is None:
            # It outlives the older events that may still come.
            item["expires"] = expiry()
        else:
            item |= {"voteType": counted.vote_type, "answered": counted.answered}
            if counted.instance is not None:
                item["instance"] = counted.instance
        put = {"TableName": self.table, "Item": marshal_item(item)}
        if not seen.version:
            return put | {"ConditionExpression": "attribute_not_exists(version)"}
        return put | {
            "ConditionExpression": "version = :seen",
            "ExpressionAttributeValues": {":seen": marshal(seen.version)},
        }

    def _counter(
        self, article: str, about: Counted, amounts: Mapping[str, int], facts: Mapping[str, Any]
    ) -> dict[str, Any]:
        known = {"widgetId": about.widget_id, "instance": about.instance, **facts}
        known = {name: value for name, value in known.items() if value is not None}
        added = {**amounts, "version": 1}
        sets = ", ".join(f"#{name} = :{name}" for name in known)
        adds = ", ".join(f"#{name} :{name}" for name in added)
        changes = f"SET {sets} ADD {adds}"
        return update_request(self.table, article_key(article), changes, **{**known, **added})

    def _pending(
        self, seen: Seen, counted: Counted, labels: Mapping[str, str], now: float
    ) -> dict[str, Any]:
        vote = hashlib.sha256(seen.key["tally"].encode()).hexdigest()
        item = {
            # A partition takes 1,000 write units a second, so one article's answers have 16.
            "tally": pending_key(counted.article, vote[0]),
            "item": f"{now:017.6f}#{vote[:32]}",
            "widgetId": seen.widget_id,
            "voteId": seen.vote_id,
            "labels": dict(labels),  # which the site wrote
            "expires": expiry(),
        }
        return {"TableName": self.table, "Item": marshal_item(item)}
