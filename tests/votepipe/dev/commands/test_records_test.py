"""votepipe/dev/commands/records.py."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.records import test as command

GOOD = """
- name: nothing written, nothing sent
  messages: nothing
"""
BAD = """
- name: a message out of nowhere
  messages: {webhook: [hello]}
"""


@pytest.fixture
def write(tmp_path: Path) -> object:
    def write(text: str) -> str:
        path = tmp_path / "it.votes.yaml"
        path.write_text(text)
        return str(path)

    return write


def test_a_table_that_passes_is_one_line(write: object) -> None:
    result = CliRunner().invoke(command, [write(GOOD)])  # type: ignore[operator]

    assert result.output.splitlines() == [
        "ok      it.votes.yaml: nothing written, nothing sent",
        "1 tests, 0 failed",
    ]
    assert result.exit_code == 0


def test_a_table_that_does_not_hold_shows_what_came_out(write: object) -> None:
    result = CliRunner().invoke(command, [write(BAD)])  # type: ignore[operator]

    assert "FAILED  it.votes.yaml: a message out of nowhere" in result.output
    assert "        webhook: other messages than expected" in result.output
    assert result.exit_code == 1
