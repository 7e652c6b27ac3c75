"""votepipe/dev/cli.py: commands are found, and what goes wrong is one line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ProfileNotFound
from click.testing import CliRunner

from votepipe.dev import cli
from votepipe.dev.cli import COMMANDS, Entry, main
from votepipe.emulator.http.receiver import Answer, Receiver
from votepipe.model.errors import SettingsError
from votepipe.project import checkout

ROOT = checkout()


def refusal(code: str, text: str) -> ClientError:
    """What AWS answers to a call."""
    return ClientError({"Error": {"Code": code, "Message": text}}, "SendMessage")


def run(*arguments: str, folder: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run this checkout's command line in a process of its own, in any folder."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "votepipe.dev", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a command `fail` that raises what the test says."""

    def fails(error: BaseException) -> None:
        @click.command()
        def fail() -> None:
            raise error

        monkeypatch.setattr(cli, "fail", fail, raising=False)
        monkeypatch.setitem(COMMANDS, "fail", Entry("votepipe.dev.cli:fail", "Fail."))

    return fails


def test_the_help_lists_every_command_in_a_line() -> None:
    shown = run("--help").stdout.partition("Commands:\n")[2].splitlines()

    assert [line.split()[0] for line in shown] == list(COMMANDS)
    assert [line.split(maxsplit=1)[1] for line in shown] == [
        entry.summary for entry in COMMANDS.values()
    ]


def test_the_help_imports_no_command() -> None:
    program = (
        "import sys; from votepipe.dev.cli import main; main(['--help'], standalone_mode=False); "
        "sys.exit(any(name in sys.modules for name in ('boto3', 'flask', 'requests', 'jinja2')))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_has_help(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


@pytest.mark.parametrize(
    ("name", "hint"), [("snyc", "Did you mean 'sync'?"), ("zzz", "Run: votepipe --help")]
)
def test_an_unknown_command(name: str, hint: str) -> None:
    result = CliRunner().invoke(main, [name])

    assert result.exit_code == 2
    assert result.output.endswith(f"Error: No command named '{name}'. {hint}\n")


def test_no_command_shows_the_help() -> None:
    assert "Commands:" in CliRunner().invoke(main, []).output


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SettingsError("A fact. What to do."), "Error: A fact. What to do.\n"),
        (
            ValueError("Odd."),
            "Error: ValueError: Odd. To see where, put --debug after 'votepipe'.\n",
        ),
        (
            ProfileNotFound(profile="me"),
            "Error: AWS cannot be asked (ProfileNotFound). Correct --profile or AWS_PROFILE.\n",
        ),
        (
            EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
            "Error: AWS cannot be asked (EndpointConnectionError). "
            "Run: make up (on this machine), or check the network and the region.\n",
        ),
        (
            refusal("ExpiredToken", "The token has expired."),
            "Error: AWS cannot be asked (ExpiredToken). "
            "Log in to AWS, for example with: aws sso login\n",
        ),
        (
            refusal("AccessDenied", "You are not authorized to perform: sqs:SendMessage on it."),
            "Error: AWS cannot be asked (AccessDenied). "
            "Allow sqs:SendMessage to whom you are logged in as.\n",
        ),
        (
            refusal("Throttling", "Rate exceeded"),
            "Error: AWS cannot be asked (Throttling). It says: An error occurred (Throttling) "
            "when calling the SendMessage operation: Rate exceeded\n",
        ),
    ],
)
def test_an_error_is_a_line(fails, error: Exception, said: str) -> None:
    fails(error)

    result = CliRunner().invoke(main, ["fail"])

    assert (result.exit_code, result.output) == (1, said)


def test_debug_shows_where_an_error_is_from(fails) -> None:
    fails(SettingsError("A fact."))

    result = CliRunner().invoke(main, ["--debug", "fail"])

    assert isinstance(result.exception, SettingsError)


@pytest.mark.parametrize(
    ("error", "code"),
    [(click.UsageError("Called wrongly."), 2), (click.exceptions.Exit(1), 1), (click.Abort(), 1)],
)
def test_what_click_raises_stays_as_it_is(fails, error: Exception, code: int) -> None:
    fails(error)

    result = CliRunner().invoke(main, ["fail"])

    assert result.exit_code == code
    assert "--debug" not in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_that_asks_for_the_names(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).output

    assert f"_VOTEPIPE_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("votepipe red", "plain,redrive"),
        ("votepipe doctor --prof", "plain,--profile"),
        ("votepipe logs sla", "plain,slack"),
    ],
)
def test_commands_options_and_sinks_are_completed(words: str, completed: str) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    program = "from votepipe.dev.cli import main; main(prog_name='votepipe')"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **asked, "_VOTEPIPE_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == f"{completed}\n"


def test_nobody_to_read_the_output_is_no_error(tmp_path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nowhere:
        done = subprocess.run(
            [sys.executable, "-u", "-m", "votepipe.dev", "list"],
            cwd=ROOT,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, "")


def test_it_works_on_the_checkout_around_the_current_folder(checkout: Path) -> None:
    (checkout / "sinks" / "fax.py").write_bytes((checkout / "sinks" / "log.py").read_bytes())
    deeper = checkout / "docs"

    listed = run("list", "--json", folder=deeper).stdout
    synced = run("sync", folder=deeper)
    written = run("new", "enricher", "moon", folder=deeper).stdout.splitlines()[-2:]

    assert "fax" in [each["name"] for each in json.loads(listed)]
    assert (synced.returncode, "+ sink 'fax'" in synced.stdout) == (0, True)
    assert all((checkout / path).exists() and not (ROOT / path).exists() for path in written)


def test_the_demo_runs_the_plugins_of_the_checkout(checkout: Path) -> None:
    with (checkout / "sinks" / "settle" / "__init__.py").open("a") as settle:
        settle.write("\nprint('from the other checkout')\n")

    assert "from the other checkout" in run("demo", folder=checkout).stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", ["list", "demo", "sync", "new sink fax", "test", "up"])
def test_outside_of_any_checkout_it_says_so(tmp_path: Path, command: str) -> None:
    done = run(*command.split(), folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr == (
        f"Error: '{tmp_path.name}' is in no checkout: neither it nor a folder above it has both "
        "template.yaml and sinks/. Change to a folder of the checkout.\n"
    )


def test_no_proxy_is_asked_for_addresses_of_this_machine(web: Receiver) -> None:
    web.reply(Answer(body={"ready": False, "step": "sam build"}))
    nowhere = "http://127.0.0.1:1"
    port = web.url.rpartition(":")[2]

    done = run("status", VOTEPIPE_PORT=port, HTTP_PROXY=nowhere, http_proxy=nowhere)

    assert done.returncode == 1
    assert done.stderr == (
        f"Error: The stack at {web.url} is not ready yet (sam build). Try again.\n"
    )
