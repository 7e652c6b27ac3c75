"""A sink's rate limit: one call at a time, so many seconds apart, and slots for all that wait.

One item of the deliveries table holds `nextCall`, when the next call may be made, and `slotsEnd`,
when the last slot that was reserved is over. What may not go out yet gets a slot and comes back
for it, so a message is received a few times at most, however many wait.
Messages of one batch key share a slot: each key has an item that holds its `slotAt`.
Times are in seconds since 1970.
"""

import math
from dataclasses import dataclass, field

from votepipe.aws.dynamodb import Item, composite_key, conditional_update, expiry
from votepipe.aws.logs import log
from votepipe.delivery.leases import SERVICE
from votepipe.model import times
from votepipe.model.errors import DeliveryError

_ATTEMPTS = 5
# A slot that is nearer than this is as good as over.
_SOON = 0.5
# So far off the rate a call may be.
_TOLERANCE = 0.1


@dataclass
class RateLimiter:
    """The rate limit of one sink, in `seconds` from call to call."""

    table: str
    sink: str
    seconds: float
    _item: Item = field(default_factory=dict)
    _taken: float | None = None

    def reserve(
        self,
        batch_key: str | None,
        *,
        waited: bool,
        max_wait: float = math.inf,
        preparing: float = 0.0,
    ) -> float:
        """Ask to make a call now: 0 when it may be made, else the seconds until its slot.

        For the seconds that `preparing` it may take, nobody else may call; see `begin`.

        Messages of one batch key share a slot; None shares with nobody. `waited` says that this is
        the slot: others do not push in while some wait.
        No slot is reserved that is more than `max_wait` seconds away; the answer is then infinite.
        Raises Temporary when DynamoDB does not answer.
        """
        now = times.now()
        condition = "(attribute_not_exists(#nextCall) OR #nextCall <= :now)"
        if not waited:
            condition += " AND (attribute_not_exists(#slotsEnd) OR #slotsEnd <= :now)"
        following = now + preparing + self.seconds
        if self._write("#nextCall = :next", condition, next=following, now=now):
            self._taken = following
            return 0.0
        return self._wait(now, batch_key, max_wait)

    def reserve_next(self, batch_key: str | None = None) -> float:
        """Reserve a slot, that of the batch key if it has one: the seconds until then.

        It never raises.
        """
        try:
            return self._wait(times.now(), batch_key, math.inf)
        except DeliveryError as error:
            log("no slot reserved", level="WARNING", sink=self.sink, why=str(error))
            return math.ceil(self.seconds)

    def begin(self) -> None:
        """The call is prepared and made now; the next one may follow at the rate. It never raises.

        Otherwise one that took long to prepare would be too close to the one that followed.
        """
        following = times.now() + self.seconds
        if self._taken is not None and abs(following - self._taken) > _TOLERANCE:
            condition = "#nextCall = :taken OR #nextCall < :next"
            self._try("#nextCall = :next", condition, next=following, taken=self._taken)
            self._taken = following

    def give_back(self) -> None:
        """No call was made after all, so the next one may be made now. It never raises."""
        if self._taken is not None:
            condition = "#nextCall = :taken"
            self._try("#nextCall = :now", condition, now=times.now(), taken=self._taken)
            self._taken = None

    def postpone(self, seconds: float) -> None:
        """Let nobody call for so long, and reserve no slot before. It never raises."""
        until = times.now() + seconds
        for name, least in (("#nextCall", until), ("#slotsEnd", until + self.seconds)):
            condition = f"attribute_not_exists({name}) OR {name} < :least"
            self._try(f"{name} = :least", condition, least=least)

    def _wait(self, now: float, batch_key: str | None, max_wait: float) -> float:
        if batch_key is not None:
            slot = float(self._shared(batch_key, "").get("slotAt", 0))
            if slot - now > _SOON:
                wait = float(math.ceil(slot - now))
                return wait if wait <= max_wait else math.inf
        if self._start(now) - now > max_wait:
            return math.inf
        wait = self._append(now)
        if batch_key is not None:
            self._shared(batch_key, ", #slotAt = :slot", slot=now + wait)
        return wait

    def _start(self, now: float) -> float:
        """When the next slot could begin."""
        known = (self._item.get(name, now) for name in ("nextCall", "slotsEnd"))
        return max(now, *(float(time) for time in known))

    def _append(self, now: float) -> float:
        """Reserve the slot after all others; the seconds until then."""
        wait = 1.0
        for _ in range(_ATTEMPTS):
            # SQS hides messages for whole seconds.
            wait = float(max(1, math.ceil(self._start(now) - now)))
            end, seen = now + wait + self.seconds, self._item.get("slotsEnd")
            if seen is None:
                done = self._write("#slotsEnd = :end", "attribute_not_exists(#slotsEnd)", end=end)
            else:
                done = self._write("#slotsEnd = :end", "#slotsEnd = :seen", end=end, seen=seen)
            if done:
                break
        return wait

    def _try(self, change: str, condition: str, **values: float) -> None:
        try:
            self._write(change, condition, **values)
        except DeliveryError as error:
            log("rate limit not updated", level="WARNING", sink=self.sink, why=str(error))

    def _write(self, change: str, condition: str, **values: float) -> bool:
        """Update the sink's item and remember it; returns whether `condition` held."""
        key = composite_key(self.sink, "", "rate")
        held, self._item = self._update(key, f", {change}", condition, values)
        return held

    def _shared(self, batch_key: str, change: str, **values: float) -> Item:
        """Update the item of a batch key and return it."""
        key = composite_key(self.sink, "", "slot", batch_key)
        return self._update(key, change, "", values)[1]

    def _update(
        self, key: str, change: str, condition: str, values: dict[str, float]
    ) -> tuple[bool, Item]:
        changes = f"SET #expires = :expires{change}"
        known: Item = {"expires": expiry(), **values}
        return conditional_update(
            SERVICE, self.table, {"delivery": key}, changes, condition, **known
        )
