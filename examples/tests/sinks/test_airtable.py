"""sinks/airtable.py: a row for each vote, at a server that takes what Airtable takes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sinks.airtable import Settings, handler, row
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request

COLUMNS = {"Vote", "Article", "Type", "Answers", "Settled"}


def refusal(status: int, kind: str) -> Answer:
    return Answer(status=status, body={"error": {"type": kind, "message": "No."}})


class Base:
    """A base with one table: its rows by the column Vote."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request) -> Answer:
        """Answer as `Update multiple records` does."""
        if request.headers.get("authorization") != "Bearer pat.right":
            return refusal(401, "AUTHENTICATION_REQUIRED")
        if (request.method, request.path) != ("PATCH", "/v0/app1/tbl1"):
            return refusal(404, "TABLE_NOT_FOUND")
        rows = [record["fields"] for record in request.json["records"]]
        if request.json["performUpsert"]["fieldsToMergeOn"] != ["Vote"]:
            return refusal(422, "INVALID_REQUEST_UNKNOWN")
        if not 0 < len(rows) <= 10 or len({cells["Vote"] for cells in rows}) < len(rows):
            return refusal(422, "INVALID_RECORDS")
        if any(cells.keys() - COLUMNS for cells in rows):
            return refusal(422, "UNKNOWN_FIELD_NAME")
        if any(len(text) > 100_000 for cells in rows for text in cells.values()):
            return refusal(422, "INVALID_VALUE_FOR_COLUMN")
        self.rows |= {cells["Vote"]: cells for cells in rows}
        return Answer(body={"records": [], "createdRecords": [], "updatedRecords": []})


@pytest.fixture
def base(web: Any) -> Base:
    made = Base()
    web.behave("v0", made)
    return made


def settings(web: Any, token: str = "pat.right", table: str = "tbl1") -> Settings:
    return Settings(token=Secret(token), table_url=f"{web.url}/v0/app1/{table}")


def test_a_vote_is_a_row_without_the_voter(event: Any) -> None:
    cells = row(event("settled"))

    assert cells == {
        "Vote": "docs-feedback/6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
        "Article": "Using DynamoDB streams",
        "Type": "thumbsdown",
        "Answers": "What would make this better? More examples of stream filters.\n"
        "How did you find this page? A colleague sent me the link ✨",
        "Settled": event("settled").detail["time"],
    }
    assert "reader@example.com" not in json.dumps(cells)


def test_ten_votes_are_one_request_and_a_duplicate_changes_its_row(
    event: Any, web: Any, base: Base
) -> None:
    votes = [event("settled", voteId=str(number)) for number in range(10)]

    handler(votes, settings(web))
    handler(votes[:1], settings(web))

    assert len(base.rows) == 10
    assert len(web.requests) == 2


def test_of_two_states_of_a_vote_the_newer_stays(event: Any, web: Any, base: Base) -> None:
    newer = event("settled", voteType="thumbsup")
    older = replace(event("settled"), sequence=newer.sequence - 1)

    handler([newer, older], settings(web))

    assert [cells["Type"] for cells in base.rows.values()] == ["thumbsup"]


@pytest.mark.parametrize(
    ("token", "table", "said"),
    [
        ("pat.wrong", "tbl1", "401 Unauthorized. The access token is wrong."),
        ("pat.right", "tbl2", "404 Not Found. The base or the table does not exist."),
    ],
)
def test_a_refusal_says_what_to_do(
    event: Any, web: Any, base: Base, token: str, table: str, said: str
) -> None:
    with pytest.raises(Undeliverable, match=said):
        handler([event("settled")], settings(web, token, table))


def test_too_many_requests_wait_as_long_as_airtable_wants(event: Any, web: Any) -> None:
    web.reply(refusal(429, "RATE_LIMIT_REACHED"))

    with pytest.raises(TryLater) as caught:
        handler([event("settled")], settings(web))
    assert caught.value.after == 30
