"""What a test can do to a pipeline: the part of its face that makes things go wrong."""

from collections.abc import Callable
from typing import Any

from votepipe.emulator.functions.crash_points import Between
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.faults import Fault, PutFault
from votepipe.testing.parts import Parts


class Harm(Parts):
    """Faults on demand; each holds for the pipeline it is asked of."""

    def answer(self, sink: str, *, times: int = 1, retry_after: float | None = None,
               **answer: Any) -> None:  # fmt: skip
        """Have the receiver answer a sink's next requests like this; see `Answer`.

        With `retry_after` the status is 429 unless told.
        """
        if retry_after is not None:
            answer.setdefault("status", 429)
            answer["headers"] = {**answer.get("headers", {}), "Retry-After": f"{retry_after:g}"}
        self.receiver.plan(sink, Answer(**answer), times)

    def serve(self, sink: str, behaviour: Callable[[Request], Answer]) -> None:
        """Have a function answer a sink's requests, where no `answer` is planned."""
        self.receiver.behave(sink, behaviour)

    def fail(self, name: str, *, times: int = 1, error: str = "The test made it fail.") -> None:
        """Have the next calls of a function fail, or the next sends to a queue."""
        self._known(name)
        self.simulation.faults.of[name].append(Fault("error", times, error))

    def throttle(self, name: str, *, times: int = 1) -> None:
        """Have the next calls of a function refused, as when too many of it run.

        Or those that functions make to a table, as when it takes no more for a moment.
        """
        table = self.models.tables.get(name)
        if table is None:
            self._known(name)
        at = name if table is None else table.arn
        self.simulation.faults.of[at].append(Fault("throttle", times, ""))

    def put_events_fails(self, *, entries: int | None = None, times: int = 1) -> None:
        """Have the bus refuse the first entries of the next PutEvents; all of them when None."""
        self.simulation.faults.puts.append(PutFault(times, entries))

    def duplicate(self, probability: float = 1.0, *, late: float = 0.0) -> None:
        """Have each message of a sink's queue handed out twice, the second time `late` seconds on.

        Both times it has the same id, as when SQS hands out a message again.
        """
        self.simulation.faults.duplicates = probability
        self.simulation.faults.late = late

    def reorder(self, seed: int = 0) -> None:
        """Shuffle the order in which buses and queues hand things on."""
        self.simulation.order.seed(seed)
        self.simulation.faults.shuffled = True

    def takes(self, function: str, *, seconds: float) -> None:
        """Have each call of a function take so long before its code begins."""
        self._known(function)
        self.simulation.faults.takes[function] = seconds

    def latency(self, low: float, high: float | None = None) -> None:
        """Have every call that functions make take so many seconds, or between so many.

        Functions that run at one time then take turns in the middle of their work.
        """
        self.simulation.faults.latency = (low, low if high is None else high)

    def crash_at(self, *steps: int) -> None:
        """Have the function that makes this step die at it; see `steps_made` for their numbers."""
        self.crash_points.crash_at.update(steps)

    def crash_between(self, first: str, second: str, *, times: int = 1) -> None:
        """Have functions die after a call of part `first`, before the one of part `second`.

        The parts are 'settings', 'lease', 'deliver', 'mark', 'release', 'send to dlq' and
        'put back'.
        """
        self.crash_points.between.append(Between(first, second, times))

    def heal(self) -> None:
        """End all faults that are not used up."""
        self.simulation.faults.__init__()  # type: ignore[misc]  # as it was at first
        self.crash_points.crash_at.clear()
        self.crash_points.between.clear()
        self.receiver.forget()

    def redrive(self, sink: str) -> None:
        """Move a sink's dead letters back to its queue.

        Raises KitError, as AWS refuses, where they come from a pipe or a rule alone.
        """
        for queue in self.dead_letter_queues(sink):
            if not queue.sources:
                raise KitError(f"'{queue.id}' has no dead letters that came from a queue.")
            self.models.sqs.move(queue)

    def replay(
        self,
        name: str = "replay",
        *,
        archive: str | None = None,
        rules: list[str] | None = None,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        """Replay what an archive kept between two times, to the rules with these logical ids.

        Without an `archive` it is the only one; without `rules` it goes to all of the bus.
        """
        archives = self.models.archives
        if archive is None and len(archives) == 1:
            archive = next(iter(archives))
        if archive not in archives:
            raise KitError(f"The template has no archive '{archive}'. Name one of its archives.")
        arns = None if rules is None else [self.resources.arn(rule) for rule in rules]
        until = self.simulation.now + 1 if end is None else end
        self.models.put.replay(archives[archive], name, start, until, arns)

    def _known(self, name: str) -> None:
        if name not in self.models.functions and name not in self.models.queues:
            known = ", ".join(f"'{each}'" for each in self.models.functions)
            raise KitError(f"The template has no function or queue '{name}'. There are: {known}.")
