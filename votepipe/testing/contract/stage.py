"""What surrounds a sink's function while it is tried: an AWS of this process, and a receiver.

Queue, dead letters, deliveries table and secret are played by moto, and the message takes the real
way through `votepipe.delivery`. Any other service of AWS answers as its model says. Nothing reaches
beyond this machine.
"""

import contextlib
import json
import os
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self
from unittest import mock

from moto import mock_aws

from votepipe import aws, http
from votepipe.aws import secrets
from votepipe.delivery.deliver import deliver
from votepipe.model import times
from votepipe.plugins import Sink
from votepipe.project.plugins import Plugin
from votepipe.testing.contract import kept, samples, seams
from votepipe.testing.contract.receiver import Receiver, Request
from votepipe.testing.contract.surroundings import SECRET, Surroundings

EXCHANGE_SECONDS = 1.0  # what time-outs of `votepipe.http` are cut to, where it is to be quick
PAUSE = 60.0  # seconds from an event to the moment of a sink on a schedule
TURNS = 5  # how often a sink may wait for its turn before it sends
PATIENCE = 10.0  # a sink that takes longer than this never gives up

_OWN_SERVICES = ("sqs", "dynamodb", "secretsmanager")
_WORDS = {
    "later": "put back",
    "retried": "failed, put back",
    "undeliverable": "moved to the dead letters",
}


@dataclass(frozen=True)
class Call:
    """A call to a service of AWS that is not the library's own."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What happened to one message, and all that could be seen meanwhile.

    `outcome` is the library's word for it, or "never ended", or "broke with …".
    `output` is what was printed and logged, and the reason at the dead letter.
    """

    outcome: str
    wait: float | None
    why: str
    output: str
    requests: list[Request]
    calls: list[Call]

    @property
    def sent(self) -> bool:
        """Whether anything left the function."""
        return bool(self.requests or self.calls)

    @property
    def words(self) -> str:
        """The outcome in words, for a person."""
        wait = f" for {self.wait:g} s" if self.wait is not None and self.outcome in _WORDS else ""
        return _WORDS.get(self.outcome, self.outcome) + wait


