"""One table: its items, its indexes, and the records of its stream."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.dynamodb.values import (
    Invalid,
    Item,
    Value,
    checked,
    kind_of,
    plain,
    sortable,
)

Written = Callable[[Item | None, Item | None], None]


@dataclass(frozen=True)
class Index:
    """The keys of a table or of an index: its hash key, and its range key if it has one."""

    keys: tuple[str, ...]

    def has(self, item: Item) -> bool:
        """Whether an item is in it."""
        return all(key in item for key in self.keys)


@dataclass(eq=False)
class Table:
    """A table of the template; `written` is told the old and the new item of each change."""

    id: str
    name: str
    arn: str
    types: Mapping[str, str]
    index: Index
    indexes: Mapping[str, Index]
    view: str | None = None
    written: list[Written] = field(default_factory=list)
    items: dict[tuple[Any, ...], Item] = field(default_factory=dict)

    @classmethod
    def of(cls, logical_id: str, name: str, arn: str, facts: Mapping[str, Any]) -> "Table":
        """Make one of resolved properties."""
        types = {
            each["AttributeName"]: each["AttributeType"] for each in facts["AttributeDefinitions"]
        }
        indexes = {
            each["IndexName"]: _index(each) for each in facts.get("GlobalSecondaryIndexes", ())
        }
        view = facts.get("StreamSpecification", {}).get("StreamViewType")
        return cls(logical_id, name, arn, types, _index(facts), indexes, view)

    def key_of(self, item: Mapping[str, Value]) -> tuple[Any, ...]:
        """What an item is kept under. Raises Invalid when its keys are not as they must be."""
        for key in self.index.keys:
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
        return tuple(plain(item[key]) for key in self.index.keys)

    def only_key(self, key: Mapping[str, Value]) -> tuple[Any, ...]:
        """The same for what must hold the keys and nothing else."""
        if set(key) != set(self.index.keys):
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
        for index in self.indexes.values():
            self._check_index(index, item)
        old = self.items.get(place)
        self.items[place] = item
        self._tell(old, item)
        return old

    def remove(self, key: Mapping[str, Value]) -> Item | None:
        """Delete an item; returns it."""
        old = self.items.pop(self.only_key(key), None)
        self._tell(old, None)
        return old

    def within(self, index_name: str | None) -> tuple[Index, Iterator[Item]]:
        """An index's keys and items, in the order of its range key; None is the table itself."""
        index = self.index if index_name is None else self.indexes.get(index_name)
        if index is None:
            raise Invalid(f"The table does not have the specified index: {index_name}")
        items = [item for item in self.items.values() if index.has(item)]
        if len(index.keys) > 1:
            items.sort(key=lambda item: sortable(item[index.keys[1]]))
        return index, iter(items)

    def _tell(self, old: Item | None, new: Item | None) -> None:
        if self.written and old != new:
            for told in self.written:
                told(old, new)

    def _check_index(self, index: Index, item: Item) -> None:
        for key in index.keys:
            if key in item and kind_of(item[key]) != self.types[key]:
                raise Invalid("One or more parameter values were invalid: Type mismatch for Index "
                              f"Key {key} Expected: {self.types[key]} Actual: "
                              f"{kind_of(item[key])}")  # fmt: skip


def _index(facts: Mapping[str, Any]) -> Index:
    return Index(tuple(each["AttributeName"] for each in facts["KeySchema"]))
