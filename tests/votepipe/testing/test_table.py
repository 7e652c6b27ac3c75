"""votepipe/testing/table.py."""

import math
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import KitError, Pipeline, table

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
TABLE = """
sinks: [chat]
parameters: {ChatSign: "★"}
tests:
  - name: a vote and an answer
    records:
      - {widgetId: docs, voteId: one, voteType: thumbsup, answers: {}}
      - wait: 2 minutes
      - {widgetId: docs, voteId: one, voteType: thumbsup, answers: '{"field_1": "more"}'}
    messages:
      chat:
        - ★one thumbsup
        - contains: more
"""


def run(plain: Path, **given: Any) -> list[str]:
    return table.run(table.case({"name": "it", **given}), plain)


def test_a_table_that_holds_has_no_problems(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "chat.votes.yaml"
    path.write_text(TABLE)
    (case,) = table.load(path)

    assert case.name == "a vote and an answer"
    assert table.run(case, plain) == []


def test_a_table_may_give_settings(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "chat.votes.yaml"
    given = 'settings: {chat: {sign: "★"}}'
    path.write_text(TABLE.replace('parameters: {ChatSign: "★"}', given))
    (case,) = table.load(path)

    assert table.run(case, plain) == []


def test_a_table_may_be_toml(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "chat.votes.toml"
    path.write_text(
        '[[tests]]\nname = "it"\nmessages = {chat = ["one thumbsup"]}\n'
        '[[tests.records]]\nwidgetId = "docs"\nvoteId = "one"\nvoteType = "thumbsup"\n'
    )
    (case,) = table.load(path)

    assert table.run(case, plain) == []


def test_a_table_may_be_a_list(tmp_path: Path) -> None:
    path = tmp_path / "chat.votes.json"
    path.write_text('[{"name": "it", "messages": "nothing"}]')

    assert [case.name for case in table.load(path)] == ["it"]


def test_other_messages_are_shown_with_the_path_of_the_vote(plain: Path) -> None:
    problems = run(plain, records=[VOTE], messages={"chat": ["two thumbsup"]})

    assert problems[0] == (
        "chat: other messages than expected\n"
        "  expected: \n    - 'two thumbsup'\n"
        "  came out: \n    - 'one thumbsup'"
    )
    assert problems[1].startswith("vote one of widget docs")


@pytest.mark.parametrize(
    ("records", "problems"), [([{"stream": "events/stream/expired.json"}], 0), ([VOTE], 1)]
)
def test_nothing_is_said_by_its_word(plain: Path, records: list[Any], problems: int) -> None:
    found = run(plain, records=records, messages="nothing")

    assert len([each for each in found if "other messages" in each]) == problems


def test_votes_can_be_removed_and_expire(plain: Path) -> None:
    other = VOTE | {"voteId": "two"}
    records = [VOTE, {"remove": VOTE}, {"put": other}, {"expire": other}]
    messages = {"chat": ["one thumbsup", "two thumbsup"]}

    assert run(plain, records=records, messages=messages) == []


def test_no_dead_letters_are_expected_unless_named(plain: Path) -> None:
    given = {
        "records": [VOTE],
        "messages": "nothing",
        "faults": [{"answer": "chat", "status": 404}],
    }

    assert "chat: other dead letters than expected" in run(plain, **given)[0]
    assert run(plain, **given, **{"dead letters": {"chat": [{"contains": "404"}]}}) == []


def test_faults_can_be_written(plain: Path) -> None:
    faults = [{"fail": "EnrichFunction", "times": 2}, {"duplicate": True}, {"reorder": 3}]

    assert run(plain, records=[VOTE], messages={"chat": ["one thumbsup"]}, faults=faults) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(90, 90), ("90", 90), ("2 minutes", 120), ("1 min", 60), ("1.5h", 5400), ("3 s", 3)],
)
def test_times_are_written_as_people_do(text: Any, seconds: float) -> None:
    assert table.seconds(text) == seconds


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"records": []}, "has no 'messages'. Write 'nothing'"),
        ({"messages": "nothing", "record": []}, "'it' has 'record'. Did you mean 'records'?"),
        ({"messages": "nothing", "records": [{"write": 1}]}, "neither a vote nor one of 'put'"),
        (
            {"messages": {"chat": [{"contain": "x"}]}},
            "'it: messages' has 'contain'. Did you mean 'contains'?",
        ),
        ({"messages": {"chat": "x"}}, "'it: messages' is neither 'nothing' nor a list of texts"),
        ({"messages": "nothing", "dead letters": ["x"]}, "'it: dead letters' is neither"),
    ],
)
def test_a_mistake_in_a_table_is_named(given: dict[str, Any], words: str) -> None:
    with pytest.raises(KitError, match=words):
        table.case({"name": "it", **given})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"records": [{"wait": "a while"}]}, "'a while' is not a time to wait"),
        (
            {"faults": [{"answer": "chat", "statsu": 404}]},
            "'it': 'answer' has 'statsu'. Did you mean 'status'?",
        ),
        ({"faults": [{"answer": "chta"}]}, "'it': No sink 'chta' runs here. Did you mean 'chat'?"),
        ({"faults": [{"fail": "ChatSink", "time": 3}]}, "'it': 'fail' has 'time'. Did you mean"),
        ({"records": [{"stream": "none.json"}]}, "'it': none.json cannot be read"),
        (
            {"records": [VOTE | {"voteId": 1}]},
            "'it': .*key voteId expected: S actual: N. Write the number in quotes.",
        ),
        ({"records": [VOTE | {"answers": {"x": math.inf}}]}, "'it': 'answers' cannot be stored"),
        ({"faults": [{"explode": True}]}, "'it': There is no fault 'explode'. There are: answer"),
    ],
)
def test_a_mistake_in_what_is_done_is_named(plain: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(KitError, match=words):
        run(plain, messages="nothing", **given)


@pytest.mark.parametrize(
    ("records", "stored"),
    [
        ("answers: {rate: 4.5}", {"rate": {"N": "4.5"}}),
        ("answers: {rate: 5.0, 2: 1.5e+3}", {"rate": {"N": "5"}, "2": {"N": "1500"}}),
        ("answers: {at: 10:30, on: yes}", {"at": {"S": "10:30"}, "on": {"S": "yes"}}),
        ("answers: {1.5: 2026-01-04}", {"1.5": {"S": "2026-01-04"}}),
        ("answers: {at: 2026-01-04T10:00:03+01:00}", {"at": {"S": "2026-01-04T09:00:03.000Z"}}),
    ],
)
def test_values_of_a_table_are_stored_as_javascript_stores_them(
    chat: Pipeline, tmp_path: Path, records: str, stored: dict[str, Any]
) -> None:
    path = tmp_path / "it.votes.yaml"
    vote = f"{{widgetId: docs, voteId: '4', voteType: thumbsup, {records}}}"
    path.write_text(f"- {{name: it, messages: nothing, records: [{vote}]}}", encoding="utf-8-sig")

    chat.put(table.load(path)[0].records[0]["put"])

    assert chat.items("VotesTable")[0]["answers"] == {"M": stored}


def test_times_of_toml_and_numbers_of_json_are_stored_so_too(
    chat: Pipeline, tmp_path: Path
) -> None:
    toml, plain_json = tmp_path / "it.votes.toml", tmp_path / "it.votes.json"
    toml.write_text(
        "[[tests]]\nname = 'it'\nmessages = 'nothing'\n[[tests.records]]\nwidgetId = 'docs'\n"
        "voteId = '4'\nanswers = {at = 10:30:00, on = 2026-01-04, when = 2026-01-04T10:00:03Z}"
    )
    plain_json.write_text(
        '[{"messages": "nothing", "records": [{"widgetId": "docs", "voteId": "5", "rate": 1e-7}]}]'
    )
    for path in (toml, plain_json):
        chat.put(table.load(path)[0].records[0]["put"])

    first, second = chat.items("VotesTable")
    assert first["answers"]["M"] == {
        "at": {"S": "10:30:00"},
        "on": {"S": "2026-01-04"},
        "when": {"S": "2026-01-04T10:00:03.000Z"},
    }
    assert second["rate"] == {"N": "1E-7"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("tests: [", "cannot be read"), ("a: 1", "has no 'tests'"), ("tests: [{}]\nx: 1", "has 'x'")],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.votes.yaml"
    path.write_text(text)

    with pytest.raises(KitError, match=words):
        table.load(path)
