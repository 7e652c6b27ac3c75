"""votepipe/dev/commands/stack.py: a vote is cast as a reader casts it."""

import json
import re

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.stack import vote


def test_a_vote_with_answers_is_written(stack) -> None:
    result = CliRunner().invoke(
        vote,
        [
            *("down", "--instance", "article", "--voter", "a@example.com"),
            *("--answer", "field_1=more = better", "--answer", "field_2=👍"),
        ],
        env={"VOTEPIPE_PORT": str(stack.port)},
    )

    said = re.match(r"Cast vote (\S+) in widget 'post-footer', 3 writes\.\n", result.output)
    assert said
    assert result.output.endswith(f"See its path at {stack.url}/\n")
    keys = {"widgetId": "post-footer", "voteId": said[1]}
    item = stack.deployment.table.get_item(Key=keys)["Item"]
    assert (item["voteType"], item["instanceOfJoy"]) == ("thumbsdown", "article")
    assert json.loads(item["answers"]) == {"field_1": "more = better", "field_2": "👍"}


@pytest.mark.parametrize("pair", ["field_1", "=text"])
def test_an_answer_that_is_none(pair: str) -> None:
    result = CliRunner().invoke(vote, ["--answer", pair])

    assert result.exit_code == 2
    assert "Write FIELD=TEXT, for example field_1='More of this'." in result.output


def test_a_vote_is_up_or_down() -> None:
    assert CliRunner().invoke(vote, ["sideways"]).exit_code == 2
