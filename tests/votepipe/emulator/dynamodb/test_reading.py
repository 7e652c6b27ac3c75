"""votepipe/emulator/dynamodb/reading.py: Query and Scan, page by page."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def filled(client: Any, key: Any) -> Any:
    for number in (3, 1, 10, 2):
        client.put_item(Item=key("a", number))
    client.put_item(Item=key("b", 1))
    return client


def numbers(answer: Any) -> list[int]:
    return [int(item["sk"]["N"]) for item in answer["Items"]]


def query(client: Any, condition: str = "pk = :p", **given: Any) -> Any:
    values = {":p": {"S": "a"}} | given.pop("values", {})
    return client.query(KeyConditionExpression=condition, ExpressionAttributeValues=values, **given)


def test_items_come_in_the_order_of_their_range_key(filled: Any) -> None:
    assert numbers(query(filled)) == [1, 2, 3, 10]
    assert numbers(query(filled, ScanIndexForward=False)) == [10, 3, 2, 1]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("pk = :p AND sk > :n", [3, 10]),
        ("pk = :p AND sk = :n", [2]),
        ("pk = :p AND sk BETWEEN :n AND :n", [2]),
    ],
)
def test_the_range_key_may_be_limited(filled: Any, condition: str, expected: list[int]) -> None:
    assert numbers(query(filled, condition, values={":n": {"N": "2"}})) == expected


def test_pages_follow_each_other(filled: Any) -> None:
    first = query(filled, Limit=3)
    second = query(filled, Limit=3, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (numbers(first), numbers(second)) == ([1, 2, 3], [10])
    assert "LastEvaluatedKey" not in second


def test_a_filter_comes_after_the_limit(filled: Any) -> None:
    answer = query(filled, Limit=2, FilterExpression="sk > :n", values={":n": {"N": "1"}})

    assert (numbers(answer), answer["Count"], answer["ScannedCount"]) == ([2], 1, 2)


def test_only_the_parts_asked_for_come(filled: Any) -> None:
    answer = query(filled, ProjectionExpression="sk", Limit=1)

    assert answer["Items"] == [{"sk": {"N": "1"}}]


def test_items_may_be_counted_alone(filled: Any) -> None:
    assert query(filled, Select="COUNT") == {"Count": 4, "ScannedCount": 4}


def test_a_scan_sees_everything(filled: Any) -> None:
    assert sorted(numbers(filled.scan())) == [1, 1, 2, 3, 10]


def test_a_query_needs_the_hash_key(filled: Any) -> None:
    with pytest.raises(ClientError, match="missed key schema element: pk"):
        query(filled, "sk > :p", values={":p": {"N": "0"}})


def test_an_index_is_refused(filled: Any) -> None:
    with pytest.raises(ClientError, match="does not have the specified index: by-night"):
        query(filled, IndexName="by-night")
    with pytest.raises(ClientError, match="does not have the specified index: by-night"):
        filled.scan(IndexName="by-night")
