"""votepipe/dev/console/votes.py: the form's API against a real table."""

import json
from typing import Any

import pytest
import requests

from votepipe.dev.console.journal import Journal
from votepipe.dev.console.votes import describe


def stored(table: Any, keys: dict[str, str]) -> Any:
    return table.get_item(Key=keys).get("Item")


def test_a_vote_is_cast_into_the_table(console: Any, table: Any) -> None:
    wanted = {"voteType": "thumbsdown", "instanceOfJoy": "a-post", "voter": "reader@example.com"}

    reply = console.post("api/votes", wanted)
    assert reply.status_code == 201
    assert stored(table, reply.json()).items() >= wanted.items()


def test_only_the_type_of_a_vote_must_be_given(console: Any, table: Any) -> None:
    keys = console.post("api/votes", {"voteType": "thumbsup"}).json()

    assert stored(table, keys)["voteType"] == "thumbsup"


def test_a_vote_may_name_its_keys(console: Any) -> None:
    keys = {"widgetId": "my-widget", "voteId": "my-vote"}

    assert console.post("api/votes", {"voteType": "thumbsup", **keys}).json() == keys


def test_a_vote_cast_here_shows_at_once(console: Any) -> None:
    keys = console.post("api/votes", {"voteType": "thumbsup", "instanceOfJoy": "a-post"}).json()

    (vote,) = console.get("api/journal").json()["votes"]
    assert vote.items() >= {**keys, "voteType": "thumbsup", "instanceOfJoy": "a-post"}.items()
    assert [hop["stage"] for hop in vote["hops"]] == ["write"]


def test_answers_are_added_to_the_vote(console: Any, table: Any) -> None:
    keys = console.post("api/votes", {"voteType": "thumbsup", "voteId": "a b&ü"}).json()
    path = f"api/votes/{keys['widgetId']}/a%20b%26%C3%BC/answers"
    for field in ("field_1", "field_2"):
        reply = console.post(path, {"field": field, "text": "more"})

    assert reply.status_code == 201
    assert json.loads(stored(table, keys)["answers"]) == {"field_1": "more", "field_2": "more"}


def test_a_vote_is_changed_and_withdrawn(console: Any, table: Any) -> None:
    keys = console.post("api/votes", {"voteType": "thumbsup", "voteId": "a b"}).json()
    url = f"{console.server.url}api/votes/{keys['widgetId']}/a%20b"

    changed = requests.put(url, json={"voteType": "thumbsdown"}, timeout=30)
    then = stored(table, keys)["voteType"]
    withdrawn = requests.delete(url, timeout=30)

    assert (changed.status_code, then) == (201, "thumbsdown")
    assert withdrawn.status_code == 201
    assert stored(table, keys) is None
    (vote,) = console.get("api/journal").json()["votes"]
    assert [hop["text"] for hop in vote["hops"]] == ["cast here", "changed here", "withdrawn here"]


def test_no_vote_is_neither_changed_nor_withdrawn(console: Any, table: Any) -> None:
    url = f"{console.server.url}api/votes/w/none"

    replies = [
        requests.put(url, json={"voteType": "thumbsup"}, timeout=30),
        requests.delete(url, timeout=30),
    ]

    assert [reply.status_code for reply in replies] == [404, 404]
    assert stored(table, {"widgetId": "w", "voteId": "none"}) is None


def test_a_vote_changes_to_a_known_type_only(console: Any) -> None:
    reply = requests.put(f"{console.server.url}api/votes/w/v", json={"voteType": "meh"}, timeout=30)

    assert reply.status_code == 400


def test_an_answer_to_no_vote_is_refused(console: Any) -> None:
    reply = console.post("api/votes/w/none/answers", {"field": "field_1", "text": "more"})

    assert reply.status_code == 404
    assert "'none'" in reply.json()["error"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({}, "'voteType'"),
        ({"voteType": "meh"}, "'voteType'"),
        ({"voteType": "thumbsup", "voter": 1}, "'voter'"),
        ({"voteType": "thumbsup", "voter": "x" * 10_001}, "'voter'"),
        ({"voteType": "thumbsup", "voted": "x"}, "'voted'"),
    ],
)
def test_a_wrong_vote_is_refused_by_name(console: Any, body: Any, names: str) -> None:
    reply = console.post("api/votes", body)

    assert reply.status_code == 400
    assert names in reply.json()["error"]


@pytest.mark.parametrize("body", [{}, {"field": "field_1"}, {"field": "", "text": "x"}])
def test_an_answer_needs_field_and_text(console: Any, body: Any) -> None:
    assert console.post("api/votes/w/v/answers", body).status_code == 400


def test_without_a_table_the_stack_is_not_ready(console: Any) -> None:
    console.table = None

    reply = console.post("api/votes", {"voteType": "thumbsup"})
    assert reply.status_code == 503
    assert "ready" in reply.json()["error"]


def test_a_table_that_refuses_is_an_error(console: Any, local_aws: Any) -> None:
    console.table = local_aws.resource("dynamodb").Table("no-such-table")

    reply = console.post("api/votes", {"voteType": "thumbsup"})
    assert reply.status_code == 502
    assert "no-such-table" not in reply.text


def test_votes_of_any_writer_are_described_from_the_table(table: Any) -> None:
    journal = Journal()
    keys = {"widgetId": "w", "voteId": "written elsewhere"}
    table.put_item(Item={**keys, "voteType": "thumbsdown", "instanceOfJoy": 5})
    journal.trace({"hop": "passed", "eventID": "e-1", "keys": keys, "time": 1.0})
    describe(journal, table, journal.votes()["votes"])

    (vote,) = journal.votes()["votes"]
    assert vote["voteType"] == "thumbsdown"
    assert "instanceOfJoy" not in vote


def test_a_table_that_is_gone_leaves_votes_as_they_are(local_aws: Any) -> None:
    journal = Journal()
    journal.wrote("w", "v", "cast", at="2026-01-01T00:00:00.000Z")
    before = journal.votes()
    describe(journal, local_aws.resource("dynamodb").Table("no-such-table"), before["votes"])

    assert journal.votes() == before
