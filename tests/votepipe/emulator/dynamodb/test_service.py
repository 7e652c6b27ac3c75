"""votepipe/emulator/dynamodb/service.py: what moto does not settle, or settles else."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def update(client: Any, key: Any, text: str, **values: Any) -> Any:
    given = {f":{name}": value for name, value in values.items()}
    named = {"ExpressionAttributeValues": given} if given else {}
    return client.update_item(
        Key=key("a", 1), UpdateExpression=text, ReturnValues="ALL_NEW", **named
    )["Attributes"]


@pytest.mark.parametrize(
    ("before", "text", "values", "after"),
    [
        ({}, "SET n = :n", {"n": {"N": "1"}}, {"n": {"N": "1"}}),
        ({"n": {"N": "1.5"}}, "SET n = n + :n", {"n": {"N": "1.5"}}, {"n": {"N": "3"}}),
        ({"n": {"N": "9" * 37}}, "SET n = n + :n", {"n": {"N": "1"}}, {"n": {"N": "1" + "0" * 37}}),
        ({"n": {"N": "1"}}, "SET n = n - :n", {"n": {"N": "1"}}, {"n": {"N": "0"}}),
        ({}, "SET n = if_not_exists(n, :n)", {"n": {"N": "7"}}, {"n": {"N": "7"}}),
        ({"l": {"L": []}}, "SET l = list_append(l, :l)", {"l": {"L": [{"S": "x"}]}},
         {"l": {"L": [{"S": "x"}]}}),
        ({"a": {"S": "1"}, "b": {"S": "2"}}, "SET a = b, b = a", {},
         {"a": {"S": "2"}, "b": {"S": "1"}}),
        ({"l": {"L": [{"S": "x"}, {"S": "y"}, {"S": "z"}]}}, "REMOVE l[0], l[1]", {},
         {"l": {"L": [{"S": "z"}]}}),
        ({"l": {"L": []}}, "SET l[5] = :x", {"x": {"S": "x"}}, {"l": {"L": [{"S": "x"}]}}),
        ({"m": {"M": {}}}, "SET m.x = :x", {"x": {"S": "x"}}, {"m": {"M": {"x": {"S": "x"}}}}),
        ({}, "ADD n :n", {"n": {"N": "2"}}, {"n": {"N": "2"}}),
        ({"s": {"SS": ["a"]}}, "ADD s :s", {"s": {"SS": ["b", "a"]}}, {"s": {"SS": ["a", "b"]}}),
        ({"s": {"SS": ["a", "b"]}}, "DELETE s :s", {"s": {"SS": ["a"]}}, {"s": {"SS": ["b"]}}),
        ({"s": {"SS": ["a"]}}, "DELETE s :s", {"s": {"SS": ["a"]}}, {}),
        ({"s": {"NS": ["1", "2"]}}, "DELETE s :s", {"s": {"NS": ["1.0"]}}, {"s": {"NS": ["2"]}}),
        ({"a": {"S": "1"}}, "REMOVE a, b", {}, {}),
    ],
)  # fmt: skip
def test_updates_change_what_they_say(
    client: Any, key: Any, before: Any, text: str, values: Any, after: Any
) -> None:
    client.put_item(Item=key("a", 1) | before)

    assert update(client, key, text, **values) == key("a", 1) | after


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("SET n = n + :n", {"n": {"N": "1"}}, "does not exist in the item"),
        ("SET t = t + :n", {"n": {"N": "1"}}, "incorrect data type"),
        ("SET pk = :n", {"n": {"S": "1"}}, "Cannot update attribute pk. This attribute is part"),
        ("SET a = :n, a = :n", {"n": {"N": "1"}}, "Two document paths overlap"),
        ("SET m.x = :n REMOVE m", {"n": {"N": "1"}}, "Two document paths overlap"),
        ("SET m.x = :n", {"n": {"N": "1"}}, "document path provided .* is invalid for update"),
        ("SET a = :other", {"n": {"N": "1"}}, "value used in expression is not defined"),
        ("SET a = :n", {"n": {"N": "1"}, "spare": {"N": "1"}}, "unused in expressions: keys"),
        ("SET #a = :n", {"n": {"N": "1"}}, "name used in the document path is not defined"),
        ("SET a = :n SET b = :n", {"n": {"N": "1"}}, 'The "SET" section can only be used once'),
        ("SET a = nothing(a, :n)", {"n": {"N": "1"}}, "Invalid function name; function: nothing"),
        ("SET a :n", {"n": {"N": "1"}}, 'Syntax error; token: ":n"'),
        ("SET a = :n +", {"n": {"N": "1"}}, 'Syntax error; token: "<EOF>"'),
        ("ADD t :n", {"n": {"N": "1"}}, "incorrect data type"),
        ("ADD t :n", {"n": {"S": "1"}}, "operator: ADD, operand type: S"),
        ("DELETE t :n", {"n": {"N": "1"}}, "operator: DELETE, operand type: N"),
        ("SET a = :n", {"n": {"N": "one"}}, "cannot be converted to a numeric value"),
        ("SET a = :n", {"n": {"N": "1" * 39}}, "more than 38 significant digits"),
        ("SET a = :n", {"n": {"SS": []}}, "set  may not be empty"),
        ("SET a = :n", {"n": {"NS": ["1", "1.0"]}}, "contains duplicates"),
    ],
)
def test_what_dynamodb_refuses_is_refused(
    client: Any, key: Any, text: str, values: Any, words: str
) -> None:
    client.put_item(Item=key("a", 1) | {"t": {"S": "text"}})

    with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
        update(client, key, text, **values)
    assert client.table.get(key("a", 1)) == key("a", 1) | {"t": {"S": "text"}}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"pk": {"S": "a"}}, "Missing the key sk"),
        ({"pk": {"S": "a"}, "sk": {"S": "1"}}, "Type mismatch for key sk expected: N actual: S"),
        ({"pk": {"S": ""}, "sk": {"N": "1"}}, "cannot contain an empty string value"),
        ({"pk": {"S": "a"}, "sk": {"N": "1"}, "x": {"S": "x" * 409_600}}, "exceeded the maximum"),
    ],
)
def test_bad_items_are_refused(client: Any, item: Any, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        client.put_item(Item=item)


def test_a_key_with_more_than_the_keys_is_refused(client: Any, key: Any) -> None:
    with pytest.raises(ClientError, match="does not match the schema"):
        client.get_item(Key=key("a", 1) | {"x": {"S": "x"}})


@pytest.mark.parametrize("value", [{}, {"S": "a", "N": "1"}])
def test_a_key_that_is_not_well_formed_is_refused(client: Any, value: Any) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*more than one datatypes"):
        client.get_item(Key={"pk": value, "sk": {"N": "1"}})


def test_numbers_that_are_equal_are_one_key(client: Any, key: Any) -> None:
    client.put_item(Item={"pk": {"S": "a"}, "sk": {"N": "1.0"}})

    assert "Item" in client.get_item(Key=key("a", 1))


def test_only_changes_reach_the_stream(client: Any, key: Any) -> None:
    for text in ("x", "x", "y"):
        client.put_item(Item=key("a", 1) | {"t": {"S": text}})
    client.delete_item(Key=key("a", 1))
    client.delete_item(Key=key("a", 1))

    assert [(old and old["t"]["S"], new and new["t"]["S"]) for old, new in client.changes] == [
        (None, "x"), ("x", "y"), ("y", None),
    ]  # fmt: skip


def test_what_was_read_does_not_change_with_what_is_written_later(client: Any, key: Any) -> None:
    client.put_item(Item=key("a", 1) | {"m": {"M": {"x": {"S": "1"}}}})
    before = client.get_item(Key=key("a", 1))["Item"]
    update(client, key, "SET m.x = :x", x={"S": "2"})

    assert before["m"] == {"M": {"x": {"S": "1"}}}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("NONE", None),
        ("ALL_OLD", {"t": {"S": "old"}, "u": {"S": "same"}}),
        ("ALL_NEW", {"t": {"S": "new"}, "u": {"S": "same"}}),
        ("UPDATED_OLD", {"t": {"S": "old"}}),
        ("UPDATED_NEW", {"t": {"S": "new"}}),
    ],
)
def test_an_update_returns_what_is_asked_for(
    client: Any, key: Any, asked: str, expected: Any
) -> None:
    client.put_item(Item=key("a", 1) | {"t": {"S": "old"}, "u": {"S": "same"}})
    answer = client.update_item(
        Key=key("a", 1),
        UpdateExpression="SET t = :t",
        ExpressionAttributeValues={":t": {"S": "new"}},
        ReturnValues=asked,
    )
    attributes = answer.get("Attributes")
    keys = key("a", 1) if asked.startswith("ALL") else {}

    assert attributes == (None if expected is None else expected | keys)


def test_a_failed_condition_shows_the_item_when_asked(client: Any, key: Any) -> None:
    client.put_item(Item=key("a", 1))

    with pytest.raises(ClientError) as error:
        client.put_item(
            Item=key("a", 1),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert error.value.response["Item"] == key("a", 1)


def test_a_transaction_is_made_whole_or_not_at_all(client: Any, key: Any) -> None:
    client.put_item(Item=key("a", 1))
    good = {"Put": {"TableName": "things", "Item": key("b", 1)}}
    bad = {
        "ConditionCheck": {
            "TableName": "things",
            "Key": key("a", 1),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    with pytest.raises(ClientError) as error:
        client.transact_write_items(TransactItems=[good, bad])
    before = len(client.table.items)
    client.transact_write_items(TransactItems=[good])

    reasons = [reason["Code"] for reason in error.value.response["CancellationReasons"]]
    assert error.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert (before, len(client.table.items)) == (1, 2)


def test_a_transaction_names_each_item_once(client: Any, key: Any) -> None:
    put = {"Put": {"TableName": "things", "Item": key("b", 1)}}

    with pytest.raises(ClientError, match="multiple operations on one item"):
        client.transact_write_items(TransactItems=[put, put])


def test_batches_write_and_read(client: Any, key: Any) -> None:
    requests = [{"PutRequest": {"Item": key("a", number)}} for number in range(3)]
    client.batch_write_item(RequestItems={"things": requests})
    client.batch_write_item(RequestItems={"things": [{"DeleteRequest": {"Key": key("a", 0)}}]})
    answer = client.batch_get_item(
        RequestItems={"things": {"Keys": [key("a", number) for number in range(3)]}}
    )

    assert answer["Responses"]["things"] == [key("a", 1), key("a", 2)]


def test_an_unknown_table_is_refused(client: Any, key: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_item(TableName="other", Key=key("a", 1))
