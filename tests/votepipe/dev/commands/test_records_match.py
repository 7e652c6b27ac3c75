"""votepipe/dev/commands/records.py: output and exit codes of `votepipe match`."""

import json

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.records import match

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
