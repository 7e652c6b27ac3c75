"""votepipe/testing/plugin.py: a pytest of its own, with the plugin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Without its entry point, so that it is there once whether or not the package declares it.
PYTEST = [
    *(sys.executable, "-m", "pytest", "-p", "no:votepipe", "-p", "votepipe.testing.plugin"),
    *("-p", "no:cacheprovider", "-q", "--rootdir", ".", "-c", os.devnull),
]
TEST = """
def test_it(pipeline):
    pipeline.put({"widgetId": "docs", "voteId": "one", "voteType": "thumbsup"})
    pipeline.advance(minutes=1)
    assert pipeline.sent("log") == EXPECTED
"""
TABLE = """
- name: nothing comes of nothing
  messages: nothing
- name: a message out of nowhere
  messages: {webhook: [hello]}
"""


def pytest_in(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    result = subprocess.run(
        [*PYTEST, name], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return result.stdout


def test_the_fixture_is_a_pipeline(tmp_path: Path) -> None:
    assert "1 passed" in pytest_in(tmp_path, "test_it.py", TEST.replace("EXPECTED", "[]"))


def test_a_failed_test_shows_the_ways_of_the_votes(tmp_path: Path) -> None:
    shown = pytest_in(tmp_path, "test_it.py", TEST.replace("EXPECTED", "1"))

    assert "The ways of the votes" in shown
    assert "vote one of widget docs" in shown
    assert "stopped at " in shown


def test_each_case_of_a_table_is_a_test(tmp_path: Path) -> None:
    shown = pytest_in(tmp_path, "it.votes.yaml", TABLE)

    assert "1 failed, 1 passed" in shown
    assert "webhook: other messages than expected" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("module", ["boto3", "requests", "samtranslator", "votepipe.dev"])
def test_loading_the_plugin_imports_little(module: str) -> None:
    code = f"import sys, votepipe.testing.plugin; print({module!r} in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\n"
