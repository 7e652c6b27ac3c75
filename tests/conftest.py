"""What all tests share: a clean environment, no way out of this machine, a real web server."""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from pytest_socket import socket_allow_hosts

from votepipe import aws
from votepipe.aws import secrets
from votepipe.emulator.http.receiver import Receiver

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# No time limit for one example: a machine may be slow. VOTEPIPE_EXAMPLES=5000 searches for long.
hypothesis.settings.register_profile(
    "votepipe", deadline=None, max_examples=int(os.environ.get("VOTEPIPE_EXAMPLES", "25"))
)
hypothesis.settings.load_profile("votepipe")

pytest_plugins = ["kit_fixtures", "stack_fixtures"]  # of tests/support

FOREIGN = ("AWS_", "VOTEPIPE_", "SLACK_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


# What these fixtures start, by the marker that leaves it out.
STARTS = {
    "stack": "local_stack",
    "ministack": "local_stack",
    "subscriber": "local_stack",
    "two_accounts": "local_stack",
    "browser": "browser",
}
# Fixtures with which a test runs commands in processes of their own, a second or more each.
SLOW = {"make_checkout", "node_modules", "python_pytest"}

SHIPPED = {"digest", "email", "feed", "log", "settle", "slack", "tally", "webhook"}

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


@pytest.fixture(scope="session")
def others_off() -> dict[str, str]:
    """Parameters that switch off what was dropped in beside the sinks that ship."""
    from votepipe.project import Project
    from votepipe.project.names import switch

    return {
        switch(each.name): "false" for each in Project.survey().sinks if each.name not in SHIPPED
    }


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
