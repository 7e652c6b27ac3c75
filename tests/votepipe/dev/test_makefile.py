"""Makefile: each command of it is listed, and `sam build` builds what is in step, and only that."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.project import checkout

ROOT = checkout()
pytestmark = pytest.mark.slow


def make(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run make in a checkout."""
    return subprocess.run(
        ["make", *arguments],
        cwd=root,
        # The tests may themselves be run by make, which passes its state on to makes below it.
        env={**{name: value for name, value in os.environ.items() if "MAKE" not in name}, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_command() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony

    listed = [line.split()[1] for line in make(ROOT).stdout.splitlines()]

    assert listed == phony[1].split()


@pytest.mark.parametrize("given", ["", "A=1 B='two words'", 'A="x" B=$HOME'])
def test_parameters_reach_up_as_they_were_given(given: str) -> None:
    shown = make(ROOT, "-n", "-o", "setup", "up", f"PARAMETERS={given.replace('$', '$$')}").stdout
    command = shown.strip().splitlines()[-1].removeprefix("exec ")
    assert "--parameters" in command

    arguments = subprocess.run(
        ["/bin/sh", "-c", command.replace(".venv/bin/", "printf '%s\\n' ", 1)],
        env={"PARAMETERS": given, "HOME": "/somewhere"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")

    assert arguments[-2] == given


def test_a_function_is_built(checkout: Path) -> None:
    done = make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/out")

    assert (done.returncode, done.stderr) == (0, "")
    assert (checkout / "out" / "sinks" / "log.py").exists()


def test_nothing_is_built_that_is_not_in_step(checkout: Path) -> None:
    make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/before")
    (checkout / "sinks" / "fax.py").write_bytes((checkout / "sinks" / "log.py").read_bytes())

    done = make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/out")

    assert done.returncode != 0
    said = "Error: template.yaml and docs/sinks.md are not in step. Run: votepipe sync"
    assert said in done.stderr
    assert not (checkout / "out").exists()


def test_it_is_looked_at_again_when_a_sink_is_gone(checkout: Path) -> None:
    make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/before")
    (checkout / "sinks" / "email.py").unlink()

    done = make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/out")

    assert "template.yaml and docs/sinks.md are not in step" in done.stderr


def test_the_environment_is_missing(checkout: Path) -> None:
    (checkout / ".venv").unlink()

    done = make(checkout, "build-LogSink", f"ARTIFACTS_DIR={checkout}/out")

    assert done.returncode != 0
    assert "The environment is missing. Run: make setup" in done.stderr


def test_an_old_python_is_refused(checkout: Path) -> None:
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = make(checkout, "setup", f"PYTHON={old}")

    assert done.returncode != 0
    assert "votepipe needs Python 3.11 or later. Run: make PYTHON=" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("ci", "workers", "code", "said"),
    [
        (
            "",
            ["-n", "1"],
            0,
            "1 tests left out. Chromium is missing. Debian: apt-get install chromium",
        ),
        ("true", [], 1, "Failed: Chromium is missing. Debian: apt-get install chromium"),
    ],
)
def test_browser_tests_are_left_out_without_a_browser_but_not_in_ci(
    tmp_path: Path, ci: str, workers: list[str], code: int, said: str
) -> None:
    file = ROOT / "tests" / "votepipe" / "dev" / "console" / "test_page.py"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *workers, str(file), "-k", "test_reset"],
        env={"PATH": str(tmp_path), "CI": ci},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert done.stdout.splitlines().count(said) == 1 if not ci else said in done.stdout
