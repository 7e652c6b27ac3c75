"""votepipe/dev/operations/deployment.py: commands reach the stack that was meant, and no other."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.local.ministack import free_port
from votepipe.dev.operations.deployment import (
    Deployment,
    LocalSession,
    NoTable,
    NotUp,
    console_url,
    deployment,
    local_status,
)

READY = {"ready": True, "stack": "votepipe-local", "endpoint": "http://127.0.0.1:9"}


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A console at VOTEPIPE_PORT that answers `console.says`."""
    played = SimpleNamespace(says=json.dumps(READY), status=200)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(played.status)
            self.end_headers()
            self.wfile.write(played.says.encode())

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setenv("VOTEPIPE_PORT", str(server.server_port))
        yield played
        server.shutdown()
        thread.join()


def test_the_console_is_at_its_port() -> None:
    assert console_url() == "http://127.0.0.1:8600"


def test_the_local_stack_is_where_its_console_says(console: Any) -> None:
    found = deployment(None)

    assert (found.name, found.console) == ("votepipe-local", console_url())
    assert found.session.client("sqs").meta.endpoint_url == READY["endpoint"]
    assert found.session.resource("dynamodb").meta.client.meta.endpoint_url == READY["endpoint"]


def test_a_stack_on_aws_is_reached_as_the_shell_reaches_it() -> None:
    found = deployment("votepipe-dev")

    assert (found.name, found.console) == ("votepipe-dev", None)
    assert found.session.client("sqs").meta.endpoint_url.endswith(".amazonaws.com")


def test_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("VOTEPIPE_PORT", str(port))

    with pytest.raises(NotUp, match=rf"^Nothing answers at http://127.0.0.1:{port}. Run: make up$"):
        local_status()


@pytest.mark.parametrize(("says", "status"), [("not JSON", 200), ("{}", 500)])
def test_something_else_answers(console: Any, says: str, status: int) -> None:
    console.says, console.status = says, status

    with pytest.raises(NotUp, match="Nothing answers at"):
        local_status()


def test_it_is_still_coming_up(console: Any) -> None:
    console.says = json.dumps({"ready": False, "step": "sam build"})

    with pytest.raises(NotUp, match=r"is not ready yet \(sam build\). Try again.$"):
        local_status()


def test_a_stack_may_have_no_table_of_its_own() -> None:
    found = Deployment("votes", LocalSession("http://127.0.0.1:9"))
    found.__dict__["stack"] = SimpleNamespace(outputs={})  # as CloudFormation would tell it

    with pytest.raises(NoTable, match=r"^Stack 'votes' has no votes table\. Write to the one of"):
        _ = found.table
