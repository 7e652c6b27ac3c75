"""DynamoDB as boto3 sees it, over the model's tables."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from votepipe.emulator.dynamodb import conditions, reading, updates
from votepipe.emulator.dynamodb.parser import bindings
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.dynamodb.values import Invalid, Item, bytes_of, checked, copy_of
from votepipe.emulator.functions.calls import Operations, Parameters, Refused
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.usage import READ_UNIT, READS, WRITE_UNIT, WRITES, Usage, units

_FAILED = "The conditional request failed"
_LARGEST_ITEM = 400 * 1024


class DynamoDb:
    """Answers calls on tables; what they write is in the tables' streams."""

    def __init__(self, tables: Mapping[str, Table], usage: Usage | None = None) -> None:
        self._usage = usage or Usage()
        self._tables = {table.name: table for table in tables.values()}
        operations: Operations = {
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "DeleteItem": lambda given: self._write(given, "Delete"),
            "GetItem": self._get,
            "PutItem": lambda given: self._write(given, "Put"),
            "Query": lambda given: self._read(given, *reading.query(self.table(given), given)),
            "Scan": lambda given: self._read(given, *reading.scan(self.table(given), given)),
            "TransactWriteItems": self._transact_write,
            "UpdateItem": lambda given: self._write(given, "Update"),
        }
        self.operations: Operations = {name: _valid(answer) for name, answer in operations.items()}

    def table(self, given: Parameters) -> Table:
        """The table that a call names. Raises Refused."""
        table = self._tables.get(last_part(given["TableName"]))
        if table is None:
            raise Refused("ResourceNotFoundException", "Requested resource not found")
        return table

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the tables it is done to."""
        if operation.startswith("Transact"):
            return [
                (f"dynamodb:{'ConditionCheckItem' if kind == 'ConditionCheck' else f'{kind}Item'}",
                 self.table(action).arn)
                for entry in parameters["TransactItems"]
                for kind, action in entry.items()
            ]  # fmt: skip
        if operation.startswith("Batch"):
            names = list(parameters["RequestItems"])
        else:
            names = [parameters["TableName"]]
        arns = [self.table({"TableName": name}).arn for name in names]
        return [(f"dynamodb:{operation}", arn) for arn in arns]

    def _get(self, given: Parameters) -> dict[str, Any]:
        bound = bindings(given)
        item = self.table(given).get(given["Key"])
        paths = reading.wanted(given, bound)
        bound.check_used()
        self._count_read(given, 0 if item is None else bytes_of(item))
        if item is None:
            return {}
        return {"Item": copy_of(item if paths is None else reading.projected(item, paths))}

    def _write(self, given: Parameters, kind: str) -> dict[str, Any]:
        change = _Write(self.table(given), given, kind)
        try:
            change.check()
        finally:
            self._usage.add(WRITES, change.units)
        change.make()
        return change.returned()

    def _read(self, given: Parameters, answer: dict[str, Any], size: int) -> dict[str, Any]:
        self._count_read(given, size)
        return answer

    def _count_read(self, given: Parameters, size: int) -> None:
        share = 1.0 if given.get("ConsistentRead") else 0.5
        self._usage.add(READS, share * units(size, READ_UNIT))

    def _batch_get(self, given: Parameters) -> dict[str, Any]:
        answers = {
            name: [
                copy_of(item)
                for key in request["Keys"]
                if (item := self.table({"TableName": name}).get(key)) is not None
            ]
            for name, request in given["RequestItems"].items()
        }
        for name, request in given["RequestItems"].items():
            for key in request["Keys"]:
                item = self.table({"TableName": name}).get(key)
                self._count_read(request, bytes_of(item) if item else 0)
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _batch_write(self, given: Parameters) -> dict[str, Any]:
        changes = [
            _Write(self.table({"TableName": name}), facts, kind.removesuffix("Request"))
            for name, requests in given["RequestItems"].items()
            for request in requests
            for kind, facts in request.items()
        ]
        places = [(change.table.name, change.place) for change in changes]
        if len(set(places)) < len(places):
            raise Invalid("Provided list of item keys contains duplicates")
        self._usage.add(WRITES, sum(change.units for change in changes))
        for change in changes:
            change.make()
        return {"UnprocessedItems": {}}

    def _transact_write(self, given: Parameters) -> dict[str, Any]:
        entries = [next(iter(entry.items())) for entry in given["TransactItems"]]
        changes = [_Write(self.table(facts), facts, kind) for kind, facts in entries]
        places = [(change.table.name, change.place) for change in changes]
        if len(set(places)) < len(places):
            raise Invalid("Transaction request cannot include multiple operations on one item")
        reasons = [change.reason() for change in changes]
        # A transaction is charged twice, also when it is cancelled.
        self._usage.add(WRITES, 2 * sum(change.units for change in changes))
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            raise Refused(
                "TransactionCanceledException",
                "Transaction cancelled, please refer cancellation reasons for specific reasons "
                f"[{codes}]",
                CancellationReasons=reasons,
            )
        for change in changes:
            change.make()
        return {}


class _Write:
    """One change of one item, of kind 'Put', 'Delete', 'Update' or 'ConditionCheck'."""

    def __init__(self, table: Table, given: Parameters, kind: str) -> None:
        self.table = table
        self._given = given
        self._kind = kind
        self._bound = bindings(given)
        self._paths: list[Any] = []
        self._after: Item | None = None
        if kind == "Put":
            self._after = {name: checked(value) for name, value in given["Item"].items()}
            self.place = table.key_of(given["Item"])
        else:
            self.place = table.only_key(given["Key"])
        self._before = table.items.get(self.place)

    @property
    def units(self) -> int:
        """What it is charged: the larger of the old and the new item, also where it fails."""
        return units(max(bytes_of(self._before or {}), self._size), WRITE_UNIT)

    @cached_property
    def _size(self) -> int:
        """The bytes of the new item, once that is worked out."""
        return bytes_of(self._after or {})

    def check(self) -> None:
        """Raise Refused when its condition does not hold."""
        if not self._holds():
            raise Refused("ConditionalCheckFailedException", _FAILED, **self._shown())

    def reason(self) -> dict[str, Any]:
        """The same in the form of a transaction's cancellation reasons."""
        if self._holds():
            return {"Code": "None"}
        return {"Code": "ConditionalCheckFailed", "Message": _FAILED, **self._shown()}

    def make(self) -> None:
        """Change the table."""
        if self._kind == "Delete":
            self.table.remove(self._given["Key"])
        elif self._after is not None and self._kind != "ConditionCheck":
            self.table.put(self._after, self.place)

    def returned(self) -> dict[str, Any]:
        """What ReturnValues asks for."""
        wanted = self._given.get("ReturnValues", "NONE")
        item = self._before if wanted.endswith("OLD") else self._after
        if item is None or wanted == "NONE":
            return {}
        if wanted.startswith("UPDATED"):
            names = {path[0] for path in self._paths}
            item = {name: value for name, value in item.items() if name in names}
        return {"Attributes": copy_of(item)} if item else {}

    def _holds(self) -> bool:
        """Whether the condition holds; works the change out, as both must be well formed."""
        holds = conditions.check(self._given.get("ConditionExpression"), self._before, self._bound)
        if self._kind == "Update":
            start = self._before if self._before is not None else dict(self._given["Key"])
            self._after, self._paths = self._updated(start, holds)
        self._bound.check_used()
        if self._size > _LARGEST_ITEM:
            raise Invalid("Item size has exceeded the maximum allowed size")
        return holds

    def _updated(self, start: Item, holds: bool) -> tuple[Item, list[Any]]:
        text = self._given.get("UpdateExpression")
        if text is None:
            return start, []
        update = updates.parse(text)
        if not holds:
            update.bind(self._bound)
            return start, []
        return update.apply(start, self._bound, self.table.keys)

    def _shown(self) -> dict[str, Any]:
        asked = self._given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return {"Item": copy_of(self._before)} if asked and self._before is not None else {}


def _valid(
    answer: Callable[[Parameters], dict[str, Any]],
) -> Callable[[Parameters], dict[str, Any]]:
    def answered(given: Parameters) -> dict[str, Any]:
        try:
            return answer(given)
        except Invalid as error:
            raise Refused("ValidationException", str(error)) from None

    return answered
