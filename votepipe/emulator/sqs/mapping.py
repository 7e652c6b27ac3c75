"""An event source mapping: takes messages from a queue, hands them to a function in batches."""

from collections.abc import Mapping as Facts
from typing import Any

from votepipe.emulator.functions.function import Function, FunctionError, Throttled
from votepipe.emulator.simulation.errors import Closed, Unmodelled
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.usage import DELETES, RECEIVES, by_ten
from votepipe.emulator.simulation.virtual_clock import Timer
from votepipe.emulator.sqs.queue import Message, Queue, record_of

_MOST_AT_ONCE = 1250


class EventSourceMapping:
    """A mapping of the template.

    It polls when the queue has something to give, rather than all the time as Lambda does.
    """

    def __init__(
        self,
        simulation: Simulation,
        logical_id: str,
        queue: Queue,
        function: Function,
        facts: Facts[str, Any],
    ) -> None:
        self._simulation = simulation
        self.queue = queue
        self.function = function
        self._size = int(facts.get("BatchSize", 10))
        self._window = float(facts.get("MaximumBatchingWindowInSeconds", 0))
        self._partly = facts.get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
        scaling = facts.get("ScalingConfig") or {}
        self._most = int(scaling.get("MaximumConcurrency", _MOST_AT_ONCE))
        self._running = 0
        self._poll: Timer | None = None
        self._check(logical_id, facts)
        self.enabled = bool(facts.get("Enabled", True))
        if self.enabled:
            queue.listeners.append(self._wake)

    def _check(self, logical_id: str, facts: Facts[str, Any]) -> None:
        """Refuse what AWS refuses."""
        problem = None
        if self.function.timeout > self.queue.visibility:
            problem = "its queue's visibility time-out is below the function's time-out"
        elif self._size > 10 and self._window < 1:
            problem = "a batch of more than 10 needs a window"
        elif not 2 <= self._most <= _MOST_AT_ONCE:
            problem = "MaximumConcurrency is from 2 to 1000"
        if problem:
            raise Unmodelled(f"AWS refuses '{logical_id}': {problem}. Correct the template.")

    def _wake(self) -> None:
        """Poll soon; with a window, when it ends or there is enough for a batch."""
        full = self.queue.counts[0] >= self._size
        wait = 0.0 if full else self._window
        clock = self._simulation.clock
        self._poll = clock.at_latest(clock.now + wait, self._turn, self._poll)

    def _turn(self) -> None:
        while self._running < self._most and self.queue.counts[0]:
            batch = self.queue.receive(self._size)
            if not batch:
                return
            self._simulation.usage.add(RECEIVES, by_ten(len(batch)), who=self.queue.id)
            self._running += 1
            self._simulation.tasks.run(lambda batch=batch: self._hand_over(batch))  # type: ignore[misc]

    def _hand_over(self, batch: list[Message]) -> None:
        for message in batch:
            facts = {"message": message.id[:8], "receive": message.receives}
            self._simulation.trace.note("received", self.function.id, message.vote_key, **facts)
        receipts = {message.id: message.receipt for message in batch}
        event = {"Records": [record_of(message, self.queue.arn) for message in batch]}
        before = len(self.function.lines)
        try:
            answer = self.function.invoke(event)
            failed = _failed(answer, set(receipts)) if self._partly else set()
        except (FunctionError, Throttled):
            failed = set(receipts)
        except Closed:
            return
        finally:
            self._running -= 1
        logged = (line for line in self.function.lines[before:] if "outcome" in line)
        outcomes = {line.get("messageId"): line["outcome"] for line in logged}
        deleted = {name: receipt for name, receipt in receipts.items() if name not in failed}
        self._simulation.usage.add(DELETES, by_ten(len(deleted)), who=self.queue.id)
        for message_id, receipt in deleted.items():
            self.queue.delete(receipt, outcomes.get(message_id, "deleted"))
        if self.queue.counts[0]:
            self._wake()


def _failed(answer: Any, ids: set[str]) -> set[str]:
    """The messages that stay, by a function's answer; all of them where that makes no sense."""
    if not answer:
        return set()
    try:
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"] or ()}
    except (KeyError, TypeError):
        return set(ids) if isinstance(answer, dict) and "batchItemFailures" in answer else set()
    return failed if failed <= ids else set(ids)
