"""A running console over a real table."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from votepipe.dev.console.app import Server, create_app
from votepipe.dev.console.entries import utc
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
        self.try_again: Callable[[str], dict[str, Any]] = dict
        self.settings: SinkSettings | None = None
        self.app = create_app(
            self.journal,
            status=lambda: self.status,
            table=lambda: self.table,
            dead_letters=lambda: self.dead_letters(),
            redrive=lambda sink: self.redrive(sink),
            try_again=lambda sink: self.try_again(sink),
            settings=lambda: self.settings,
        )
        self.server = Server(self.app, 0)

    def say(self, body: Any, sink: str = "slack", **headers: str) -> None:
        """Receive a message of a sink."""
        self.journal.message(sink, json.dumps(body), headers)

    def trace(self, hop: str, at: float, vote: str, event: str = "e-1", **facts: str) -> None:
        """Note a hop of the pipe, `at` seconds since 1970."""
        keys = {"widgetId": "w", "voteId": vote}
        self.journal.trace({"hop": hop, "time": at, "eventID": event, "keys": keys, **facts})

    def outcome(self, sink: str, outcome: str, at: float, event: str, **facts: Any) -> None:
        """Note the log line of a sink, `at` seconds since 1970."""
        line = {"eventId": event, "sink": sink, "outcome": outcome, "message": outcome, **facts}
        self.journal.line(line, at=utc(at))

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


# What Chromium complains of where a test asked for it.
ASKED_FOR = ("the server responded with", "Blocked script execution")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open pages that find the console at an address; what they complain of fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(url: str) -> Page:
        context = browser.new_context(base_url=url)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(text in error for text in ASKED_FOR)] == []


@pytest.fixture
def page(console: Console, open_page: Callable[[str], Page]) -> Page:
    """A page of the browser that finds the console, and is closed before it."""
    return open_page(console.server.url)


@pytest.fixture
def ready(page: Page) -> Page:
    """The page, open on a stack that is ready."""
    page.goto("")
    expect(page.locator("#status")).to_have_text("ready")
    return page


@pytest.fixture
def violations(node_modules: Path) -> Callable[[Page], list[str]]:
    """What axe finds in a page, with where."""
    axe = (node_modules / "axe-core" / "axe.min.js").read_text()

    def violations(page: Page) -> list[str]:
        page.evaluate(axe)
        # A mail's frame runs no scripts, axe's neither.
        found = page.evaluate("axe.run(document, {iframes: false})")
        return [
            f"{each['id']}: {node['html']} {node.get('failureSummary', '')}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    return violations


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return find_free_port()
