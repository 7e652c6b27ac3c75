"""What the kit counts of what AWS charges for."""

from collections.abc import Iterator
from typing import Any

import pytest

from votepipe.emulator.simulation import usage
from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "1", "voteType": "thumbsup", "answers": {}}


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with Pipeline(sinks=["settle", "slack", "log"]) as made:
        yield made


def test_one_vote_is_counted_by_sink(pipeline: Pipeline) -> None:
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    slack = pipeline.usage()["slack"]
    assert slack[usage.SENDS] == 1  # the settled vote
    assert slack[usage.SECRET_READS] == 1
    assert slack[usage.CALLS] == slack[usage.RECEIVES] == slack[usage.DELETES]
    lines = pipeline.models.functions["SlackSink"].lines
    assert slack[usage.LOG_BYTES] > 100 * len(lines)
    # Its own state and the vote, before it settles.
    assert pipeline.usage()["settle"][usage.READS] == 2
    assert pipeline.usage()["EnrichFunction"][usage.CALLS] == 1


@pytest.mark.parametrize(
    ("operation", "request_", "what", "amount"),
    [
        ("put_item", {"Item": {"text": "x" * 5000}}, usage.WRITES, 5),
        ("put_item", {"Item": {}}, usage.WRITES, 4),  # as large as what it replaces
        ("delete_item", {}, usage.WRITES, 4),
        ("get_item", {}, usage.READS, 0.5),
        ("get_item", {"ConsistentRead": True}, usage.READS, 1),
    ],
)
def test_sizes_round_up(
    pipeline: Pipeline, operation: str, request_: dict[str, Any], what: str, amount: float
) -> None:
    key = {"delivery": {"S": "k"}}
    pipeline.put({"delivery": "k", "text": "x" * 3500}, table="DeliveriesTable")
    given = dict(request_)
    if "Item" in given:
        given["Item"] = key | {name: {"S": text} for name, text in given["Item"].items()}
    else:
        given["Key"] = key
    table = pipeline.models.tables["DeliveriesTable"].name

    getattr(pipeline.client("dynamodb"), operation)(TableName=table, **given)

    assert pipeline.simulation.usage.counts[""][what] == amount
    assert "" not in pipeline.usage()


def test_a_condition_that_fails_is_charged_and_a_transaction_twice(pipeline: Pipeline) -> None:
    client, table = pipeline.client("dynamodb"), pipeline.models.tables["DeliveriesTable"].name
    pipeline.put({"delivery": "k"}, table="DeliveriesTable")
    put = {
        "TableName": table,
        "Item": {"delivery": {"S": "k"}},
        "ConditionExpression": "attribute_not_exists(delivery)",
    }

    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(**put)
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Put": put}])

    assert pipeline.simulation.usage.counts[""][usage.WRITES] == 3
