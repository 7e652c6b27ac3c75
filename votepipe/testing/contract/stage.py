"""What surrounds a sink's function while it is tried: an AWS of this process, and short time-outs.

Queue, dead letters, deliveries table and secret are played by moto, and the message takes the real
way through `votepipe.delivery`. Any other service of AWS answers as its model says. Nothing reaches
beyond this machine.
"""

import contextlib
import io
import json
import logging
import os
import socket
import sys
import threading
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from unittest import mock

import boto3
from botocore.client import BaseClient
from moto import mock_aws

from votepipe import aws, delivery, http, secret
from votepipe.dev.project import Plugin
from votepipe.fields import Field
from votepipe.plugins import Sink
from votepipe.testing.contract import samples
from votepipe.testing.contract.receiver import Receiver, Request

SECRET = "canarysecret"  # noqa: S105 - the part of an address that must not be seen anywhere
SOCKET_SECONDS = 0.3  # time-outs of sockets are cut to this
EXCHANGE_SECONDS = 0.6  # and those of a whole exchange to this
PATIENCE = 4.0  # a sink that takes longer than this never gives up
WAIT = 7  # what the receiver asks for with Retry-After

_OWN_SERVICES = ("sqs", "dynamodb", "secretsmanager")
_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Call:
    """A call to a service of AWS that is not the library's own."""

    name: str
    parameters: dict[str, Any]


@dataclass
class Seen:
    """What happened to one message, and all that could be seen meanwhile.

    `outcome` is the library's word for it, or "never ended" or "broke".
    `output` is what was printed and logged, and the reason at the dead letter.
    """

    outcome: str
    wait: float | None
    why: str
    output: str
    requests: list[Request]
    calls: list[Call]

    @property
    def words(self) -> str:
        """The outcome in words, for a person."""
        wait = f" for {self.wait:g} s" if self.outcome in ("later", "retried") and self.wait else ""
        words = {"later": "put back", "retried": "failed and put back"}
        return f"{words.get(self.outcome, self.outcome)}{wait}"


