"""A table with a hash and a range key, and a client of it."""

from typing import Any

import boto3
import pytest

from votepipe.emulator.dynamodb.service import DynamoDb
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.functions.calls import Calls
from votepipe.emulator.simulation.simulation import Simulation

FACTS = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
}


class Client:
    """Calls on the table `things`, in the words of boto3's client."""

    def __init__(self) -> None:
        self.table = Table.of("Things", "things", "arn:aws:dynamodb:::table/things", FACTS)
        self.changes: list[tuple[Any, Any]] = []
        self.table.written.append(lambda old, new: self.changes.append((old, new)))
        service = DynamoDb({"Things": self.table})
        self._calls = Calls(Simulation(0, 0), {"dynamodb": service}, lambda *_: True)
        self._client: Any = boto3.client("dynamodb")

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            operation = self._client.meta.method_to_api_mapping[name]
            answer = self._calls.call(self._client, operation, given, None)
            return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

        return lambda **given: call(**({"TableName": "things"} | given if _one(name) else given))


def _one(name: str) -> bool:
    """Whether an operation is about one table."""
    return not name.startswith(("batch", "transact"))


def key(pk: str, sk: int) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture(name="key")
def key_fixture() -> Any:
    return key
