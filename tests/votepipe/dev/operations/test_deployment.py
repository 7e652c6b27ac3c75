"""votepipe/dev/operations/deployment.py: commands reach the stack that was meant, and no other."""

from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from votepipe.dev.commands import output_options
from votepipe.dev.local.ministack import free_port
from votepipe.dev.operations.deployment import (
    Deployment,
    LocalSession,
    NoTable,
    NotUp,
    Target,
    deployment,
    identity,
    stack_options,
)
from votepipe.emulator.http.receiver import Answer, Receiver
from votepipe.project import checkout

READY = {
    "ready": True,
    "stack": "votepipe-local",
    "endpoint": "http://127.0.0.1:9",
    "checkout": identity(checkout()),
}


@pytest.fixture
def console(web: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """What answers at VOTEPIPE_PORT."""
    monkeypatch.setenv("VOTEPIPE_PORT", web.url.rpartition(":")[2])
    return web


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another checkout, as the current folder."""
    (tmp_path / "sinks").mkdir()
    (tmp_path / "template.yaml").touch()
    (tmp_path / ".votepipe").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_console_is_at_its_port_or_where_it_was_last_or_where_the_caller_says(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [Target().url]
    (elsewhere / ".votepipe" / "console").write_text("8700")
    urls.append(Target().url)
    monkeypatch.setenv("VOTEPIPE_PORT", "8800")
    urls += [Target().url, Target(port=8900).url]

    assert [int(url.removeprefix("http://127.0.0.1:")) for url in urls] == [8600, 8700, 8800, 8900]


def test_the_stack_of_another_checkout_is_left_alone(elsewhere: Path, console: Receiver) -> None:
    console.reply(Answer(body=READY))

    with pytest.raises(NotUp) as error:
        deployment(Target())

    assert str(error.value) == (
        f"The stack at {console.url} is another checkout's. "
        "For one of this checkout, run: VOTEPIPE_PORT=8700 make up"
    )


@click.command()
@stack_options
def reach(target: Target) -> None:
    click.echo(str(target))


@click.command()
@output_options
def show(*, as_json: bool) -> None:
    click.echo(as_json)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("", Target()),
        ("--port 8700", Target(port=8700)),
        (
            "--stack votes --region eu-west-1 --profile me",
            Target("votes", region="eu-west-1", profile="me"),
        ),
    ],
)
def test_options_say_which_stack_is_meant(given: str, target: Target) -> None:
    assert CliRunner().invoke(reach, given.split()).output == f"{target}\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--port 8700 --stack votes", "--port is of this machine, and --stack of AWS. Give one."),
        ("--region eu-west-1", "--region and --profile go with --stack."),
        ("--profile me", "--region and --profile go with --stack."),
    ],
)
def test_options_that_do_not_go_together(given: str, said: str) -> None:
    result = CliRunner().invoke(reach, given.split())

    assert (result.exit_code, said in result.output) == (2, True)


@pytest.mark.parametrize(
    ("given", "as_json"),
    [("", False), ("--output text", False), ("--output json", True), ("--json", True)],
)
def test_output_is_text_or_json(given: str, as_json: bool) -> None:
    assert CliRunner().invoke(show, given.split()).output == f"{as_json}\n"


def test_the_local_stack_is_where_its_console_says(console: Receiver) -> None:
    console.reply(Answer(body=READY))

    found = deployment(Target())

    assert (found.name, found.console) == ("votepipe-local", console.url)
    assert found.session.client("sqs").meta.endpoint_url == READY["endpoint"]
    assert found.session.resource("dynamodb").meta.client.meta.endpoint_url == READY["endpoint"]


def test_a_stack_on_aws_is_reached_as_the_shell_reaches_it() -> None:
    found = deployment(Target("votepipe-dev", region="eu-west-1"))

    assert (found.name, found.console) == ("votepipe-dev", None)
    assert found.session.client("sqs").meta.endpoint_url.endswith(".eu-west-1.amazonaws.com")


def test_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("VOTEPIPE_PORT", str(port))

    with pytest.raises(NotUp, match=rf"^Nothing answers at http://127.0.0.1:{port}. Run: make up$"):
        _ = Target().status


@pytest.mark.parametrize("answer", [Answer(body="not JSON"), Answer(status=500, body={})])
def test_something_else_answers(console: Receiver, answer: Answer) -> None:
    console.reply(answer)

    with pytest.raises(NotUp, match="Nothing answers at"):
        _ = Target().status


def test_it_is_still_coming_up(console: Receiver) -> None:
    console.reply(Answer(body={"ready": False, "step": "sam build"}))

    with pytest.raises(NotUp, match=r"is not ready yet \(sam build\). Try again.$"):
        _ = Target().status


def test_a_stack_may_have_no_table_of_its_own() -> None:
    found = Deployment("votes", LocalSession("http://127.0.0.1:9"))
    found.__dict__["stack"] = SimpleNamespace(outputs={})  # as CloudFormation would return it

    with pytest.raises(NoTable, match=r"^Stack 'votes' has no votes table\. Write to the one of"):
        _ = found.table
