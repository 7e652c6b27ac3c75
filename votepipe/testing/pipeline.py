"""The whole pipeline in one process, on a clock of its own."""

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from boto3.dynamodb.types import TypeSerializer

from votepipe import clock
from votepipe.dev import ROOT
from votepipe.testing import blueprint
from votepipe.testing.build import Models
from votepipe.testing.calls import Calls
from votepipe.testing.errors import KitError
from votepipe.testing.incoming import Request
from votepipe.testing.mail import Mail
from votepipe.testing.messages import Message
from votepipe.testing.receiver import Answer, Receiver
from votepipe.testing.resources import Resources
from votepipe.testing.steps import Steps
from votepipe.testing.trace import Trace
from votepipe.testing.wires import Wires
from votepipe.testing.world import World

START = datetime(2026, 1, 4, 10, tzinfo=UTC)
_KINDS = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}
_LONG = 30 * 86_400.0


class Pipeline:
    """A checkout's template and plugins, running on virtual time.

    `parameters` are the template's; `sinks` names those that run, all when None; `start` is when
    time begins. The same `seed` gives the same
    trace, byte for byte. Close it, or use it as a context manager.
    Raises Unmodelled for what the template has and the kit has not.
    """

    def __init__(
        self,
        root: Path = ROOT,
        parameters: Mapping[str, Any] | None = None,
        *,
        sinks: Collection[str] | None = None,
        seed: int = 0,
        start: datetime = START,
    ) -> None:
        self.world = World(start.timestamp(), seed)
        self.steps = Steps()
        self._messages: list[Message] = []
        self._receiver = Receiver(self._arrived)
        self._wires = Wires(self.world, self.steps, self._receiver, self._call)
        self._real_now = clock.now
        clock.now = lambda: self.world.now
        self._closed = False
        try:
            self._build(blueprint.read(root), parameters or {}, sinks)
        except BaseException:
            self.close()
            raise

    def _build(
        self, plan: blueprint.Blueprint, parameters: Mapping[str, Any], sinks: Collection[str] | None
    ) -> None:
        declared = plan.template.get("Parameters", {})
        known = {
            field.parameter: value
            for sink, fields in plan.settings.items()
            for field in fields
            if field.parameter in declared
            and (value := blueprint.value_for(field, sink, self._receiver.url)) is not None
        }
        self.resources = Resources(plan.template, {**known, **parameters})
        self.models = Models(
            self.world, plan, self.resources, self.steps, self._wires.patches, sinks
        )
        mail = Mail(self.world, self._sink_running, self._receiver.answer)
        services = {**self.models.services(), "ses": mail, "sesv2": mail}
        self._calls = Calls(self.world, services, self.models.roles.allows)
        self._fill_secrets(plan)

    def _fill_secrets(self, plan: blueprint.Blueprint) -> None:
        for sink, fields in plan.settings.items():
            secret = {
                field.name: blueprint.value_for(field, sink, self._receiver.url)
                for field in fields
                if field.kind == "secret"
            }
            arns = {
                function.environment[field.env]
                for function in self.models.functions.values()
                for field in fields
                if field.kind == "secret" and field.env in function.environment
            }
            for arn in arns:
                self.models.secrets.values[arn] = json.dumps(secret)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that was started."""
        if self._closed:
            return
        self._closed = True
        clock.now = self._real_now
        self.world.tasks.close()
        self._wires.close()
        self._receiver.close()

    # Time

    @property
    def now(self) -> datetime:
        """What time it is."""
        return datetime.fromtimestamp(self.world.now, UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Let time pass, and do all that is due in it."""
        until = self.world.now + seconds + 60 * minutes + 3600 * hours
        with self._loud():
            self.world.agenda.run_until(until)

    def run_until_idle(self, *, within: float = _LONG) -> None:
        """Let time pass until nothing is left to do, except what recurs for ever.

        Raises KitError when that takes longer than `within` seconds.
        """
        with self._loud():
            if not self.world.agenda.run_to_rest(self.world.now + within):
                raise KitError(
                    f"After {within:g} s there is still something to do. Look at the trace."
                )

    @contextlib.contextmanager
    def _loud(self) -> Iterator[None]:
        """Say what is not modelled, even if a function's code swallowed the error."""
        yield
        if self.world.refused:
            raise self.world.refused.pop(0)

    # Votes

    def put(self, vote: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Write an item: plain values as boto3's resource takes them, or attribute values."""
        self._table(table).put(attributes(vote))

    def remove(self, keys: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Delete the item with these keys; other attributes are ignored."""
        found = self._table(table)
        found.remove({name: attributes(keys)[name] for name in found.index.keys})

    def expire(self, keys: Mapping[str, Any], table: str = "VotesTable") -> None:
        """Delete the item with these keys as its time to live does."""
        stream = self.models.streams[table]
        stream.expiring = True
        try:
            self.remove(keys, table)
        finally:
            stream.expiring = False

    def put_records(self, records: list[dict[str, Any]], table: str = "VotesTable") -> None:
        """Put stream records as they are, in no table."""
        next(
            stream for name, stream in self.models.streams.items() if name in (table, "VotesPipe")
        ).put(records)

    def _table(self, name: str) -> Any:
        return self.models.tables[name]

    # Messages

    def sent(self, sink: str) -> list[Message]:
        """The messages that the receiver of a sink took, oldest first."""
        return [message for message in self.attempts(sink) if message.accepted]

    def attempts(self, sink: str) -> list[Message]:
        """Everything that a sink sent, taken or not."""
        return [message for message in self._messages if message.sink == sink]

    def answer(self, sink: str, *, times: int = 1, **answer: Any) -> None:
        """Have the receiver answer a sink's next requests like this; see `Answer`."""
        if (wait := answer.pop("retry_after", None)) is not None:
            answer.setdefault("status", 429)
            answer["headers"] = {**answer.get("headers", {}), "Retry-After": str(wait)}
        self._receiver.plan(sink, Answer(**answer), times)

    def _arrived(self, request: Request, answer: Answer) -> None:
        invocation = self.world.invocation
        message = Message(
            sink=request.sink,
            at=self.world.now,
            request=request,
            status=answer.status,
            accepted=answer.accepts,
            events=invocation.events if invocation else None,
        )
        self._messages.append(message)
        what = "sent" if answer.accepts else "refused"
        self.world.trace.note(what, request.sink, message.subject, status=answer.status)

    def _sink_running(self) -> str:
        """The sink whose function runs now."""
        invocation = self.world.invocation
        return invocation.function.sink if invocation else ""

    # What happened

    @property
    def trace(self) -> Trace:
        """All that happened; `str` of it is the same in every run with the same seed."""
        return self.world.trace

    def _call(self, client: Any, operation: str, parameters: dict[str, Any], caller: Any) -> Any:
        return self._calls.call(client, operation, parameters, caller)


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as attribute values; one that consists of them already is taken as it is."""
    if item and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _KINDS
        for value in item.values()
    ):
        return dict(item)
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in item.items()}
