"""What a test calls and writes itself: a boto3 client, and items as JavaScript stores them."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, DecimalException
from functools import cache
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.dynamodb.values import Invalid
from votepipe.emulator.simulation.errors import KitError

_KINDS = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}


class Client:
    """A boto3 client whose calls `call` answers, given the client, the operation and parameters."""

    def __init__(self, client: Any, call: Callable[[Any, str, dict[str, Any]], Any]) -> None:
        self._client = client
        self._call = call

    def __getattr__(self, name: str) -> Any:
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return getattr(self._client, name)
        return lambda **given: self._call(self._client, operation, given)

    def get_paginator(self, name: str) -> Any:
        """boto3's paginator, whose calls are answered here, too."""
        return type(self._client).get_paginator(self, name)


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as attribute values; one that consists of them already is taken as it is.

    Raises KitError for a value that DynamoDB cannot hold.
    """
    if item and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _KINDS
        for value in item.values()
    ):
        return dict(item)
    found = {}
    for name, value in _of_javascript(item).items():
        try:
            found[name] = _serializer().serialize(value)
        except (TypeError, DecimalException):
            raise KitError(
                f"'{name}' cannot be stored. Write text, numbers, true or false, lists and maps."
            ) from None
    return found


def put(table: Table, item: Mapping[str, Any]) -> None:
    """Write an item. Raises KitError for what the table cannot hold."""
    try:
        table.put(attributes(item))
    except Invalid as error:
        hint = " Write the number in quotes." if "actual: N" in str(error) else ""
        raise KitError(f"{str(error).removesuffix('.')}.{hint}") from None


def _of_javascript(value: Any) -> Any:
    """A value as a front in JavaScript has it: numbers of one kind, times and keys as text."""
    if isinstance(value, Mapping):
        return {_key(name): _of_javascript(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_of_javascript(part) for part in value]
    if isinstance(value, set | frozenset):
        return {_of_javascript(part) for part in value}
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < 1e21 else Decimal(repr(value))
    if isinstance(value, datetime):
        there = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return there.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date | time) else value


def _key(name: Any) -> str:
    """A key as text; YAML has others."""
    if name is None or isinstance(name, bool):
        return {None: "null", True: "true", False: "false"}[name]
    return str(_of_javascript(name))
