"""What all tests share: a clean environment, no way out of this machine, a real web server."""

import fcntl
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

from votepipe import aws
from votepipe.aws import secrets
from votepipe.emulator.http.receiver import Receiver

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from votepipe.dev.local.ministack import MiniStack
    from votepipe.dev.operations.deployment import Deployment, LocalSession
    from votepipe.testing import Pipeline

# No time limit for one example: a machine may be slow. VOTEPIPE_EXAMPLES=5000 searches for long.
hypothesis.settings.register_profile(
    "votepipe", deadline=None, max_examples=int(os.environ.get("VOTEPIPE_EXAMPLES", "25"))
)
hypothesis.settings.load_profile("votepipe")

FOREIGN = ("AWS_", "VOTEPIPE_", "SLACK_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


# What these fixtures start, by the marker that leaves it out.
STARTS = {
    "stack": "local_stack",
    "without_webhook": "local_stack",
    "ministack": "local_stack",
    "subscriber": "local_stack",
    "two_accounts": "local_stack",
    "browser": "browser",
}
# Fixtures with which a test runs commands in processes of their own, a second or more each.
SLOW = {"make_checkout", "node_modules", "python_pytest"}

SECONDS = 120  # only ends a test that will not pass

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",  # in CI everything runs as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = "Chromium is missing. Debian: apt-get install chromium"
NO_NPM = "npm is missing. Debian: apt-get install npm"
INSTALL = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund")
CALLERS_ENVIRONMENT = dict(os.environ)  # npm may need the proxies that tests go without


# First, so that `-m` and xdist see the markers.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what their fixtures start, and let one process start it for all of them."""
    for item in items:
        started = STARTS.keys() & getattr(item, "fixturenames", ())
        for fixture in started:
            item.add_marker(STARTS[fixture])
            # A browser is started sooner than a second stack.
            if not (fixture == "browser" and "stack" in started):
                item.add_marker(pytest.mark.xdist_group(fixture))
        if SLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let tests talk to this machine only, and skip those whose browser is missing."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    if item.get_closest_marker("browser") and not CHROMIUM:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once that tests were left out whose program is missing, and how to get it."""
    reasons = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    for program in (NO_BROWSER, NO_NPM):
        if left_out := sum(program in reason for reason in reasons):
            terminalreporter.write_line(f"{left_out} tests left out. {program}", yellow=True)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's account or settings reaches a test, nor anything of another test."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.upper() in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws.client.cache_clear()
    monkeypatch.setattr(secrets, "_kept", {})


@pytest.fixture
def web() -> Iterator[Receiver]:
    """A web server of the test's own, gone after it."""
    with Receiver() as receiver:
        yield receiver


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
        from votepipe.project import checkout
        from votepipe.project.template import read

        facts = {name: each["Properties"] for name, each in read(checkout())["Resources"].items()
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


class RunningStack:
    """The local stack in a process of its own, where nothing that a test replaces reaches it.

    It enforces roles, as AWS does, and votes settle as soon as they can.
    """

    PROGRAM = (
        "import json, sys; from pathlib import Path; "
        "from votepipe.dev.local.local_stack import LocalStack; "
        "given = json.loads(sys.argv[2]); "
        "LocalStack(Path(sys.argv[1]), parameters=given, enforce_iam=True).run()"
    )

    def __init__(
        self, folder: Path, root: Path = Path(__file__).parents[1], **parameters: str
    ) -> None:
        given = json.dumps({"QuietPeriodSeconds": "1", **parameters})
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", self.PROGRAM, str(folder), given],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=root,
        )
        lines = self.process.stdout
        assert lines
        said = self.said = list[str]()
        for line in lines:
            said.append(line)
            if ready := re.match(r"Ready: (http://127\.0\.0\.1:(\d+))/", line):
                self.url, self.port, self.ready = ready[1], int(ready[2]), time.time()
                break
        else:
            raise AssertionError("The local stack did not come up:\n" + "".join(said))
        # What it says from here on must not fill the pipe.
        self.reader = threading.Thread(target=lines.read, daemon=True)
        self.reader.start()

    @property
    def status(self) -> dict[str, Any]:
        """What `GET /api/status` returns."""
        import requests

        found: dict[str, Any] = requests.get(f"{self.url}/api/status", timeout=10).json()
        return found

    @cached_property
    def deployment(self) -> "Deployment":
        """The stack as commands reach it."""
        from votepipe.dev.operations.deployment import Deployment, LocalSession

        status = self.status
        return Deployment(status["stack"], LocalSession(status["endpoint"]), self.url)

    def end(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0
        self.reader.join()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture(scope="session")
def running_stack() -> type[RunningStack]:
    """To start a local stack of a test's own."""
    return RunningStack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The local stack, on ports of its own."""
    up = RunningStack(tmp_path_factory.mktemp("stack"))
    yield up
    up.end()


@pytest.fixture
def without_webhook(tmp_path: Path) -> Iterator[RunningStack]:
    """A local stack whose sink `webhook` is off and whose sink `email` has no sender."""
    up = RunningStack(tmp_path, WebhookEnabled="false", EmailSender="")
    yield up
    up.end()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MiniStack"]:
    """The local AWS alone, with nothing in it."""
    from votepipe.dev.local.ministack import MiniStack

    with MiniStack(tmp_path_factory.mktemp("ministack")) as ministack:
        yield ministack


@pytest.fixture(scope="session")
def local_aws(ministack: "MiniStack") -> "LocalSession":
    """A session whose clients speak to the local AWS."""
    from votepipe.dev.operations.deployment import LocalSession

    return LocalSession(ministack.endpoint)


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Wait for the first true result of a function, however long that takes."""

    def eventually(found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if result := found():
                return result
            time.sleep(0.05)
        raise AssertionError(f"Nothing came within {SECONDS} s")

    return eventually


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


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The packages of tests/node/package.json, which npm installs when that changes."""
    if not shutil.which("npm"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_NPM)
    wanted = Path(__file__).parent / "node" / "package.json"
    folder = Path(__file__).parents[1] / ".votepipe" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installed.json").open("a+") as installed:
        fcntl.flock(installed, fcntl.LOCK_EX)  # tests run in parallel
        installed.seek(0)
        if installed.read() != wanted.read_text():
            shutil.copy(wanted, folder)
            subprocess.run(INSTALL, cwd=folder, env=CALLERS_ENVIRONMENT, check=True)
            installed.truncate(0)
            installed.write(wanted.read_text())
    return folder / "node_modules"


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
