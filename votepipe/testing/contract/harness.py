"""A sink in a pipeline of its own: events go in, and all that comes out is seen.

The template is the checkout's, with the generated blocks of this sink alone. A sink on a schedule
gets the sinks beside it whose tables it reads.
"""

import atexit
import contextlib
import io
import json
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest import mock

from votepipe.emulator.functions.calls import Caller
from votepipe.emulator.functions.outputs import OBJECT, PUBLISHED
from votepipe.emulator.http.receiver import Request
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.plugins import Sink
from votepipe.project import checkout, plugins, sync, zips
from votepipe.project.plugins import Plugin
from votepipe.testing.client import attributes
from votepipe.testing.contract import samples
from votepipe.testing.pipeline import Pipeline

SECRET = "canarysecret"  # noqa: S105 - the part of an address that must not be seen anywhere
TURNS = 5  # how often a sink may wait for a slot before it sends

_STEP = 0.5  # seconds; messages are put back for a second at least, so no attempt is missed
_LONGEST = 1200.0  # seconds; a function never runs longer than 900
_LIBRARY_SERVICES = ("sqs", "dynamodb", "secretsmanager")
_MODELLED_SERVICES = ("events", "scheduler", "sesv2", "s3", "sns")
_OF_AWS = ("MAIL", OBJECT, PUBLISHED)  # what such a service hands on, which is no request
_WORDS = {
    "later": "put back",
    "retried": "failed, put back",
    "undeliverable": "moved to the dead letters",
}


def load(path: Path) -> Plugin[Sink]:
    """The sink in this file. Raises PluginError when it breaks the plugin contract.

    A `requirements.txt` beside a package is installed as for its function, after what is there.
    """
    requirements = path.parent / "requirements.txt"
    if path.name == "__init__.py" and requirements.exists():
        packages = str(zips.packages(requirements))
        if packages not in sys.path:
            sys.path.append(packages)
    return plugins.sink(path)


