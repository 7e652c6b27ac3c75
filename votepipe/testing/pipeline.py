"""The whole pipeline in one process, on a clock of its own."""

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

from boto3.dynamodb.types import TypeSerializer

from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.functions import patches
from votepipe.emulator.functions.crash_points import CrashPoints
from votepipe.emulator.http.receiver import Answer, Receiver, Request
from votepipe.emulator.services.calls import Caller, Calls
from votepipe.emulator.services.mail import Mail
from votepipe.emulator.simulation import opened
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.jsontext import copied
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.project import Project
from votepipe.testing.evidence import Evidence
from votepipe.testing.harm import Harm
from votepipe.testing.messages import Message
from votepipe.testing.settings import setting_values

START = datetime(2026, 1, 4, 10, tzinfo=UTC)

_KINDS = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}
_MONTH = 30 * 86_400.0


class Pipeline(Harm, Evidence):
    """A checkout's template and plugins, running on virtual time.

    `parameters` are the template's; `sinks` names those that run, all when None; `settings` are
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
        self.messages = []
        self.receiver = Receiver(self._arrived, virtual_time=True)
        self._patches = patches.Patches(
            self.simulation, self.crash_points, self.receiver, self._call
        )
        self._now = lambda: self.simulation.now
        opened.begin(self._now)
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
            opened.end(self._now)
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
                raise KitError(
                    f"After {within:g} s there is still something to do. Look at the trace."
                )

    def put(self, vote: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Write an item: plain values as boto3's resource takes them, or attribute values."""
        self.models.tables[table].put(attributes(vote))

    def remove(self, keys: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Delete the item with these keys; other attributes are ignored."""
        found = self.models.tables[table]
        item = attributes(keys)
        found.remove({name: item[name] for name in found.index.keys})

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
        self.simulation.tasks.run(lambda: answers.append(called.invoke(copied(event))))
        with self._loud():
            while not answers:
                self.simulation.clock.run_next()
        return answers[0]

    def client(self, service: str) -> "Client":
        """A boto3 client of the test's own, whose calls the pipeline answers."""
        return Client(self, patches.client(service))

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
        values = setting_values(project.settings, self.receiver.url, settings)
        declared = project.template.get("Parameters", {})
        from_settings = {
            str(field.parameter): values[sink][field.name]
            for sink, fields in project.settings.items()
            for field in fields
            if field.parameter in declared and field.name in values[sink]
        }
        self.resources = Resources(project.template, {**from_settings, **parameters})
        self.models = Models(
            self.simulation,
            project.root,
            self.resources,
            self._patches,
            sinks,
        )
        mail = Mail(self.simulation, self._sink_running, self.receiver.answer)
        services = {**self.models.services(), "ses": mail, "sesv2": mail}
        self._calls = Calls(self.simulation, services, self.models.roles.allows)
        self._fill_secrets(project, values)

    def _fill_secrets(self, project: Project, values: Mapping[str, Mapping[str, str]]) -> None:
        for sink, fields in project.settings.items():
            names = {field.name: field.env for field in fields if field.kind == "secret"}
            secret = {name: values[sink][name] for name in names if name in values[sink]}
            for function in self.models.functions.values():
                for env in names.values():
                    if arn := function.environment.get(env):
                        self.models.secrets.values[arn] = json.dumps(secret)

    def _call(
        self, client: Any, operation: str, parameters: dict[str, Any], caller: Caller | None
    ) -> Any:
        return self._calls.call(client, operation, parameters, caller)

    def _sink_running(self) -> str:
        invocation = self._patches.current.invocation
        return invocation.sink if invocation else ""

    def _arrived(self, request: Request, answer: Answer) -> None:
        invocation = self._patches.current.invocation
        message = Message(
            sink=request.name,
            at=self.simulation.now,
            request=request,
            status=answer.status,
            accepted=answer.accepts,
            events=invocation.events if invocation else None,
        )
        self.messages.append(message)
        what = "sent" if answer.accepts else "not taken"
        self.simulation.trace.note(what, request.name, message.vote_key, **answer.facts)


class Client:
    """A boto3 client that asks a pipeline instead of AWS, with leave to do everything."""

    def __init__(self, pipeline: Pipeline, client: Any) -> None:
        self._pipeline = pipeline
        self._client = client

    def __getattr__(self, name: str) -> Any:
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return getattr(self._client, name)
        return lambda **given: self._pipeline._call(self._client, operation, given, None)


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as attribute values; one that consists of them already is taken as it is."""
    if item and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _KINDS
        for value in item.values()
    ):
        return dict(item)
    return {name: _serializer().serialize(value) for name, value in item.items()}
