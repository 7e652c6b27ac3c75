"""AWS as the kit models it, behind clients and for commands."""

import io
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from votepipe import aws

if TYPE_CHECKING:
    from votepipe.testing import Pipeline


class Cut(BaseException):
    """A process died; it is no Exception, which the code might catch."""


class Mails:
    """SES: it keeps mails in `sent`, or refuses them with the code `refuses`."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.refuses: str | None = None
        self.operations = {"SendEmail": self._send}

    def touches(self, operation: str, parameters: Any) -> list[tuple[str, str]]:
        return []

    def _send(self, given: Any) -> dict[str, Any]:
        from votepipe.emulator.functions.calls import Refused

        if self.refuses:
            raise Refused(self.refuses, "No.")
        self.sent.append(given)
        return {"MessageId": f"mail-{len(self.sent)}"}


class Tables:
    """DynamoDB as the test kit models it, with the tables of the template, behind every client.

    `mails` is SES. Of the calls that are made, the one numbered `cut_at` is cut off: before it
    with `cut_before`, else after. `meanwhile` has what happens just before the next call of an
    operation.
    """

    def __init__(self) -> None:
        from votepipe.emulator.dynamodb.service import DynamoDb
        from votepipe.emulator.dynamodb.table import Table
        from votepipe.emulator.functions.calls import Calls
        from votepipe.emulator.simulation.simulation import Simulation
        from votepipe.project import Project

        resources = Project.read().template["Resources"]
        facts = {name: each["Properties"] for name, each in resources.items()
                 if each["Type"] == "AWS::DynamoDB::Table"}  # fmt: skip
        arn = "arn:aws:dynamodb:us-east-1:123456789012:table/"
        self.tables = {name: Table.of(name, name, arn + name, facts[name]) for name in facts}
        self.mails = Mails()
        services = {"dynamodb": DynamoDb(self.tables), "sesv2": self.mails}
        calls = Calls(Simulation(0.0, 1), services, lambda *_: True)
        self._call = calls.call
        self.calls: list[str] = []
        self.cut_at: int | None = None
        self.cut_before = False
        self.meanwhile: dict[str, Callable[[], None]] = {}

    @property
    def client(self) -> Any:
        """A client that reaches these tables."""
        return aws.client("dynamodb")

    def answer(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer a call of a client."""
        self.meanwhile.pop(operation, lambda: None)()
        cut = self.cut_at == len(self.calls)
        self.calls.append(operation)
        if cut and self.cut_before:
            raise Cut
        answer = self._call(client, operation, parameters, None)
        if cut:
            raise Cut
        return answer

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, as plain values."""
        from votepipe.model.attributes import unmarshal

        return [
            {name: unmarshal(value) for name, value in item.items()}
            for item in self.tables[table].items.values()
        ]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The template's tables, empty, and the variables that name them."""
    from botocore.client import BaseClient

    made = Tables()
    monkeypatch.setattr(
        BaseClient, "_make_api_call", lambda client, *call: made.answer(client, *call)
    )
    for name in made.tables:
        monkeypatch.setenv(f"{name.removesuffix('Table').upper()}_TABLE", name)
    return made


@pytest.fixture
def valid_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Hold every event on every bus of the kit to its schema; returns where which type came."""
    import jsonschema

    from votepipe.emulator.eventbridge.bus import Bus
    from votepipe.project.contracts import in_folder
    from votepipe.project.schemas import FOLDER

    validators = {each.type: jsonschema.Draft7Validator(each.schema) for each in in_folder(FOLDER)}
    came: list[str] = []
    wrong: list[str] = []
    take = Bus.take

    def checked(bus: Bus, event: dict[str, Any], only: list[str] | None = None) -> None:
        came.append(f"{bus.id} {event['detail-type']}")
        errors = validators[event["detail-type"]].iter_errors(event["detail"])
        wrong.extend(f"{came[-1]}: {error.message}" for error in errors)
        take(bus, event, only)

    monkeypatch.setattr(Bus, "take", checked)
    yield came
    assert came
    assert wrong == []


@pytest.fixture(scope="session")
def deployed() -> Callable[..., Any]:
    """Make of a pipeline the deployment that commands reach on AWS."""
    from votepipe.project import Project

    def deployed(pipeline: "Pipeline", **parameters: str) -> Any:
        resources = pipeline.resources
        ids = {name: resources.ref(name) for name in resources.properties}
        stack = SimpleNamespace(
            physical_ids=ids,
            physical_id=ids.__getitem__,
            parameters=parameters,
            of_type=lambda kind: list(resources.of_type(kind)),
            resolved=resources.properties.__getitem__,
        )

        def invoke(Payload: bytes, **_: Any) -> Any:  # noqa: N803
            answer = pipeline.invoke("EnrichFunction", json.loads(Payload))
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

        def client(name: str, **_: Any) -> Any:
            return SimpleNamespace(invoke=invoke) if name == "lambda" else pipeline.client(name)

        return SimpleNamespace(
            name="votepipe",
            table=SimpleNamespace(name=ids["VotesTable"]),
            console=None,
            sinks={sink.name: sink.name in pipeline.models.fed for sink in Project.read().sinks},
            session=SimpleNamespace(client=client),
            stack=stack,
        )

    return deployed
