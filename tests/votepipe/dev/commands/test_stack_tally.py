"""votepipe/dev/commands/stack.py: which table is counted, and what is printed."""

from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands import stack as commands

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/VotesTable/stream/2026-01-04T00:00:00.000"


@pytest.fixture
def rebuild(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command for a stack that has these parameters."""

    def rebuild(own: str = "VotesTable", **parameters: str) -> Result:
        stack = SimpleNamespace(
            parameters=parameters,
            physical_id=lambda name: {"VotesTable": own}.get(name, name),
        )
        session = SimpleNamespace(client=lambda service: tables.client)
        found = SimpleNamespace(stack=stack, session=session)
        monkeypatch.setattr(commands, "deployment", lambda name: found)
        return CliRunner().invoke(commands.tally, ["rebuild"])

    return rebuild


def vote(tables: Any, **texts: str) -> None:
    item = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup", **texts}
    tables.tables["VotesTable"].put({name: {"S": text} for name, text in item.items()})


def test_it_says_what_it_found(rebuild: Any, tables: Any) -> None:
    vote(tables)

    result = rebuild()

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "1 votes are counted; 1 were counted differently or not at all.",
        "0 counters were not the sum of their votes, and are now.",
    ]


def test_it_says_what_is_no_vote(rebuild: Any, tables: Any) -> None:
    vote(tables, voteType="sideways")

    assert "1 items of the table are not votes" in rebuild().output


def test_the_table_of_a_given_stream_is_counted(rebuild: Any, tables: Any) -> None:
    vote(tables)

    assert "1 votes are counted" in rebuild(own="", VoteStreamArn=STREAM).output
