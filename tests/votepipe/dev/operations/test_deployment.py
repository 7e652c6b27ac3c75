"""votepipe/dev/operations/deployment.py: commands reach the stack that was meant, and no other."""

from types import SimpleNamespace

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
from votepipe.emulator.http.receiver import Answer, Receiver

READY = {"ready": True, "stack": "votepipe-local", "endpoint": "http://127.0.0.1:9"}


@pytest.fixture
def console(web: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """What answers at VOTEPIPE_PORT."""
    monkeypatch.setenv("VOTEPIPE_PORT", web.url.rpartition(":")[2])
    return web


def test_the_console_is_at_its_port() -> None:
    assert console_url() == "http://127.0.0.1:8600"


def test_the_local_stack_is_where_its_console_says(console: Receiver) -> None:
    console.reply(Answer(body=READY))

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


@pytest.mark.parametrize("answer", [Answer(body="not JSON"), Answer(status=500, body={})])
def test_something_else_answers(console: Receiver, answer: Answer) -> None:
    console.reply(answer)

    with pytest.raises(NotUp, match="Nothing answers at"):
        local_status()


def test_it_is_still_coming_up(console: Receiver) -> None:
    console.reply(Answer(body={"ready": False, "step": "sam build"}))

    with pytest.raises(NotUp, match=r"is not ready yet \(sam build\). Try again.$"):
        local_status()


def test_a_stack_may_have_no_table_of_its_own() -> None:
    found = Deployment("votes", LocalSession("http://127.0.0.1:9"))
    found.__dict__["stack"] = SimpleNamespace(outputs={})  # as CloudFormation would return it

    with pytest.raises(NoTable, match=r"^Stack 'votes' has no votes table\. Write to the one of"):
        _ = found.table