@cache
def project_with(path: Path) -> Path:
    """A checkout that has this sink, and those that keep what it reads; gone with the process."""
    here, root = checkout(), Path(tempfile.mkdtemp(prefix="votepipe-check-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    (root / "sinks").mkdir()
    (root / "sinks" / "__init__.py").touch()
    for name in ("enrichers", "schemas", "widgets.toml"):
        (root / name).symlink_to(here / name)
    folder = plugins.home(path).parent
    shared = [each for each in folder.glob("_*.py") if each.name != "__init__.py"]
    for each in (path, *_neighbours(path), *shared):
        (root / "sinks" / plugins.home(each).name).symlink_to(plugins.home(each).resolve())
    text = (here / "template.yaml").read_bytes().decode()
    rendered = sync.synced(text, sync.resources(root), sync.enricher_settings(root))
    (root / "template.yaml").write_bytes(rendered.encode())
    return root


def _neighbours(path: Path) -> Iterator[Path]:
    """The sinks that write to a table which this one, on a schedule, reads."""
    spec = plugins.sink(path).spec
    for each in plugins.modules(plugins.home(path).parent) if spec.schedule else ():
        if each != path and plugins.keeps_for(plugins.sink(each).spec, spec):
            yield each


@dataclass(frozen=True)
class Call:
    """A call to a service of AWS that the library does not use itself."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What happened to one message, and all that could be seen meanwhile.

    `outcome` is the library's word for it, or says that the function failed or never ended.
    `output` is what was printed and logged, and the reason at the dead letter.
    """

    outcome: str
    wait: float | None
    why: str
    output: str
    requests: list[Request]
    calls: list[Call]

    @property
    def stays(self) -> bool:
        """Whether the message is still in the queue."""
        return self.outcome in ("later", "retried")

    @property
    def sent(self) -> bool:
        """Whether anything left the function."""
        return bool(self.requests or self.calls)

    @property
    def words(self) -> str:
        """The outcome in words, for a person."""
        wait = f" for {self.wait:g} s" if self.wait is not None and self.stays else ""
        return _WORDS.get(self.outcome, self.outcome) + wait


class Harness:
    """Use it as a context manager around one scenario.

    `fault` is the code with which services of AWS refuse that the library does not use itself.
    `refused` says what the sink used that a pipeline does not have, such as other hosts.
    """

    def __init__(self, plugin: Plugin[Sink]) -> None:
        self.plugin = plugin
        self.fault: str | None = None
        self.refused: list[str] = []
        self._calls: list[Call] = []
        self._moments: dict[str, int] = {}
        self._message = ""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as parts:
            self.pipeline = parts.enter_context(
                Pipeline(project_with(self.plugin.path), fill_secrets=True)
            )
            mapping = self.pipeline.mapping_of(self.plugin.name)
            self._queue, self._function = mapping.queue, mapping.function
            self._aws = self.pipeline.calls.call
            parts.enter_context(mock.patch.object(self.pipeline.calls, "call", self._answer))
            self._hide_a_secret_in_addresses()
            self._parts = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def deliver(self, event: dict[str, Any]) -> Seen:
        """Put an event into the sink's queue, and see what becomes of it.

        A sink on a schedule gets a scheduled event instead, once its neighbours have the event.
        """
        self._store(event["vote"])
        body = samples.envelope(event)
        if self.plugin.spec.schedule is not None:
            self._keep(event)
            body = samples.moment(self._moments.setdefault(event["eventID"], len(self._moments)))
        sqs = self.pipeline.client("sqs")
        self._message = sqs.send_message(QueueUrl=self._queue.url, MessageBody=body)["MessageId"]
        return self.attempt()

    def attempt(self) -> Seen:
        """See the next attempt at the message that was delivered last.

        Time passes, so a sink that waits for a slot before it sends gets it.
        """
        seen = self._attempt()
        for _ in range(TURNS - 1):
            if seen.outcome != "later" or seen.sent:
                break
            seen = self._attempt()
        return seen

    @property
    def secrets(self) -> list[str]:
        """What must be seen nowhere: the secret part of addresses, and secrets with an example."""
        hidden = [f.example for f in self.plugin.settings if f.kind == "secret" and f.example]
        return [SECRET, *(text.removeprefix("whsec_") for text in hidden)]

    def _attempt(self) -> Seen:
        pipeline, hops = self.pipeline, len(self.pipeline.trace.hops)
        messages, calls = len(pipeline.messages), len(self._calls)
        printed = len(self._function.lines)
        with _recorded() as said:
            line = self._run(printed, hops)
        waits = [
            hop.facts["wait"]
            for hop in pipeline.trace.hops[hops:]
            if hop.where == self._queue.id and "wait" in hop.facts
        ]
        lines = [json.dumps(each, ensure_ascii=False) for each in self._function.lines[printed:]]
        reasons = [each.reason for each in pipeline.dead_letters(self.plugin.name)]
        requests = [each.request for each in pipeline.messages[messages:]]
        return Seen(
            outcome=line["outcome"],
            wait=waits[-1] if waits else None,
            why=str(line.get("why", "")),
            output="\n".join([*lines, said.getvalue(), str(line.get("why", "")), *reasons]),
            requests=[request for request in requests if request.method not in _OF_AWS],
            calls=self._calls[calls:],
        )

    def _run(self, printed: int, hops: int) -> Mapping[str, Any]:
        """Let time pass until the function is done with the message; returns how it ended."""
        for _ in range(int(_LONGEST / _STEP)):
            try:
                self.pipeline.advance(seconds=_STEP)
            except Unmodelled as refused:
                self.refused.append(str(refused))
            for line in self._function.lines[printed:]:
                if line.get("messageId") == self._message and "outcome" in line:
                    return line
            for hop in self.pipeline.trace.hops[hops:]:
                if hop.what == "failed" and hop.where == self._function.id:
                    return {"outcome": "the function failed", "why": hop.facts["why"]}
        return {"outcome": "never ended"}

    def _keep(self, event: dict[str, Any]) -> None:
        """Hand an event to the sinks that keep what this one reads."""
        for mapping in self.pipeline.models.fed.values():
            if mapping.function is not self._function:
                self.pipeline.client("sqs").send_message(
                    QueueUrl=mapping.queue.url, MessageBody=samples.envelope(event)
                )
        self.pipeline.advance(minutes=1)

    def _store(self, vote: dict[str, Any]) -> None:
        """Write the vote of an event, past the stream: enrichment would reject some of them."""
        if "voteType" in vote:
            item = attributes({**vote, "answers": json.dumps(vote.get("answers", {}))})
            table = self.pipeline.models.tables["VotesTable"]
            table.items[table.key_of(item)] = item

    def _hide_a_secret_in_addresses(self) -> None:
        address = f"{self.pipeline.receiver.url}/{self.plugin.name}"
        secrets = self.pipeline.models.secrets.values
        for name, text in secrets.items():
            secrets[name] = text.replace(address, f"{address}/{SECRET}")
        self._function.environment = {
            name: text.replace(address, f"{address}/{SECRET}")
            for name, text in self._function.environment.items()
        }

    def _answer(
        self, client: Any, operation: str, parameters: dict[str, Any], caller: Caller | None
    ) -> Any:
        service = client.meta.service_model.service_name
        if caller is None or caller.id != self._function.id or service in _LIBRARY_SERVICES:
            return self._aws(client, operation, parameters, caller)
        self._calls.append(Call(f"{service}:{operation}", parameters))
        if self.fault is not None:
            # As AWS's own texts do, it quotes the parameters.
            error = {"Code": self.fault, "Message": json.dumps(parameters, default=str)}
            raise client.exceptions.from_code(self.fault)({"Error": error}, operation)
        if service in _MODELLED_SERVICES:
            return self._aws(client, operation, parameters, caller)
        return _made_up(client.meta.service_model.operation_model(operation).output_shape)


def _made_up(shape: Any) -> Any:
    """An answer of AWS as its model describes it."""
    kind = shape.type_name if shape is not None else "map"
    if kind == "structure":
        return {name: _made_up(member) for name, member in shape.members.items()}
    plain = {"list": [], "map": {}, "boolean": False, "blob": b"", "timestamp": None}
    return plain.get(kind, "check" if kind == "string" else 0)


@contextlib.contextmanager
def _recorded() -> Iterator[io.StringIO]:
    """What goes to stderr, and what is logged from INFO on: Lambda keeps both."""
    said = io.StringIO()
    root = logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stderr(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a function they are not errors
            yield said
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
