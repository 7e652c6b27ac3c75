"""A running console over a real table, and a headless browser to look at its page."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from votepipe.dev.console.app import create_app
from votepipe.dev.console.journal import Journal
from votepipe.dev.console.server import Server
from votepipe.dev.local.ministack import MiniStack
from votepipe.dev.local.ministack import free_port as find_free_port
from votepipe.dev.operations.deployment import LocalSession

READY = {"ready": True, "endpoint": "http://127.0.0.1:4566", "stack": "votepipe-local"}


class Console:
    """A console on a free port; tests set what its callables give it."""

    def __init__(self, table: Any) -> None:
        self.journal = Journal()
        self.status: dict[str, Any] = READY
        self.table = table
        self.dead_letters: Callable[[], list[dict[str, Any]]] = list
        self.app = create_app(
            self.journal,
            status=lambda: self.status,
            table=lambda: self.table,
            dead_letters=lambda: self.dead_letters(),
        )
        self.server = Server(self.app, 0)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.server.url + path, timeout=30, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return requests.post(self.server.url + path, json=json, timeout=30, **options)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSession]:
    """A session whose clients speak to a MiniStack of its own."""
    with MiniStack(tmp_path_factory.mktemp("ministack")) as ministack:
        yield LocalSession(ministack.endpoint)


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


_FLAGS = (
    "--headless",
    "--no-sandbox",  # in CI everything runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
)


class Browser:
    """What the tests need of W3C WebDriver: open a page, run a script in it, wait."""

    def __init__(self, address: str, program: str, profile: Path) -> None:
        options = {"binary": program, "args": [*_FLAGS, f"--user-data-dir={profile}"]}
        self._session = requests.Session()
        self._address = f"{address}/session"
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self._address += "/" + self._post("", wanted)["sessionId"]

    def _post(self, command: str, body: dict[str, Any]) -> Any:
        reply = self._session.post(f"{self._address}{command}", json=body, timeout=60)
        value = reply.json()["value"]
        assert reply.ok, value
        return value

    def open(self, url: str) -> None:
        self._post("/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript; what it returns comes back."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def fill(self, selector: str, text: str) -> None:
        """Type `text` into a field, in place of what it holds."""
        element = self._find(selector)
        self._post(f"/element/{element}/clear", {})
        self._post(f"/element/{element}/value", {"text": text})

    def click(self, selector: str) -> None:
        self._post(f"/element/{self._find(selector)}/click", {})

    def _find(self, selector: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": selector})
        return str(next(iter(found.values())))

    def text(self, selector: str) -> str:
        """The text one sees in the first element that fits, or "" without one."""
        return str(
            self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
        )

    def wait(self, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """The first true value of `condition`; fails when there is none in time."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, self.text("body")
            time.sleep(0.05)
        return value

    def command(self, name: str, **parameters: Any) -> Any:
        """A command of the browser's own protocol."""
        return self._post("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def log(self) -> list[str]:
        """What the browser complained about since it was last asked."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def end(self) -> None:
        self._session.delete(self._address, timeout=60)
        self._session.close()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return find_free_port()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of a process."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver_program = shutil.which("chromedriver")
    if program is None or driver_program is None:
        pytest.fail(
            "The console's page is tested in Chromium, which is not installed. "
            "Run: apt-get install chromium chromium-driver"
        )
    folder = tmp_path_factory.mktemp("browser")
    driver = subprocess.Popen(
        [driver_program, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        found = Browser(_address(driver), program, folder / "profile")
        yield found
        found.end()
    finally:
        driver.terminate()
        driver.communicate()


def _address(driver: "subprocess.Popen[str]") -> str:
    assert driver.stdout is not None
    for line in driver.stdout:
        if "successfully on port" in line:
            port = line.rpartition("on port")[2].strip(" .\n")
            return f"http://127.0.0.1:{port}"
    raise AssertionError("chromedriver ended before it listened. Run it by hand to see why.")