@dataclass
class Stage:
    """Use it as a context manager around the tries of one sink.

    `fault` is the code with which services of AWS that are not the library's own refuse.
    `outside` are the hosts elsewhere that the sink tried to reach.
    """

    plugin: Plugin[Sink]
    receiver: Receiver = field(default_factory=Receiver)
    fault: str | None = None
    outside: list[str] = field(default_factory=list)
    _calls: list[Call] = field(default_factory=list)
    _waits: list[float] = field(default_factory=list)
    _parts: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _ahead: float = 0.0
    _moments: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        enter = self._parts.enter_context
        enter(self.receiver)
        enter(mock.patch.dict(os.environ))
        for name in [name for name in os.environ if name.startswith(("AWS_", "VOTEPIPE_"))]:
            del os.environ[name]
        os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        enter(mock_aws())
        _forget()
        self._parts.callback(_forget)
        enter(seams.asked_of_aws(self._answer))
        enter(seams.kept_here(self.outside))
        enter(mock.patch.object(times, "now", self._now))
        enter(_module_of(self.plugin.spec))
        self._surroundings = Surroundings(self.plugin, self.receiver.url)
        os.environ |= self._surroundings.environment
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def deliver(self, event: dict[str, Any]) -> Seen:
        """Send an event through the sink's queue and function, and see what becomes of it.

        A sink on a schedule gets a moment instead, after others kept what it reads of the event.

        One that waits for its turn comes again when that time is over. Time then goes on.
        """
        if self.plugin.spec.schedule is None:
            record = self._surroundings.received(samples.envelope(event))
        else:
            kept.keep(self.plugin, event, self._surroundings.tables)
            self._ahead += PAUSE
            number = self._moments.setdefault(event["eventID"], len(self._moments))
            record = self._surroundings.received(samples.moment(number))
        said = ""
        for turn in range(1, TURNS + 1):
            record["attributes"]["ApproximateReceiveCount"] = str(turn)
            seen = self._deliver(record, said)
            if seen.outcome != "later" or seen.sent:
                break
            said = seen.output
        return seen

    def _deliver(self, record: dict[str, Any], before: str) -> Seen:
        requests, calls = len(self.receiver.requests), len(self._calls)
        self._waits.clear()
        problem, output = self._run({"Records": [record]})
        line = _line(output)
        self._ahead += 1 + max(self._waits, default=0)
        return Seen(
            outcome=problem or line.get("outcome", "ended without a word"),
            wait=self._waits[-1] if self._waits else None,
            why=str(line.get("why", "")),
            output=f"{before}{output}\n{self._surroundings.reason()}",
            requests=self.receiver.requests[requests:],
            calls=self._calls[calls:],
        )

    @staticmethod
    @contextlib.contextmanager
    def hurried() -> Iterator[None]:
        """Cut time-outs short, for a receiver that lets the sink wait."""
        with seams.hurried(), mock.patch.object(http, "MOST_SECONDS", EXCHANGE_SECONDS):
            yield

    @property
    def secrets(self) -> list[str]:
        """What must be seen nowhere: the secret part of addresses, and secrets with an example."""
        hidden = [f.example for f in self.plugin.settings if f.kind == "secret" and f.example]
        return [SECRET, *(text.removeprefix("whsec_") for text in hidden)]

    def _run(self, batch: dict[str, Any]) -> tuple[str | None, str]:
        """Call the function as Lambda does; tell whether it did not end well, and what it said."""
        errors: list[BaseException] = []
        limit = self.plugin.spec.rate_limit
        # A check has no time to wait for a slot.
        spec = replace(self.plugin.spec, rate_limit=limit and replace(limit, seconds=0))

        def call() -> None:
            try:
                deliver(spec, batch["Records"], _Context(self.plugin.spec.timeout))
            except BaseException as error:
                errors.append(error)

        with seams.recorded() as said, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a function they are not errors
            thread = threading.Thread(target=call, daemon=True)
            thread.start()
            thread.join(PATIENCE)
            ended = not thread.is_alive()
            if not ended:
                # What it says at its end belongs here as well.
                self.receiver.release()
                thread.join(PATIENCE)
        problem = f"broke with {type(errors[0]).__name__}" if errors else None
        return problem if ended else "never ended", said.getvalue()

    def _now(self) -> float:
        return time.time() + self._ahead

    def _answer(
        self, client: Any, operation: str, parameters: dict[str, Any], really: Callable[[], Any]
    ) -> Any:
        service = client.meta.service_model.service_name
        if service in _OWN_SERVICES:
            if operation == "ChangeMessageVisibility":
                self._waits.append(parameters["VisibilityTimeout"])
            return really()
        self._calls.append(Call(f"{service}:{operation}", parameters))
        if self.fault is None:
            return seams.by_model(client, operation)
        # As AWS's own texts do, it quotes what it got.
        error = {"Error": {"Code": self.fault, "Message": json.dumps(parameters, default=str)}}
        raise client.exceptions.from_code(self.fault)(error, operation)


@dataclass(frozen=True)
class _Context:
    """What Lambda hands to a function beside the batch."""

    seconds: int

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


@contextlib.contextmanager
def _module_of(spec: Sink) -> Any:
    """The sink's module by its name, where annotations of its classes are looked up."""
    before = sys.modules.get(spec.module)
    module = types.ModuleType(spec.module)
    module.__dict__.update(spec.function.__globals__)
    sys.modules[spec.module] = module
    try:
        yield
    finally:
        del sys.modules[spec.module]
        if before is not None:
            sys.modules[spec.module] = before


def _line(output: str) -> dict[str, Any]:
    """The library's last line about what became of the message."""
    for line in reversed(output.splitlines()):
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and "outcome" in found:
                return found
    return {}


def _forget() -> None:
    aws.client.cache_clear()
    secrets.forget()
