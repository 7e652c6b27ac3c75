"""A sink's pace: one call at a time, so many seconds apart, and a line for whoever must wait.

One item of the deliveries table holds `nextCall`, when the next call may be made, and `lineEnd`,
when the last turn that was given out is over. Who may not call yet gets a turn and comes back for
it, so a message is received a few times at most, however long the line.
Messages that are delivered together share a turn: each group has an item that holds its `turnAt`.
Times are in seconds since 1970.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from votepipe import aws
from votepipe.aws.logs import log
from votepipe.delivery import leases
from votepipe.model import times
from votepipe.model.errors import Temporary

_ATTEMPTS = 5
# A turn that is nearer than this is as good as over.
_SOON = 0.5
# So far off the pace a call may be.
_TOLERANCE = 0.1


@dataclass
class Pace:
    """The pace of one sink, in `seconds` from call to call."""

    table: str
    sink: str
    seconds: float
    _item: dict[str, float] = field(default_factory=dict)
    _taken: float | None = None

    def take(
        self,
        group: str | None,
        *,
        waited: bool,
        patience: float = math.inf,
        preparing: float = 0.0,
    ) -> float:
        """Ask to make a call now: 0 when it may be made, else the seconds until the turn for it.

        For the seconds that `preparing` it may take, nobody else may call; see `begin`.

        Messages of one `group` share a turn; None shares with nobody. `waited` tells that this is
        the turn: others do not push in while there is a line.
        No turn is given that is more than `patience` seconds away; the answer is then infinite.
        Raises Temporary when DynamoDB does not answer.
        """
        now = times.now()
        condition = "(attribute_not_exists(nextCall) OR nextCall <= :now)"
        if not waited:
            condition += " AND (attribute_not_exists(lineEnd) OR lineEnd <= :now)"
        following = now + preparing + self.seconds
        if self._write("nextCall = :next", condition, next=following, now=now):
            self._taken = following
            return 0.0
        return self._wait(now, group, patience)

    def line_up(self, group: str | None = None) -> float:
        """Get a turn, the one of the group if there is one: the seconds until then.

        It never raises.
        """
        try:
            return self._wait(times.now(), group, math.inf)
        except Temporary as error:
            log("no turn taken", level="WARNING", sink=self.sink, why=str(error))
            return math.ceil(self.seconds)

    def begin(self) -> None:
        """The call is prepared and made now; the next one may follow at the pace. It never raises.

        Otherwise one that took long to prepare would be too close to the one that followed.
        """
        following = times.now() + self.seconds
        if self._taken is not None and abs(following - self._taken) > _TOLERANCE:
            condition = "nextCall = :taken OR nextCall < :next"
            self._try("nextCall = :next", condition, next=following, taken=self._taken)
            self._taken = following

    def give_back(self) -> None:
        """No call was made after all, so the next one may be made now. It never raises."""
        if self._taken is not None:
            self._try("nextCall = :now", "nextCall = :taken", now=times.now(), taken=self._taken)
            self._taken = None

    def postpone(self, seconds: float) -> None:
        """Let nobody call for so long, and give out no turn before. It never raises."""
        until = times.now() + seconds
        for name, least in (("nextCall", until), ("lineEnd", until + self.seconds)):
            self._try(
                f"{name} = :least", f"attribute_not_exists({name}) OR {name} < :least", least=least
            )

    def _wait(self, now: float, group: str | None, patience: float) -> float:
        if group is not None:
            turn = self._group(group, "expires = :expires").get("turnAt", 0.0)
            if turn - now > _SOON:
                wait = float(math.ceil(turn - now))
                return wait if wait <= patience else math.inf
        if self._start(now) - now > patience:
            return math.inf
        wait = self._turn(now)
        if group is not None:
            self._group(group, "expires = :expires, turnAt = :turn", turn=now + wait)
        return wait

    def _start(self, now: float) -> float:
        """When the next turn could begin."""
        return max(now, self._item.get("nextCall", now), self._item.get("lineEnd", now))

    def _turn(self, now: float) -> float:
        """Put a turn at the end of the line; the seconds until then."""
        wait = 1.0
        for _ in range(_ATTEMPTS):
            # SQS hides messages for whole seconds.
            wait = float(max(1, math.ceil(self._start(now) - now)))
            end, seen = now + wait + self.seconds, self._item.get("lineEnd")
            if seen is None:
                done = self._write("lineEnd = :end", "attribute_not_exists(lineEnd)", end=end)
            else:
                done = self._write("lineEnd = :end", "lineEnd = :seen", end=end, seen=seen)
            if done:
                break
        return wait

    def _try(self, changes: str, condition: str, **values: float) -> None:
        try:
            self._write(changes, condition, **values)
        except Temporary as error:
            log("pace not noted", level="WARNING", sink=self.sink, why=str(error))

    def _write(self, changes: str, condition: str, **values: float) -> bool:
        """Write to the item of the pace, and keep how it then stands; whether `condition` held."""
        key = leases.named(self.sink, "", "pace")
        held, self._item = self._update(
            key, f"{changes}, expires = :expires", {"ConditionExpression": condition}, values
        )
        return held

    def _group(self, group: str, changes: str, **values: float) -> dict[str, float]:
        """Write to the item of a group; how it then stands."""
        key = leases.named(self.sink, "", "turn", group)
        return self._update(key, changes, {}, values)[1]

    def _update(
        self, key: str, changes: str, condition: dict[str, str], values: dict[str, float]
    ) -> tuple[bool, dict[str, float]]:
        values = values | {"expires": int(times.now() + leases.KEPT_SECONDS)}
        client = aws.client("dynamodb")
        with aws.asking("The deliveries table"):
            try:
                answer = client.update_item(
                    TableName=self.table,
                    Key={"delivery": {"S": key}},
                    UpdateExpression=f"SET {changes}",
                    **condition,
                    ExpressionAttributeValues={
                        f":{name}": {"N": str(value)} for name, value in values.items()
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except client.exceptions.ConditionalCheckFailedException as error:
                return False, _numbers(error.response.get("Item", {}))
        return True, _numbers(answer["Attributes"])


def _numbers(item: dict[str, Any]) -> dict[str, float]:
    return {name: float(value["N"]) for name, value in item.items() if "N" in value}
