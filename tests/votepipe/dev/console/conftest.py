"""A running console over a real table."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from votepipe.dev.console.app import Server, create_app
from votepipe.dev.console.journal import Journal
from votepipe.dev.local.ministack import free_port as find_free_port
from votepipe.dev.local.settings import SinkSettings
from votepipe.dev.operations.deployment import LocalSession

READY = {"ready": True, "endpoint": "http://127.0.0.1:4566", "stack": "votepipe-local"}


class Console:
    """A console on a free port; tests set what its callables give it."""

    def __init__(self, table: Any) -> None:
        self.journal = Journal()
        self.status: dict[str, Any] = READY
        self.table = table
        self.dead_letters: Callable[[], list[dict[str, Any]]] = list
        self.redrive: Callable[[str], dict[str, Any]] = dict
        self.settings: SinkSettings | None = None
        self.app = create_app(
            self.journal,
            status=lambda: self.status,
            table=lambda: self.table,
            dead_letters=lambda: self.dead_letters(),
            redrive=lambda sink: self.redrive(sink),
            settings=lambda: self.settings,
        )
        self.server = Server(self.app, 0)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.server.url + path, timeout=30, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return requests.post(self.server.url + path, json=json, timeout=30, **options)


@pytest.fixture(scope="session")
def table(local_aws: LocalSession) -> Any:
    """A table with the keys of the votes table."""
    names = {"widgetId": "HASH", "voteId": "RANGE"}
    return local_aws.resource("dynamodb").create_table(
        TableName="votes",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in names.items()],
    )


@pytest.fixture
def console(table: Any) -> Iterator[Console]:
    """A running console."""
    console = Console(table)
    with console.server:
        yield console


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return find_free_port()
