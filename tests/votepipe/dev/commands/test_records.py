"""votepipe/dev/commands/records.py: output and exit codes of the commands on records."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands.records import check, demo, match
from votepipe.dev.commands.records import test as command
from votepipe.dev.operations import demo as story

PATTERN = '{"source": ["votepipe"]}'


def run(*arguments, **options):
    return CliRunner().invoke(match, arguments, **options)


def test_match():
    result = run(PATTERN, '{"source": "votepipe"}')

    assert (result.exit_code, result.output) == (0, "match\n")


def test_no_match():
    result = run(PATTERN, '{"source": "elsewhere"}')

    assert (result.exit_code, result.output) == (1, "no match\n")


def test_files(tmp_path):
    pattern, event = tmp_path / "pattern.json", tmp_path / "event.json"
    pattern.write_text(PATTERN, encoding="utf-8")
    event.write_text(json.dumps({"source": "votepipe"}), encoding="utf-8")

    assert run(str(pattern), str(event)).exit_code == 0


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_not_part_of_the_text(mark: str, tmp_path: Path) -> None:
    pattern, event = tmp_path / "pattern.json", tmp_path / "event.json"
    pattern.write_text(mark + PATTERN, encoding="utf-8")
    event.write_text(mark + json.dumps({"source": "votepipe"}), encoding="utf-8")

    assert run(str(pattern), str(event)).exit_code == 0
    assert run(mark + PATTERN, str(event)).exit_code == 0
    assert run("-", str(event), input=mark + PATTERN).exit_code == 0


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_bytes('{"source":\n"votepipe"}'.encode("utf-16"))

    assert "EVENT is not UTF-8, line 1 of" in run(PATTERN, str(event)).output


def test_standard_input():
    assert run(PATTERN, "-", input='{"source": "votepipe"}').exit_code == 0
    assert run("-", '{"source": "x"}', input=PATTERN).exit_code == 1


def test_standard_input_holds_one_text():
    result = run("-", "-", input=PATTERN)

    assert result.exit_code == 2
    assert "Standard input holds one text." in result.output


@pytest.mark.parametrize(("source", "code"), [("votepipe", 0), ("elsewhere", 1)])
def test_explain(source, code):
    result = run("--explain", PATTERN, json.dumps({"source": source}))

    assert result.exit_code == code
    assert result.output.endswith(f'source: "{source}"; wanted "votepipe"\n')


def test_pipe():
    pattern, event = '{"eventName": [{"wildcard": "IN*"}]}', '{"eventName": "INSERT"}'

    assert run(pattern, event).exit_code == 0
    refused = run("--pipe", pattern, event)
    assert refused.exit_code == 2
    assert "wildcard is not supported in pipe filters" in refused.output


@pytest.mark.parametrize(
    ("pattern", "event", "said"),
    [
        ('{"source": []}', "{}", ["Reason: Empty arrays are not allowed", "At source."]),
        (PATTERN, '{"source": }', ["The event is not valid JSON", "line 1, column 12"]),
        (PATTERN, "[]", ["The event is not a JSON object but a list."]),
        ("no-such-file.json", "{}", ["PATTERN is neither JSON nor a file: 'no-such-file.json'."]),
        (PATTERN, ".", ["EVENT cannot be read from '.'"]),
        ("nul\0byte", "{}", ["PATTERN"]),
    ],
)
@pytest.mark.parametrize("options", [[], ["--explain"]])
def test_what_is_not_valid(pattern, event, said, options):
    result = run(*options, pattern, event)

    assert result.exit_code == 2
    assert "Usage: match" in result.output
    assert all(text in result.output for text in said)
    assert "Traceback" not in result.output


def test_an_argument_is_missing():
    assert run(PATTERN).exit_code == 2


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


def checked(path: Path) -> Result:
    return CliRunner().invoke(check, [str(path)])


@pytest.mark.slow
def test_a_good_sink_passes(folder: Path) -> None:
    path = folder / "note.py"
    path.write_text(SINK.format(body="pass"))

    result = checked(path)

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "note: Note each rejected record."
    assert lines[2] == "  ok    an event of each type               2 delivered"
    assert lines[-1] == "All 10 are fine."


@pytest.mark.slow
def test_each_failure_says_what_to_do(folder: Path) -> None:
    path = folder / "note.py"
    path.write_text(SINK.format(body="event.vote.voter.upper()"))

    result = checked(path)

    assert result.exit_code == 1
    assert (
        "  FAIL  an event of each type               0 delivered\n"
        "        must be: delivered\n"
        "        A usual VoteRejected was not delivered: failed, put back for 2 s. "
        "AttributeError in sinks/note.py, line 8.\n"
    ) in result.output
    assert result.output.endswith("Error: 10 of 10 failed. Each says what to do.\n")


@pytest.mark.slow
def test_a_package_is_named_by_its_folder(folder: Path) -> None:
    (folder / "note").mkdir()
    (folder / "note" / "__init__.py").write_text(SINK.format(body="pass"))

    assert checked(folder / "note").exit_code == 0


@pytest.mark.parametrize("name", ["nothing.py", "words.txt", "empty"])
def test_what_is_no_module_is_misuse(name: str, folder: Path) -> None:
    (folder / "words.txt").touch()
    (folder / "empty").mkdir()

    assert checked(folder / name).exit_code == 2


def test_it_prints_the_story() -> None:
    result = CliRunner().invoke(demo)

    assert result.exit_code == 0
    assert result.output.splitlines() == "\n".join(story.lines()).splitlines()


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


def test_a_mistake_in_one_test_fails_that_test_alone(write: object) -> None:
    wrong = "- {name: wrong, messages: nothing, faults: [{answer: slakc}]}\n"
    result = CliRunner().invoke(command, [write(wrong + GOOD)])  # type: ignore[operator]

    assert "FAILED  it.votes.yaml: wrong" in result.output
    assert "'wrong': No sink 'slakc' runs here. Did you mean 'slack'?" in result.output
    assert "2 tests, 1 failed" in result.output


def test_a_table_that_does_not_hold_shows_what_came_out(write: object) -> None:
    result = CliRunner().invoke(command, [write(BAD)])  # type: ignore[operator]

    assert "FAILED  it.votes.yaml: a message out of nowhere" in result.output
    assert "        webhook: other messages than expected" in result.output
    assert result.exit_code == 1
