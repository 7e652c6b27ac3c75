"""votepipe/testing/plugin.py: a pytest of its own, with the plugin."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def shown(tmp_path: Path, python_pytest: list[str]) -> Callable[[str, str], str]:
    """What pytest shows of a file with this name and text."""

    def shown(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        result = subprocess.run(
            [*python_pytest, tmp_path / name], capture_output=True, text=True, timeout=60
        )
        return result.stdout

    return shown


def test_the_fixture_is_a_pipeline(shown: Callable[[str, str], str]) -> None:
    assert "1 passed" in shown("test_it.py", TEST.replace("EXPECTED", "[]"))


def test_a_failed_test_shows_the_ways_of_the_votes(shown: Callable[[str, str], str]) -> None:
    text = shown("test_it.py", TEST.replace("EXPECTED", "1"))

    assert "The ways of the votes" in text
    assert "vote one of widget docs" in text
    assert "stopped at " in text


def test_each_case_of_a_table_is_a_test(shown: Callable[[str, str], str]) -> None:
    text = shown("it.votes.yaml", TABLE)

    assert "1 failed, 1 passed" in text
    assert "webhook: other messages than expected" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("module", ["boto3", "requests", "samtranslator", "votepipe.dev"])
def test_loading_the_plugin_imports_little(module: str) -> None:
    code = f"import sys, votepipe.testing.plugin; print({module!r} in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\n"
