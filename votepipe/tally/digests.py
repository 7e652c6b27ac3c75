"""A digest: what changed in the tally since the last one, held still while it is sent.

The digest of a moment is begun once; later attempts of that moment find when it was begun, what it
holds and who has it. What its places count is copied aside in each place's item, so that all
receivers read the same, and becomes what was told last only when all of them have it. So what a
digest that failed should have told is in the next one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import aws
from votepipe.model import times
from votepipe.model.attributes import unmarshal
from votepipe.model.errors import Skip
from votepipe.model.moments import Moment
from votepipe.tally import SERVICE, Tally
from votepipe.tally.counted import COUNTERS, place_key
from votepipe.tally.places import Counts, News, Place, attribute, counts_in, place_in, weight

_DELETED_AT_ONCE = 25  # the most that BatchWriteItem takes
# Answers counted within these seconds wait for the next digest: they may not all be seen yet.
_UNSURE = 10.0


@dataclass
class Digest:
    """The digest of one moment by one sink. Each method raises Temporary.

    `sent` names the receivers that have it; once it is `whole`, no place comes to it any more.
    """

    tally: Tally
    sink: str
    moment: Moment
    as_of: float
    sent: set[str]
    whole: bool

    @classmethod
    def begin(cls, tally: Tally, sink: str, moment: Moment) -> "Digest":
        """Begin it, or go on with it. Raises Skip when a later one was begun."""
        item = _advance(
            tally,
            {"tally": {"S": "digest"}, "item": {"S": sink}},
            "SET #moment = :moment, asOf = :now REMOVE sent, whole",
            "moment",
            moment,
            {":now": {"N": str(times.now() - _UNSURE)}},
        )
        sent = set(item.get("sent", {}).get("SS", ()))
        return cls(tally, sink, moment, float(item["asOf"]["N"]), sent, "whole" in item)

    def places(self) -> list[Place]:
        """The places of which there is something to tell, those with most new votes first."""
        news: dict[str, list[News]] = {}
        for each in self._untold():
            news.setdefault(each.place, []).append(each)
        found = []
        for item in list(self._all_of("places")):
            key = item["item"]["S"]
            frozen = item.get("frozenFor", {}).get("S") == self.moment.id
            changed = counts_in(item, "") != (counts_in(item, "told") or Counts(0, 0, 0))
            if not frozen and (self.whole or not (changed or key in news)):
                continue
            place = place_in(item if frozen else self._freeze(item), tuple(news.get(key, ())))
            found.append(place)
        if found and not self.whole:
            self._note("SET whole = :value", {"BOOL": True})
            self.whole = True
        return sorted(found, key=weight)

    def mark_sent(self, receiver: str) -> None:
        """Write down that a receiver has it."""
        self._note("ADD sent :value", {"SS": [receiver]})
        self.sent.add(receiver)

    def finish(self, places: Sequence[Place]) -> None:
        """All receivers have these places: what was told now is what was told last."""
        self._forget_news(places)
        client = self.tally.client
        told = ", ".join(
            f"{attribute('told', name)} = {attribute('frozen', name)}" for name in COUNTERS
        )
        gone = ", ".join(attribute("frozen", name) for name in COUNTERS)
        for place in places:
            with aws.asking(SERVICE):
                try:
                    client.update_item(
                        TableName=self.tally.table,
                        Key=place_key(place.key),
                        UpdateExpression=f"SET {told} REMOVE {gone}, frozenFor",
                        ConditionExpression="frozenFor = :moment",
                        ExpressionAttributeValues={":moment": {"S": self.moment.id}},
                    )
                except client.exceptions.ConditionalCheckFailedException:
                    continue  # an attempt of the same digest did it

    def _note(self, changes: str, value: Mapping[str, Any]) -> None:
        with aws.asking(SERVICE):
            self.tally.client.update_item(
                TableName=self.tally.table,
                Key={"tally": {"S": "digest"}, "item": {"S": self.sink}},
                UpdateExpression=changes,
                ConditionExpression="#moment = :moment",
                ExpressionAttributeNames={"#moment": "moment"},
                ExpressionAttributeValues={":value": value, ":moment": {"S": self.moment.id}},
            )

    def _freeze(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        copies = ", ".join(f"{attribute('frozen', name)} = #{name}" for name in COUNTERS)
        return _advance(
            self.tally,
            {name: item[name] for name in ("tally", "item")},
            f"SET #frozenFor = :moment, {copies}",
            "frozenFor",
            self.moment,
            {},
            {f"#{name}": name for name in COUNTERS},
        )

    def _untold(self) -> list[News]:
        """The votes with answers that came until it was begun, each once, the newest first."""
        found: dict[tuple[str, str], News] = {}
        for item in self._news():
            news = News(
                widget_id=item["widgetId"]["S"],
                vote_id=item["voteId"]["S"],
                place=item["place"]["S"],
                at=float(item["at"]["N"]),
                labels=unmarshal(item["labels"]),
            )
            vote = (news.widget_id, news.vote_id)
            if vote not in found or found[vote].at < news.at:
                found[vote] = news
        return sorted(found.values(), key=lambda news: -news.at)

    def _news(self) -> Iterator[Mapping[str, Any]]:
        items = self._all_of("untold")
        return (item for item in items if float(item["at"]["N"]) <= self.as_of)

    def _forget_news(self, places: Sequence[Place]) -> None:
        told = {(news.widget_id, news.vote_id): news.at for each in places for news in each.news}
        keys = [
            {name: item[name] for name in ("tally", "item")}
            for item in self._news()
            if float(item["at"]["N"]) <= told.get((item["widgetId"]["S"], item["voteId"]["S"]), 0)
        ]
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = keys[start : start + _DELETED_AT_ONCE]
            rest = {self.tally.table: [{"DeleteRequest": {"Key": key}} for key in some]}
            with aws.asking(SERVICE):
                while rest:
                    answer = self.tally.client.batch_write_item(RequestItems=rest)
                    rest = answer.get("UnprocessedItems", {})

    def _all_of(self, kind: str) -> Iterator[Mapping[str, Any]]:
        pages = self.tally.client.get_paginator("query").paginate(
            TableName=self.tally.table,
            KeyConditionExpression="tally = :kind",
            ExpressionAttributeValues={":kind": {"S": kind}},
            ConsistentRead=True,
        )
        with aws.asking(SERVICE):
            for page in pages:
                yield from page["Items"]


def _advance(
    tally: Tally,
    key: Mapping[str, Any],
    changes: str,
    attribute: str,
    moment: Moment,
    values: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """Write what belongs to a moment, unless that was done; raise Skip where a later one has."""
    with aws.asking(SERVICE):
        try:
            answer = tally.client.update_item(
                TableName=tally.table,
                Key=key,
                UpdateExpression=changes,
                ConditionExpression=f"attribute_not_exists(#{attribute}) OR #{attribute} < :moment",
                ExpressionAttributeNames={f"#{attribute}": attribute, **(names or {})},
                ExpressionAttributeValues={":moment": {"S": moment.id}, **values},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except tally.client.exceptions.ConditionalCheckFailedException as error:
            item: Mapping[str, Any] = error.response.get("Item", {})
            if item.get(attribute, {}).get("S") != moment.id:
                raise Skip("A later digest was begun.") from None
            return item
    made: Mapping[str, Any] = answer["Attributes"]
    return made
