"""What a test calls and writes itself: a boto3 client, and items as boto3 writes them."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from boto3.dynamodb.types import TypeSerializer

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


@cache
def _serializer() -> TypeSerializer:
    return TypeSerializer()


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as attribute values; one that consists of them already is taken as it is."""
    if item and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _KINDS
        for value in item.values()
    ):
        return dict(item)
    return {name: _serializer().serialize(value) for name, value in item.items()}
