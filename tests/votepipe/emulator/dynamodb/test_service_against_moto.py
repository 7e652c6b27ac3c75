"""votepipe/emulator/dynamodb: held to moto over random calls."""

import functools
import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from votepipe.emulator.dynamodb.service import DynamoDb
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.functions.calls import Calls
from votepipe.emulator.simulation.simulation import Simulation

pytestmark = pytest.mark.slow

FACTS = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
}
NUMBERS = itertools.count()

texts = st.sampled_from(["a", "ab", "b", "é"])
numbers = st.sampled_from(["0", "1", "2", "10", "-3", "1.5"])
# No booleans: to moto, False is 0.
scalars = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": number}, numbers),
)
values = st.one_of(
    scalars,
    st.builds(lambda items: {"L": items}, st.lists(scalars, max_size=3)),
    st.builds(
        lambda items: {"M": items}, st.dictionaries(st.sampled_from("xy"), scalars, max_size=2)
    ),
    st.builds(lambda items: {"SS": sorted(items)}, st.sets(st.sampled_from("abc"), min_size=1)),
)
keys = st.builds(
    lambda pk, sk: {"pk": {"S": pk}, "sk": {"N": sk}},
    st.sampled_from(["p", "q"]),
    st.sampled_from(["1", "2"]),
)
attributes = st.sampled_from(["one", "two", "three"])


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A condition, and the values it names."""
    name, value = draw(attributes), draw(scalars)
    form = draw(
        st.sampled_from(
            [
                "attribute_exists({name})",
                "attribute_not_exists({name})",
                "{name} = :c",
                "{name} <> :c",
                "{name} < :c",
                "{name} >= :c",
                "{name} BETWEEN :c AND :d",
                "{name} IN (:c, :d)",
                "contains({name}, :c)",
                "begins_with({name}, :t)",
                "attribute_exists({name}) AND size({name}) > :n",
                "NOT {name} = :c",
                "attribute_exists({name}) AND {name} = :c",
                "attribute_not_exists({name}) OR {name} > :c",
                "({name} = :c OR sk > :n) AND attribute_exists(pk)",
            ]
        )
    )
    bound = {":c": value, ":d": value, ":t": {"S": draw(texts)}, ":n": {"N": draw(numbers)}}
    text = form.format(name=name)
    return text, {name: bound[name] for name in bound if name in text}


@st.composite
def updates(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An update, and the values it names."""
    first, second, value = draw(attributes), draw(attributes), draw(values)
    form = draw(
        st.sampled_from(
            [
                "SET {first} = :v",
                "SET {first} = if_not_exists({second}, :v)",
                "SET {first} = {second}",
                "SET {first} = if_not_exists({first}, :n) + :n",
                "SET {first} = {first} - :n",
                "SET {first} = list_append(if_not_exists({first}, :l), :l)",
                "REMOVE {first}",
                "ADD {first} :n",
                "ADD {first} :s",
                "DELETE {first} :s",
                "SET four = :v REMOVE {first}",
            ]
        )
    )
    bound = {
        ":v": value,
        ":n": {"N": draw(numbers)},
        ":l": {"L": [draw(scalars)]},
        ":s": {"SS": sorted(draw(st.sets(st.sampled_from("abcd"), min_size=1)))},
    }
    text = form.format(first=first, second=second)
    return text, {name: bound[name] for name in bound if name in text}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An operation and its parameters, but for the table."""
    operation = draw(st.sampled_from(["put", "update", "delete", "get", "query", "scan"]))
    if operation == "query":
        given: dict[str, Any] = {
            "KeyConditionExpression": "pk = :p AND sk >= :low",
            "ScanIndexForward": draw(st.booleans()),
        }
        return "query", given | bound({":p": {"S": "p"}, ":low": {"N": draw(numbers)}})
    if operation == "scan":
        text, named = draw(conditions())
        return "scan", {"FilterExpression": text} | bound(named)
    if operation == "get":
        return "get_item", {"Key": draw(keys)}
    key, named = draw(keys), {}
    given = {"ReturnValues": draw(st.sampled_from(["NONE", "ALL_OLD"]))}
    if draw(st.booleans()):
        given["ConditionExpression"], named = draw(conditions())
        given["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if operation == "put":
        item = draw(st.dictionaries(attributes, values, max_size=3))
        return "put_item", given | {"Item": item | key} | bound(named)
    if operation == "delete":
        return "delete_item", given | {"Key": key} | bound(named)
    given["UpdateExpression"], more = draw(updates())
    given["ReturnValues"] = draw(st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW"]))
    return "update_item", given | {"Key": key} | bound(named | more)


def bound(named: dict[str, Any]) -> dict[str, Any]:
    return {"ExpressionAttributeValues": named} if named else {}


class Ours:
    """A client whose calls the model answers."""

    def __init__(self, name: str) -> None:
        table = Table.of(
            "Table", name, f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}", FACTS
        )
        simulation = Simulation(0, 0)
        self._calls = Calls(simulation, {"dynamodb": DynamoDb({"Table": table})}, lambda *_: True)
        self._client = boto3.client("dynamodb")

    def call(self, name: str, parameters: dict[str, Any]) -> Any:
        operation = self._client.meta.method_to_api_mapping[name]
        return self._calls.call(self._client, operation, parameters, None)


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")


def outcome(call: Any) -> Any:
    """What a call answers, or the code of its error and the item shown with it."""
    try:
        answer = call()
    except ClientError as error:
        return error.response["Error"]["Code"], sorted_within(error.response.get("Item"))
    kept = ("Attributes", "Item", "Items", "Count", "ScannedCount")
    answer = {name: answer[name] for name in kept if answer.get(name) not in (None, {}, [])}
    return sorted_within(answer)


def sorted_within(value: Any) -> Any:
    """The same with numbers in one form, and sets and items of a scan in one order."""
    if isinstance(value, dict) and set(value) == {"N"}:
        return {"N": Decimal(value["N"])}  # moto keeps the zero of 3.0
    if isinstance(value, dict):
        return {
            name: sorted(each) if name == "SS" else sorted_within(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return (
            sorted((sorted_within(each) for each in value), key=str)
            if all(isinstance(each, dict) and "pk" in each for each in value)
            else [sorted_within(each) for each in value]
        )
    return value


# Always the same examples: moto has more mistakes of its own than are named above.
@settings(
    max_examples=4 * settings.default.max_examples,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(calls(), min_size=1, max_size=8))
def test_every_call_is_answered_as_moto_answers_it(
    moto: Any, history: list[tuple[str, dict[str, Any]]]
) -> None:
    name = f"table-{next(NUMBERS)}"
    moto.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **FACTS)
    try:
        compare(moto, Ours(name), name, history)
    finally:
        moto.delete_table(TableName=name)


def compare(moto: Any, ours: Ours, name: str, history: list[tuple[str, dict[str, Any]]]) -> None:
    for operation, more in history:
        parameters = {"TableName": name, **more}
        try:
            theirs = outcome(functools.partial(getattr(moto, operation), **parameters))
        except (TypeError, ValueError, AttributeError):
            return  # moto itself breaks at values of several types
        mine = outcome(functools.partial(ours.call, operation, parameters))

        assert mine == theirs, (operation, more)
