"""Keep a row for each settled vote in an Airtable table.

Make a table with the text columns Vote, Article, Type, Answers and Settled, and a personal access
token with the scope 'data.records:write' for its base (https://airtable.com/create/tokens); then
run: votepipe secret set airtable
The table's address has the two ids that its page shows after airtable.com: 'app…' and 'tbl…'.
The voter stays here. A vote that is withdrawn keeps its row.
Airtable takes five requests a second of ten rows each; on 429 it wants half a minute, and gets it.
A duplicate, or a vote that settles again, changes the row with its id in the column Vote.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from votepipe import Event, Secret, clean, setting, sink, words
from votepipe.http import post
from votepipe.plugins import Resources

KEY = "Vote"
LONGEST = 10_000  # characters of all answers; a cell takes ten times as many
AGAIN = "Run: votepipe secret set airtable"
HINTS = {
    401: f"The access token is wrong. {AGAIN}",
    403: f"The token lacks the base or the scope 'data.records:write'. {AGAIN}",
    404: "The base or the table does not exist. Correct the parameter 'AirtableTableUrl'.",
    422: "A column is missing or computed, or two rows have one id. See sinks/airtable.py.",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    token: Secret = setting("Personal access token, 'pat…'", example="pat.made-up")
    table_url: str = setting(
        "Address of the table in the Web API",
        example="https://api.airtable.com/v0/app0123456789abcd/tbl0123456789abcd",
        local="{receiver}",
    )


def row(event: Event) -> dict[str, str]:
    """The cells of a vote, by column."""
    given, more = words.answers(event.vote, labels=words.labels(event), newlines=True)
    answers = [f"{words.asked(label)} {answer}" for label, answer in given]
    answers += [f"… and {more} more"] if more else []
    return {
        KEY: f"{event.vote.widget_id}/{event.vote.vote_id}",
        "Article": words.title(event),
        "Type": event.vote.vote_type or "",
        "Answers": clean("\n".join(answers), LONGEST, newlines=True),
        "Settled": event.detail["time"],
    }


@sink(events=["VoteSettled"], settings=Settings, batch=True, resources=Resources(window=5))
def handler(events: Sequence[Event], settings: Settings) -> None:
    # A request must not hold one id twice: the newest state of a vote comes last, and stays.
    rows = {cells[KEY]: cells for cells in map(row, sorted(events, key=lambda each: each.sort_key))}
    body = {
        "performUpsert": {"fieldsToMergeOn": [KEY]},
        "records": [{"fields": cells} for cells in rows.values()],
        "typecast": True,
    }
    headers = {"Authorization": f"Bearer {settings.token.reveal().strip()}"}
    post(settings.table_url, json=body, headers=headers, hints=HINTS, method="PATCH")
