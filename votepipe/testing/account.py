"""One account: its stack, what a test writes and reads there, and what can fail in it."""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from votepipe.emulator.cloudformation.alarms import Alarms
from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.functions import patches
from votepipe.emulator.functions.calls import Calls, Service
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.faults import Fault, PutFault
from votepipe.emulator.simulation.jsontext import as_json
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import Trace, VotePath
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.queue import Queue
from votepipe.testing import loss_report, names
from votepipe.testing.client import Client, attributes, put
from votepipe.testing.messages import DeadLetter

NOT_HERE = "No sink '{}' runs here."


class Account:
    """An account and the stack in it; `Pipeline.account` makes another one."""

    simulation: Simulation

    def deploy(
        self,
        resources: Resources,
        root: Path,
        patches: patches.Patches,
        buses: dict[str, Buses],
        services: Mapping[str, Service] | None = None,
    ) -> None:
        """Make its stack, whose code is at `root`.

        `buses` are those of all accounts, `services` those that are no part of the stack.
        """
        self.resources = resources
        self.models = Models(self.simulation, root, resources, patches, buses)
        answering = {**self.models.services(), **(services or {})}
        self.calls = Calls(self.simulation, answering, self.models.roles.allows)

    def put(self, vote: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Write an item: plain values as JavaScript stores them, or attribute values."""
        put(self.models.tables[table], vote)

    def remove(self, keys: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Delete the item with these keys; other attributes are ignored."""
        found = self.models.tables[table]
        item = attributes(keys)
        found.remove({name: item[name] for name in found.keys})

    def expire(self, keys: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Delete the item with these keys as its time to live does."""
        stream = self.models.streams[table]
        stream.expiring = True
        try:
            self.remove(keys, table)
        finally:
            stream.expiring = False

    def put_records(self, records: list[dict[str, Any]], pipe: str | None = None) -> None:
        """Put stream records as they are before a pipe: the only one when None.

        The table, where it is here, then holds what they say; it writes no records of its own.
        """
        pipes = self.models.pipes
        followed = pipes[pipe or next(iter(pipes))].definition.stream_arn
        for name, stream in self.models.streams.items():
            if stream.arn == followed:
                if name in self.models.tables:
                    self.models.tables[name].follow(records)
                stream.put(records)

    def invoke(self, function: str, event: Any) -> Any:
        """Call a function with an event and return its answer; time passes if it takes some.

        Raises FunctionError, or Throttled.
        """
        answers: list[Any] = []
        called = self.models.functions[function]
        self.simulation.tasks.run(lambda: answers.append(called.invoke(as_json(event))))
        with self._loud():
            while not answers:
                self.simulation.clock.run_next()
        return answers[0]

    def client(self, service: str) -> Client:
        """A boto3 client of the test's own, which may do everything in this account."""
        return Client(patches.client(service), partial(self.calls.call, caller=None))

    def events(self, kind: str | None = None, bus: str | None = None) -> list[dict[str, Any]]:
        """The events on the bus with that logical id, of one detail-type or all.

        Without a `bus` it is the one that a pipe sends to; without a pipe, all of them.
        """
        buses = self.models.buses
        names.only(buses, [bus] if bus else [], "The template has no bus '{}'.")
        targets = {pipe.definition.bus_arn for pipe in self.models.pipes.values()}
        return [
            event
            for name, each in buses.items()
            if name == bus or (bus is None and (not targets or each.arn in targets))
            for event in each.events
            if kind is None or event["detail-type"] == kind
        ]

    def dead_letters(self, name: str | None = None) -> list[DeadLetter]:
        """The dead letters of a sink, of the queue with that logical id, or all."""
        return [
            DeadLetter.of(queue, message)
            for queue in self.dead_letter_queues(name)
            for message in queue.messages
        ]

    def waiting(self, name: str) -> int:
        """How many messages are in a sink's queue, or in the one with that logical id."""
        queue = self.models.queues.get(name) or self.mapping_of(name).queue
        return len(queue.messages)

    def items(self, table: str) -> list[dict[str, Any]]:
        """The items of the table with that logical id, as attribute values."""
        return list(self.models.tables[table].items.values())

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What a function logged; a line that is not JSON is `{"message": …}`."""
        return self.models.functions[function].lines

    @property
    def trace(self) -> Trace:
        """All that happened; `str` of it is the same in every run with the same seed."""
        return self.simulation.trace

    def way(self, vote: str | Mapping[str, Any], widget: str | None = None) -> VotePath:
        """The way of one vote: by its item or keys, or by its id alone where that is the only."""
        if isinstance(vote, Mapping):
            return self.trace.path(_text(vote["widgetId"]), _text(vote["voteId"]))
        ways = [way for way in self.trace.paths() if way.vote == vote]
        if widget is None and ways:
            return ways[0]
        return self.trace.path(widget or "", vote)

    def nothing_lost(self) -> loss_report.Report:
        """Whether every vote's last valid state was delivered by every sink that it was for.

        One that lies in a dead-letter queue with a reason, or still waits, is not lost.
        """
        return loss_report.report(self.trace, self.models, self.dead_letter_queues)

    def alarms(self) -> dict[str, float]:
        """The template's alarms that are on now, by logical id, each with the number it is for."""
        return Alarms(self.simulation, self.resources, self.models).on()

    def usage(self) -> dict[str, Counter[str]]:
        """What AWS would charge for so far, by sink; see `votepipe.emulator.simulation.usage`.

        What belongs to no sink is under its logical id, or under its name where it has none.
        """
        sinks: dict[str, str] = {}
        for name, mapping in self.models.fed.items():
            queues = [mapping.queue, *self.dead_letter_queues(name)]
            sinks |= dict.fromkeys([mapping.function.id, *(queue.id for queue in queues)], name)
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for who, counts in self.simulation.usage.counts.items():
            if who:  # else it was the test itself
                found[sinks.get(who, who)] += counts
        return dict(found)

    def mapping_of(self, sink: str) -> EventSourceMapping:
        """What feeds a sink's function. Raises KitError for a sink that does not run."""
        names.only(self.models.fed, [sink], NOT_HERE)
        return self.models.fed[sink]

    def dead_letter_queues(self, name: str | None = None) -> list[Queue]:
        """The dead-letter queues: all, those of a sink, or the one with that logical id."""
        queues = self.models.queues
        if name in queues:
            return [queues[name]]
        if name is None:
            fed = [mapping.queue for mapping in self.models.mappings]
            return [each for each in queues.values() if not each.dead_letters and each not in fed]
        mapping = self.mapping_of(name)
        url = mapping.function.environment.get("DEAD_LETTERS_URL")
        found = [queue for queue in queues.values() if queue.url == url]
        if mapping.queue.dead_letters and mapping.queue.dead_letters not in found:
            found.append(mapping.queue.dead_letters)
        return found

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
        self.simulation.faults.of[table.arn if table else name].append(Fault("throttle", times, ""))

    def put_events_fails(self, *, entries: int | None = None, times: int = 1) -> None:
        """Have the bus refuse the first entries of the next PutEvents; all of them when None."""
        self.simulation.faults.puts.append(PutFault(times, entries))

    def away(self, *names_: str) -> None:
        """Have buses or their policies, by logical id, not be there until `heal`."""
        known = [*self.models.buses, *self.resources.of_type("AWS::Events::EventBusPolicy")]
        names.only(known, names_, "The template has no bus or policy of one '{}'.")
        self.simulation.faults.away.update(names_)

    def deny(self, name: str, *actions: str) -> None:
        """Have the role of a function or a pipe not allow actions, such as `events:PutEvents`."""
        roles = {function: each.role for function, each in self.models.functions.items()}
        roles |= {pipe: self.resources.properties[pipe]["RoleArn"] for pipe in self.models.pipes}
        names.only(roles, [name], "The template has no function or pipe '{}'.")
        self.models.roles.denied.update((roles[name], action) for action in actions)

    def stop(self, pipe: str) -> None:
        """Have a pipe stand still until `heal`, as AWS stops one that may not read its stream."""
        names.only(self.models.pipes, [pipe], "The template has no pipe '{}'.")
        self.models.pipes[pipe].stop()

    def restart(self) -> None:
        """Have all functions go on in new processes, as a deployment does."""
        for function in self.models.functions.values():
            function.restart()

    def heal(self) -> None:
        """End all faults of this account that are not used up."""
        self.simulation.faults.__init__()  # type: ignore[misc]  # as it was at first
        self.models.roles.denied.clear()
        for pipe in self.models.pipes.values():
            pipe.start()

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

    def redrive(self, sink: str) -> None:
        """Move a sink's dead letters back to its queue.

        Raises KitError, as AWS refuses, where they come from a pipe or a rule alone.
        """
        for queue in self.dead_letter_queues(sink):
            if not {mapping.queue for mapping in self.models.fed.values()}.intersection(
                queue.sources
            ):
                raise KitError(f"'{queue.id}' has no dead letters that came from a sink's queue.")
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
        archive = archive or (next(iter(archives)) if len(archives) == 1 else "")
        names.only(archives, [archive], "The template has no archive '{}'.")
        arns = None if rules is None else [self.resources.arn(rule) for rule in rules]
        until = self.simulation.now + 1 if end is None else end
        self.models.put.replay(archives[archive], name, start, until, arns)

    @contextlib.contextmanager
    def _loud(self) -> Iterator[None]:
        """Say what is not modelled, even if a function's code swallowed the error."""
        yield
        if self.simulation.refused:
            raise self.simulation.refused.pop(0)

    def _known(self, name: str) -> None:
        known = [*self.models.functions, *self.models.queues]
        names.only(known, [name], "The template has no function or queue '{}'.")


def _text(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, dict) else str(value)
