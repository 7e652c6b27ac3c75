"""votepipe/dev/operations/casting.py: votes are written as the tables of this kind hold them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe.dev.operations.casting import answer, cast


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    """A votes table."""
    with mock_aws():
        dynamodb: Any = boto3.resource("dynamodb", region_name="us-east-1")
        yield dynamodb.create_table(
            TableName="votes",
            KeySchema=[
                {"AttributeName": "widgetId", "KeyType": "HASH"},
                {"AttributeName": "voteId", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "widgetId", "AttributeType": "S"},
                {"AttributeName": "voteId", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )


def stored(table: Any, keys: Any) -> dict[str, Any]:
    """A vote as the table holds it."""
    item: dict[str, Any] = table.get_item(Key=keys)["Item"]
    return item


def test_a_first_write_has_an_empty_map_and_leaves_out_what_is_not_known(table: Any) -> None:
    keys = cast(table, vote_type="thumbsup", instance_of_joy="", voter=None)

    found = stored(table, keys)

    created = found.pop("createdAt")
    assert found == {**keys, "voteType": "thumbsup", "answers": {}}
    assert keys["widgetId"] == "post-footer"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created)


def test_a_first_write_has_what_is_known(table: Any) -> None:
    keys = cast(
        table,
        vote_type="thumbsdown",
        widget_id="w",
        vote_id="v",
        instance_of_joy="article",
        voter="reader@example.com",
    )

    found = stored(table, {"widgetId": "w", "voteId": "v"})

    assert keys == {"widgetId": "w", "voteId": "v"}
    assert (found["instanceOfJoy"], found["voter"]) == ("article", "reader@example.com")


def test_answers_are_the_json_text_of_all_so_far(table: Any) -> None:
    keys = cast(table, vote_type="thumbsup")

    answer(table, **named(keys), field="field_1", text="more ü")
    returned = answer(table, **named(keys), field="field_2", text="👍")

    assert returned == {"field_1": "more ü", "field_2": "👍"}
    text = stored(table, keys)["answers"]
    assert json.loads(text) == returned
    assert "👍" in text


def named(keys: Any) -> dict[str, str]:
    """A vote's keys as arguments."""
    return {"widget_id": keys["widgetId"], "vote_id": keys["voteId"]}


def test_there_is_no_such_vote(table: Any) -> None:
    with pytest.raises(LookupError, match=r"No vote 'gone' in widget 'w'\. Cast it first\."):
        answer(table, "w", "gone", "field_1", "text")
