"""The whole pipeline in one process, on a clock of its own."""

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.functions import patches
from votepipe.emulator.functions.calls import Caller, Calls
from votepipe.emulator.functions.crash_points import Between, CrashPoints, Step
from votepipe.emulator.functions.mail import Mail
from votepipe.emulator.http.receiver import Answer, Receiver, Request
from votepipe.emulator.simulation import environment
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.faults import Fault, PutFault
from votepipe.emulator.simulation.jsontext import as_json
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import Trace, VotePath
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.queue import Queue
from votepipe.project import Project
from votepipe.testing import loss_report, names
from votepipe.testing.client import Client, attributes, put
from votepipe.testing.messages import DeadLetter, Message
from votepipe.testing.settings import secret_values, setting_values, template_parameters

START = datetime(2026, 1, 4, 10, tzinfo=UTC)
_MONTH = 30 * 86_400.0
_NOT_HERE = "No sink '{}' runs here."


class Pipeline:
    """A checkout's template and plugins, running on virtual time.

    `parameters` are the template's; `sinks` names those that are on, all when None; `settings` are
    values by sink and setting, secret or not (`{"slack": {"emoji_up": "🎉"}}`), where they are not
    to be the usual ones; `start` is when time begins.
    The same `seed` gives the same trace, byte for byte.
    Close it, or use it as a context manager.
    Raises Unmodelled for what the template has and the kit has not.
    """

    def __init__(
        self,
        root: Path | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        sinks: Collection[str] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        seed: int = 0,
        start: datetime = START,
    ) -> None:
        self.simulation = Simulation(start.timestamp(), seed)
        self.crash_points = CrashPoints()
        self.messages: list[Message] = []
        self.receiver = Receiver(self._arrived, virtual_time=True)
        self._patches = patches.Patches(
            self.simulation, self.crash_points, self.receiver, self._call
        )
        self._now = lambda: self.simulation.now
        environment.begin(self._now)
        self._open = True
        try:
            self._build(Project.read(root), parameters or {}, settings or {}, sinks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End everything that was started."""
        if self._open:
            self._open = False
            environment.end(self._now)
            self.simulation.tasks.close()
            self._patches.close()
            self.receiver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def now(self) -> datetime:
        """What time it is."""
        return datetime.fromtimestamp(self.simulation.now, UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Let time pass, and do all that is due in it."""
        until = self.simulation.now + seconds + 60 * minutes + 3600 * hours
        with self._loud():
            self.simulation.clock.run_until(until)

    def run_until_idle(self, *, within: float = _MONTH) -> None:
        """Let time pass until nothing is left to do, except what recurs for ever.

        Raises KitError when that takes longer than `within` seconds.
        """
        with self._loud():
            if not self.simulation.clock.run_until_idle(self.simulation.now + within):
                raise KitError(f"After {within:g} s something is still to do. Look at the trace.")

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
        """Put stream records as they are, in no table, before a pipe: the only one when None."""
        pipes = self.models.pipes
        followed = pipes[pipe or next(iter(pipes))].definition.stream_arn
        for stream in self.models.streams.values():
            if stream.arn == followed:
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
        """A boto3 client of the test's own, which may do everything."""
        return Client(patches.client(service), partial(self._call, caller=None))

    def sent(self, sink: str) -> list[Message]:
        """The messages that the receiver of a sink took, oldest first."""
        return [message for message in self.attempts(sink) if message.accepted]

    def attempts(self, sink: str) -> list[Message]:
        """Everything that a sink sent, taken or not."""
        self.mapping_of(sink)
        return [message for message in self.messages if message.sink == sink]

    def events(self, kind: str | None = None, bus: str = "VotesBus") -> list[dict[str, Any]]:
        """The events on the bus with that logical id, of one detail-type or all."""
        found = self.models.buses[bus].events
        return [event for event in found if kind is None or event["detail-type"] == kind]

    def dead_letters(self, name: str | None = None) -> list[DeadLetter]:
        """The dead letters of a sink, of the queue with that logical id, or all."""
        return [
            DeadLetter.of(queue, message)
            for queue in self.dead_letter_queues(name)
            for message in queue.messages
        ]

    def waiting(self, sink: str) -> int:
        """How many messages are in a sink's queue."""
        return len(self.mapping_of(sink).queue.messages)

    def items(self, table: str) -> list[dict[str, Any]]:
        """The items of the table with that logical id, as attribute values."""
        return list(self.models.tables[table].items.values())

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What a function logged; a line that is not JSON is `{"message": …}`."""
        return self.models.functions[function].lines

    @property
    def steps_made(self) -> list[Step]:
        """The steps that functions made so far, right before and after each of their calls."""
        return self.crash_points.made

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

    def mapping_of(self, sink: str) -> EventSourceMapping:
        """What feeds a sink's function. Raises KitError for a sink that does not run."""
        mappings = {mapping.function.sink: mapping for mapping in self.models.mappings}
        names.only(mappings, [sink], _NOT_HERE)
        return mappings[sink]

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

    def answer(self, sink: str, *, times: int = 1, retry_after: float | None = None,
               **answer: Any) -> None:  # fmt: skip
        """Have the receiver answer a sink's next requests like this; see `Answer`.

        With `retry_after` the status is 429 unless another is given.
        """
        if retry_after is not None:
            answer.setdefault("status", 429)
            answer["headers"] = {**answer.get("headers", {}), "Retry-After": f"{retry_after:g}"}
        names.only(self._senders, [sink], _NOT_HERE)
        self.receiver.plan(sink, Answer(**answer), times)

    def serve(self, sink: str, behaviour: Callable[[Request], Answer]) -> None:
        """Have a function answer a sink's requests, where no `answer` is planned."""
        names.only(self._senders, [sink], _NOT_HERE)
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
        self.simulation.faults.of[table.arn if table else name].append(Fault("throttle", times, ""))

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

        A part is 'settings', 'lease', 'deliver', 'mark', 'release', 'send to dlq' or 'put back'.
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

    def _build(
        self,
        project: Project,
        parameters: Mapping[str, Any],
        settings: Mapping[str, Mapping[str, Any]],
        sinks: Collection[str] | None,
    ) -> None:
        known = [sink.name for sink in project.sinks]
        names.only(known, sinks or (), "There is no sink '{}'.")
        values = setting_values(project.settings, self.receiver.url, settings)
        chosen = template_parameters(project, values, known if sinks is None else sinks)
        self.resources = Resources(project.template, {**chosen, **parameters})
        self.models = Models(self.simulation, project.root, self.resources, self._patches)
        running = [mapping.function.sink for mapping in self.models.mappings]
        self._senders = [*running, *(enricher.name for enricher in project.enrichers)]
        mail = Mail(self.simulation, self._running, self.receiver.answer)
        services = {**self.models.services(), "sesv2": mail}
        self.calls = Calls(self.simulation, services, self.models.roles.allows)
        for env, secret in secret_values(project.settings, values).items():
            for function in self.models.functions.values():
                if arn := function.environment.get(env):
                    self.models.secrets.values[arn] = json.dumps(secret)

    def _running(self) -> str:
        invocation = self._patches.current.invocation
        return invocation.sink if invocation else ""

    def _call(
        self, client: Any, operation: str, parameters: dict[str, Any], caller: Caller | None
    ) -> Any:
        return self.calls.call(client, operation, parameters, caller)

    def _arrived(self, request: Request, answer: Answer) -> None:
        invocation = self._patches.current.invocation
        events = invocation.events if invocation else None
        message = Message.of(request, answer, self.simulation.now, events)
        self.messages.append(message)
        what = "sent" if answer.accepts else "not taken"
        self.simulation.trace.note(what, request.name, message.vote_key, **answer.facts)

    def _known(self, name: str) -> None:
        known = [*self.models.functions, *self.models.queues]
        names.only(known, [name], "The template has no function or queue '{}'.")


def _text(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, dict) else str(value)
