"""A digest: what changed in the tally since the last one, held still while it is sent.

The digest of a scheduled time is begun once; later attempts find when it was begun, what it
holds and who has it. What its places count is copied aside in each place's item, so that all
receivers read the same, and becomes what was told last only when all of them have it. So what a
digest that failed should have told is in the next one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import aws
from votepipe.aws.dynamodb import Item, conditional_update, plain
from votepipe.model import times
from votepipe.model.errors import Skip
from votepipe.model.events import ScheduledEvent
from votepipe.tally import SERVICE, Tally
from votepipe.tally.counted import COUNTERS, place_key
from votepipe.tally.places import Counts, News, Place, attribute, counts_in, place_in, weight

_DELETED_AT_ONCE = 25  # the most that BatchWriteItem takes
# Answers counted within these seconds wait for the next digest: they may not all be seen yet.
_UNSURE = 10.0


@dataclass
class Digest:
    """The digest of one scheduled time by one sink. Each method raises Temporary.

    `sent` names the receivers that have it; once it is `whole`, no place comes to it any more.
    """

    tally: Tally
    sink: str
    scheduled: ScheduledEvent
    as_of: float
    sent: set[str]
    whole: bool

    @classmethod
    def begin(cls, tally: Tally, sink: str, scheduled: ScheduledEvent) -> "Digest":
        """Begin it, or go on with it. Raises Skip when a later one was begun."""
        item = _advance(
            tally,
            {"tally": "digest", "item": sink},
            "SET #scheduled = :scheduled, #asOf = :now REMOVE #sent, #whole",
            "scheduled",
            scheduled,
            now=times.now() - _UNSURE,
        )
        sent = set(item.get("sent", ()))
        return cls(tally, sink, scheduled, float(item["asOf"]), sent, "whole" in item)

    def places(self) -> list[Place]:
        """The places of which there is something to tell, those with most new votes first."""
        news: dict[str, list[News]] = {}
        for each in self._untold():
            news.setdefault(each.place, []).append(each)
        found = []
        for item in list(self._all_of("places")):
            key = item["item"]
            frozen = item.get("frozenFor") == self.scheduled.id
            changed = counts_in(item, "") != (counts_in(item, "told") or Counts(0, 0, 0))
            if not frozen and (self.whole or not (changed or key in news)):
                continue
            place = place_in(item if frozen else self._freeze(item), tuple(news.get(key, ())))
            found.append(place)
        if found and not self.whole:
            self._note("SET #whole = :value", True)
            self.whole = True
        return sorted(found, key=weight)

    def mark_sent(self, receiver: str) -> None:
        """Write down that a receiver has it."""
        self._note("ADD #sent :value", {receiver})
        self.sent.add(receiver)

    def finish(self, places: Sequence[Place]) -> None:
        """All receivers have these places: what was told now is what was told last."""
        self._forget_news(places)
        told = ", ".join(
            f"#{attribute('told', name)} = #{attribute('frozen', name)}" for name in COUNTERS
        )
        gone = ", ".join(f"#{attribute('frozen', name)}" for name in COUNTERS)
        for place in places:
            # Where the condition fails, another attempt of the same digest did it.
            conditional_update(
                SERVICE,
                self.tally.table,
                place_key(place.key),
                f"SET {told} REMOVE {gone}, #frozenFor",
                "#frozenFor = :scheduled",
                scheduled=self.scheduled.id,
            )

    def _note(self, changes: str, value: Any) -> None:
        conditional_update(
            SERVICE,
            self.tally.table,
            {"tally": "digest", "item": self.sink},
            changes,
            "#scheduled = :scheduled",
            value=value,
            scheduled=self.scheduled.id,
        )

    def _freeze(self, item: Item) -> Item:
        copies = ", ".join(f"#{attribute('frozen', name)} = #{name}" for name in COUNTERS)
        return _advance(
            self.tally,
            place_key(item["item"]),
            f"SET #frozenFor = :scheduled, {copies}",
            "frozenFor",
            self.scheduled,
        )

    def _untold(self) -> list[News]:
        """The votes with answers that came until it was begun, each once, the newest first."""
        found: dict[tuple[str, str], News] = {}
        for item in self._news():
            news = News(
                widget_id=item["widgetId"],
                vote_id=item["voteId"],
                place=item["place"],
                at=float(item["at"]),
                labels=item["labels"],
            )
            vote = (news.widget_id, news.vote_id)
            if vote not in found or found[vote].at < news.at:
                found[vote] = news
        return sorted(found.values(), key=lambda news: -news.at)

    def _news(self) -> Iterator[Item]:
        return (item for item in self._all_of("untold") if item["at"] <= self.as_of)

    def _forget_news(self, places: Sequence[Place]) -> None:
        told = {(news.widget_id, news.vote_id): news.at for each in places for news in each.news}
        keys = [
            {name: {"S": item[name]} for name in ("tally", "item")}
            for item in self._news()
            if item["at"] <= told.get((item["widgetId"], item["voteId"]), 0)
        ]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = keys[start : start + _DELETED_AT_ONCE]
            rest = {self.tally.table: [{"DeleteRequest": {"Key": key}} for key in some]}
            with aws.translate_errors(SERVICE):
                while rest:
                    answer = self.tally.client.batch_write_item(RequestItems=rest)
                    rest = answer.get("UnprocessedItems", {})

    def _all_of(self, kind: str) -> Iterator[Item]:
        pages = self.tally.client.get_paginator("query").paginate(
            TableName=self.tally.table,
            KeyConditionExpression="tally = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )
        with aws.translate_errors(SERVICE):
            for page in pages:
                yield from map(plain, page["Items"])


def _advance(
    tally: Tally,
    key: Mapping[str, str],
    changes: str,
    attribute: str,
    scheduled: ScheduledEvent,
    **values: Any,
) -> Item:
    """Write what belongs to a scheduled time once. Raises Skip where a later one was begun."""
    condition = f"attribute_not_exists(#{attribute}) OR #{attribute} < :scheduled"
    held, item = conditional_update(
        SERVICE, tally.table, key, changes, condition, scheduled=scheduled.id, **values
    )
    if not held and item.get(attribute) != scheduled.id:
        raise Skip("A later digest was begun.")
    return item
