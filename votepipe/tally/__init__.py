"""The tally: what each vote counts as, and how many of which kind every instance has.

TallyTable's items, by the keys `tally` and `item`:

    vote#…   vote       order of the state that is counted, and what it counts as
    places   place#…    a widget's instance: up, down, answered; title and url; what was last told
    untold   answers#…  a vote with answers that no digest told yet: its keys, and when that was
    digest   a sink     how far its newest digest got (see `votepipe.tally.digests`)

A vote's item and the counters that it moves between change in one transaction, on the condition
that nobody else changed the vote's item since it was read. So a vote counts once, as its newest
state, whichever order its events come in, however often, and wherever an attempt is cut off.
No item holds what a reader wrote, or who they are.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from votepipe import aws, words
from votepipe.aws.dynamodb import (
    composite_key,
    expiry,
    marshal,
    marshal_item,
    plain,
    update_request,
)
from votepipe.model import times
from votepipe.model.errors import Skip, Temporary
from votepipe.model.events import Event
from votepipe.tally.counted import Counted, Seen, changes, place_key, vote_key

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
        """Count the state that an event tells of. Raises Skip when it is not the newest."""
        counted = None if event.type == "VoteWithdrawn" else Counted.of(event.vote)
        order = event.sort_key
        article = {"title": words.title(event), "url": words.link(event)}
        news = [_untold(self.table, event, counted, order)] if counted and counted.answered else []
        for _ in range(_ATTEMPTS):
            seen = self.see(event.vote.widget_id, event.vote.vote_id)
            if seen.order >= order:
                raise Skip("It was counted before, or a newer state was.")
            if self.move(seen, counted, order, article=article, also=news):
                return
        raise Temporary(f"{SERVICE} was changed by others {_ATTEMPTS} times in a row.")

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
        article: Mapping[str, Any] | None = None,
        also: list[dict[str, Any]] | None = None,
    ) -> bool:
        """Have a vote count as `counted` from now on, in one transaction.

        False when the vote's item, or a counter at this moment, was changed by others: look again.
        """
        writes = [{"Put": self._vote(seen, counted, order)}]
        for place, about, amounts in changes(seen.counted, counted):
            known = article if counted and place == counted.place else None
            writes.append({"Update": self._counter(place, about, amounts, known or {})})
        with aws.translate_errors(SERVICE):
            try:
                self.client.transact_write_items(TransactItems=[*writes, *(also or [])])
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
            # It stays for as long as an older event may still come.
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
        self, place: str, about: Counted, amounts: Mapping[str, int], article: Mapping[str, Any]
    ) -> dict[str, Any]:
        facts = {"widgetId": about.widget_id, "instance": about.instance}
        facts |= {name: article.get(name) for name in ("title", "url")}
        texts = {name: text for name, text in facts.items() if isinstance(text, str)}
        added = {**amounts, "version": 1}
        sets = ", ".join(f"#{name} = :{name}" for name in texts)
        adds = ", ".join(f"#{name} :{name}" for name in added)
        changes = f"SET {sets} ADD {adds}"
        values: dict[str, Any] = {**texts, **added}
        return update_request(self.table, place_key(place), changes, **values)


def _untold(table: str, event: Event, counted: Counted, order: str) -> dict[str, Any]:
    """The item that tells the next digest of a vote's answers; their questions are the site's."""
    vote = event.vote
    item = {
        "tally": "untold",
        "item": composite_key("answers", vote.widget_id, vote.vote_id, order),
        "place": counted.place,
        "widgetId": vote.widget_id,
        "voteId": vote.vote_id,
        "at": times.now(),
        "labels": dict(words.labels(event)),
        "expires": expiry(),
    }
    return {"Put": {"TableName": table, "Item": marshal_item(item)}}
