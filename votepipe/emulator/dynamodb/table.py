"""One table: its items, and who hears of their changes."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.dynamodb.values import Invalid, Item, Value, checked, copy_of, kind_of, plain

Written = Callable[[Item | None, Item | None], None]


@dataclass(eq=False)
class Table:
    """A table of the template; `written` gets the old and the new item of each change.

    `keys` are its hash key, and its range key if it has one.
    """

    id: str
    name: str
    arn: str
    types: Mapping[str, str]
    keys: tuple[str, ...]
    view: str | None = None
    written: list[Written] = field(default_factory=list)
    items: dict[tuple[Any, ...], Item] = field(default_factory=dict)

    @classmethod
    def of(cls, logical_id: str, name: str, arn: str, facts: Mapping[str, Any]) -> "Table":
        """Make one of resolved properties."""
        types = {
            each["AttributeName"]: each["AttributeType"] for each in facts["AttributeDefinitions"]
        }
        keys = tuple(each["AttributeName"] for each in facts["KeySchema"])
        view = facts.get("StreamSpecification", {}).get("StreamViewType")
        return cls(logical_id, name, arn, types, keys, view)

    def key_of(self, item: Mapping[str, Value]) -> tuple[Any, ...]:
        """What an item is kept under. Raises Invalid when its keys are not as they must be."""
        for key in self.keys:
            if key not in item:
                raise Invalid("One or more parameter values were invalid: "
                              f"Missing the key {key} in the item")  # fmt: skip
            kind, wanted = kind_of(item[key]), self.types[key]
            if kind != wanted:
                raise Invalid(f"One or more parameter values were invalid: Type mismatch for key "
                              f"{key} expected: {wanted} actual: {kind}")  # fmt: skip
            if item[key][kind] in ("", b""):
                raise Invalid("One or more parameter values are not valid. The AttributeValue for "
                              "a key attribute cannot contain an empty string value. "
                              f"Key: {key}")  # fmt: skip
        return tuple(plain(item[key]) for key in self.keys)

    def only_key(self, key: Mapping[str, Value]) -> tuple[Any, ...]:
        """The same for what must hold the keys and nothing else."""
        if set(key) != set(self.keys):
            raise Invalid("The provided key element does not match the schema")
        for value in key.values():
            checked(value)
        try:
            return self.key_of(key)
        except Invalid as error:
            if "Type mismatch" in str(error):
                raise Invalid("The provided key element does not match the schema") from None
            raise

    def get(self, key: Mapping[str, Value]) -> Item | None:
        """The item with this key; it is not to be changed."""
        return self.items.get(self.only_key(key))

    def put(self, item: Item, place: tuple[Any, ...] | None = None) -> Item | None:
        """Write an item, under its key where that is known; returns the one that was there."""
        place = place or self.key_of(item)
        old = self.items.get(place)
        self.items[place] = item
        self._notify(old, item)
        return old

    def remove(self, key: Mapping[str, Value]) -> Item | None:
        """Delete an item; returns it."""
        old = self.items.pop(self.only_key(key), None)
        self._notify(old, None)
        return old

    def follow(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Hold what stream records say, as the table that they come from; nobody hears of it."""
        for record in records:
            images = record.get("dynamodb")
            with contextlib.suppress(Invalid, AttributeError, TypeError, KeyError):
                key = self.only_key(images["Keys"])  # type: ignore[index]  # else it is no record
                if record.get("eventName") == "REMOVE":
                    self.items.pop(key, None)
                else:
                    self.items[key] = copy_of(images["NewImage"])  # type: ignore[index]

    def _notify(self, old: Item | None, new: Item | None) -> None:
        # As in AWS, a write that changes nothing leaves no record in the stream.
        if self.written and old != new:
            for listener in self.written:
                listener(old, new)
