"""votepipe/dev/commands/records.py: what was tried, what happened, what it should be."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands.records import check

pytestmark = pytest.mark.slow

SINK = '''"""Note each rejected record."""

from votepipe import sink


@sink(events=["VoteRejected"])
def handler(event):
    {body}
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sinks"
    made.mkdir()
    return made


def run(path: Path) -> Result:
    return CliRunner().invoke(check, [str(path)])


def test_a_good_sink_passes(folder: Path) -> None:
    path = folder / "note.py"
    path.write_text(SINK.format(body="pass"))

    result = run(path)

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "note: Note each rejected record."
    assert lines[2] == "  ok    an event of each type               2 delivered"
    assert lines[-1] == "All 10 are fine."


def test_each_failure_says_what_to_do(folder: Path) -> None:
    path = folder / "note.py"
    path.write_text(SINK.format(body="event.vote.voter.upper()"))

    result = run(path)

    assert result.exit_code == 1
    assert (
        "  FAIL  an event of each type               0 delivered\n"
        "        must be: delivered\n"
        "        A usual VoteRejected was not delivered: failed, put back for 2 s. "
        "AttributeError in sinks/note.py, line 8.\n"
    ) in result.output
    assert result.output.endswith("Error: 10 of 10 failed. Each says what to do.\n")


def test_a_package_is_named_by_its_folder(folder: Path) -> None:
    (folder / "note").mkdir()
    (folder / "note" / "__init__.py").write_text(SINK.format(body="pass"))

    assert run(folder / "note").exit_code == 0


@pytest.mark.parametrize("name", ["nothing.py", "words.txt", "empty"])
def test_what_is_no_module_is_misuse(name: str, folder: Path) -> None:
    (folder / "words.txt").touch()
    (folder / "empty").mkdir()

    assert run(folder / name).exit_code == 2