@dataclass
class Stage:
    """Use it as a context manager around the tries of one sink."""

    plugin: Plugin[Sink]
    receiver: Receiver = field(default_factory=Receiver)
    fault: str | None = None  # the code with which other services of AWS refuse
    calls: list[Call] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    _parts: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _waits: list[float] = field(default_factory=list)

    def __enter__(self) -> Self:
        spec = self.plugin.spec
        enter = self._parts.enter_context
        enter(self.receiver)
        enter(mock.patch.dict(os.environ))
        for name in [name for name in os.environ if name.startswith(("AWS_", "VOTEPIPE_"))]:
            del os.environ[name]
        os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
        enter(mock_aws())
        self._forget()
        self._parts.callback(self._forget)
        enter(mock.patch.object(BaseClient, "_make_api_call", self._overhearing()))
        enter(mock.patch.object(http, "MOST_SECONDS", EXCHANGE_SECONDS))
        enter(mock.patch.object(socket.socket, "settimeout", _hurried()))
        enter(mock.patch.object(socket.socket, "connect", self._guarded()))
        # Annotations of the sink's classes are looked up in its module.
        module = types.ModuleType(spec.module)
        module.__dict__.update(spec.function.__globals__)
        enter(mock.patch.dict(sys.modules, {spec.module: module}))
        self._build()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    def deliver(self, event: dict[str, Any]) -> Seen:
        """Send an event through the sink's queue and function, and see what becomes of it."""
        before = len(self.receiver.requests), len(self.calls)
        self._waits.clear()
        batch = self._received(samples.envelope(event))
        ended, output = self._run(batch)
        words = _line(output)
        reason = self._reason()
        return Seen(
            outcome=ended or words.get("outcome", "broke"),
            wait=self._waits[-1] if self._waits else None,
            why=str(words.get("why", "")),
            output="\n".join([output, reason]),
            requests=self.receiver.requests[before[0] :],
            calls=self.calls[before[1] :],
        )

    @property
    def secrets(self) -> list[str]:
        """What must be seen nowhere: the secret part of addresses, and secrets with an example."""
        return [
            SECRET,
            *(
                field.example.removeprefix("whsec_")
                for field in self.plugin.settings
                if field.kind == "secret" and field.example
            ),
        ]

    def _build(self) -> None:
        """The queues, the table and the secret, and the environment that names them."""
        name = self.plugin.name
        sqs = boto3.client("sqs")
        self._queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        self._dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        boto3.client("dynamodb").create_table(
            TableName="deliveries",
            KeySchema=[{"AttributeName": "delivery", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "delivery", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        os.environ |= {
            "VOTEPIPE_SINK": name,
            "QUEUE_URL": self._queue,
            "DEAD_LETTERS_URL": self._dead,
            "DELIVERIES_TABLE": "deliveries",
            "MAX_TRIES": str(self.plugin.spec.tries),
        }
        values = {field: self._value(field) for field in self.plugin.settings}
        hidden = {f.name: value for f, value in values.items() if f.kind == "secret" and value}
        os.environ |= {f.env: value for f, value in values.items() if f.kind != "secret" and value}
        if hidden:
            arn = boto3.client("secretsmanager").create_secret(
                Name=name, SecretString=json.dumps(hidden)
            )["ARN"]
            os.environ |= {f.env: arn for f in values if f.kind == "secret"}

    def _value(self, field: Field) -> str | None:
        """What a setting is set to: the receiver's address, else its example; None for nothing."""
        if wants_address(field):
            return f"{self.receiver.url}/receive/{self.plugin.name}/{SECRET}"
        if field.example is None and field.required:
            return str(field.choices[0]) if field.choices else "1"
        return field.example

    def _received(self, body: str) -> dict[str, Any]:
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=self._queue, MessageBody=body)
        message = sqs.receive_message(QueueUrl=self._queue)["Messages"][0]
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        return {"Records": [record]}

    def _run(self, batch: dict[str, Any]) -> tuple[str | None, str]:
        """Call the function as Lambda does; tell whether it did not end well, and what it said."""
        errors: list[BaseException] = []

        def call() -> None:
            try:
                delivery.deliver(self.plugin.spec, batch, _Context(self.plugin.spec.timeout))
            except BaseException as error:
                errors.append(error)

        with _recorded() as said:
            thread = threading.Thread(target=call, daemon=True)
            thread.start()
            thread.join(PATIENCE)
        if thread.is_alive():
            return "never ended", said.getvalue()
        return (f"broke with {type(errors[0]).__name__}" if errors else None), said.getvalue()

    def _reason(self) -> str:
        """The reason at the message in the dead letters, which is taken out; "" without one."""
        sqs = boto3.client("sqs")
        answer = sqs.receive_message(QueueUrl=self._dead, MessageAttributeNames=["All"])
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
            return str(message["MessageAttributes"]["reason"]["StringValue"])
        return ""

    def _overhearing(self) -> Callable[..., Any]:
        real = BaseClient._make_api_call

        def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            if service in _OWN_SERVICES:
                if operation == "ChangeMessageVisibility":
                    self._waits.append(parameters["VisibilityTimeout"])
                return real(client, operation, parameters)
            self.calls.append(Call(f"{service}:{operation}", parameters))
            if self.fault:
                error = {"Error": {"Code": self.fault, "Message": json.dumps(parameters)}}
                raise client.exceptions.from_code(self.fault)(error, operation)
            return _answer(client.meta.service_model.operation_model(operation).output_shape)

        return call

    def _guarded(self) -> Callable[..., Any]:
        real = socket.socket.connect

        def connect(sock: socket.socket, address: Any) -> Any:
            if sock.family != socket.AF_UNIX and address[0] not in _LOCAL:
                self.outside.append(str(address[0]))
                raise OSError("A check talks to this machine only.")
            return real(sock, address)

        return connect

    @staticmethod
    def _forget() -> None:
        aws.client.cache_clear()
        secret.forget()


def wants_address(field: Field) -> bool:
    """Whether a setting takes the receiver's address: it has to be set, or it holds one already."""
    if field.kind == "secret" and field.required and field.example is None:
        return True
    usual = field.example or (field.default if isinstance(field.default, str) else "") or ""
    return field.kind in ("text", "secret") and usual.startswith(("http://", "https://"))


@dataclass(frozen=True)
class _Context:
    """What Lambda hands to a function beside the batch."""

    seconds: int

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


def _hurried() -> Callable[..., None]:
    real = socket.socket.settimeout

    def settimeout(sock: socket.socket, seconds: float | None) -> None:
        real(sock, seconds if seconds is None else min(seconds, SOCKET_SECONDS))

    return settimeout


@contextlib.contextmanager
def _recorded() -> Iterator[io.StringIO]:
    """All that is printed, and logged from INFO on, as in Lambda."""
    said = io.StringIO()
    root = logging.getLogger()
    handler = logging.StreamHandler(said)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def _line(output: str) -> dict[str, Any]:
    """The library's last line about what became of the message."""
    for line in reversed(output.splitlines()):
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and "outcome" in found:
                return found
    return {}


def _answer(shape: Any) -> Any:
    """An answer of AWS as its model describes it."""
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members = shape.members if shape is not None else {}
        return {name: _answer(member) for name, member in members.items() if name != "Error"}
    plain = {"list": [], "map": {}, "boolean": False, "blob": b"", "timestamp": None}
    return plain.get(kind, "check" if kind in ("string", "char") else 0)
