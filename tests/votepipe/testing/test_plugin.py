"""votepipe/testing/plugin.py: a pytest of its own, with the plugin."""

import subprocess
import sys

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


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, python_pytest: list[str]) -> str:
    """What pytest shows of a test that is right, of one that is wrong, and of a table."""
    folder = tmp_path_factory.mktemp("tests")
    (folder / "test_right.py").write_text(TEST.replace("EXPECTED", "[]"))
    (folder / "test_wrong.py").write_text(TEST.replace("EXPECTED", "1"))
    (folder / "it.votes.yaml").write_text(TABLE)
    result = subprocess.run([*python_pytest, "-v", folder], capture_output=True, text=True)
    return result.stdout


def test_the_fixture_is_a_pipeline(shown: str) -> None:
    assert "test_right.py::test_it PASSED" in shown


def test_a_failed_test_shows_the_ways_of_the_votes(shown: str) -> None:
    assert "test_wrong.py::test_it FAILED" in shown
    assert "The ways of the votes" in shown
    assert "vote one of widget docs" in shown
    assert "stopped at " in shown


def test_each_case_of_a_table_is_a_test(shown: str) -> None:
    assert "it.votes.yaml::nothing comes of nothing PASSED" in shown
    assert "it.votes.yaml::a message out of nowhere FAILED" in shown
    assert "webhook: other messages than expected" in shown
    assert "Traceback" not in shown


def test_loading_the_plugin_imports_little() -> None:
    large = ("boto3", "requests", "samtranslator", "votepipe.dev")
    code = f"import sys, votepipe.testing.plugin; print([*filter(sys.modules.get, {large})])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "[]\n"
