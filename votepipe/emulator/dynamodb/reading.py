"""Query and Scan, and projections of what they find."""

import itertools
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from votepipe.emulator.dynamodb import conditions
from votepipe.emulator.dynamodb.parser import Bindings, Parser, PathReader, bindings
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.dynamodb.values import (
    Invalid,
    Item,
    Path,
    Value,
    bytes_of,
    copy_of,
    found,
    sort_key,
    sortable,
)

Parameters = Mapping[str, Any]

_PAGE = 1_048_576


def query(table: Table, given: Parameters) -> tuple[dict[str, Any], int]:
    """The items of one hash key, in the order of their range key; and the bytes that were read."""
    bound = bindings(given)
    text = given.get("KeyConditionExpression")
    if text is None:
        raise Invalid("Either the KeyConditions or KeyConditionExpression parameter must be "
                      "specified in the request.")  # fmt: skip
    matches = conditions.parse(text, "KeyConditionExpression")
    keys = table.keys
    items = table.items.values()
    chosen = [item for item in items if matches({name: item[name] for name in keys}, bound)]
    if len(keys) > 1:
        chosen.sort(key=lambda item: sortable(item[keys[1]]))
    if len({str(item[keys[0]]) for item in chosen}) > 1:
        raise Invalid(f"Query condition missed key schema element: {keys[0]}")
    if not given.get("ScanIndexForward", True):
        chosen.reverse()
    # Placeholders count as used even when there was no item to try them on.
    matches({}, bound)
    return _page(table, chosen, given, bound)


def scan(table: Table, given: Parameters) -> tuple[dict[str, Any], int]:
    """All items; only whole scans are modelled, not segments of one."""
    return _page(table, list(table.items.values()), given, bindings(given))


def wanted(given: Parameters, bound: Bindings) -> list[Path] | None:
    """The paths of a projection; None for whole items."""
    text = given.get("ProjectionExpression")
    return None if text is None else [path(bound) for path in projection(text)]


@lru_cache(maxsize=128)
def projection(text: str) -> tuple[PathReader, ...]:
    """Prepare a projection expression."""
    parser = Parser(text, "ProjectionExpression")
    paths = parser.listed(parser.path)
    parser.end()
    return tuple(paths)


def projected(item: Item, paths: list[Path]) -> Item:
    """The parts of an item at these paths, within what holds them."""
    result: Item = {}
    for path in sorted(paths, key=sort_key):
        value = found(item, path)
        if value is None:
            continue
        here: Any = result
        for step, after in itertools.pairwise(path):
            shell: Value = {"L": []} if isinstance(after, int) else {"M": {}}
            here = next(iter(_child(here, step, shell).values()))
        _child(here, path[-1], value)
    return result


def _child(home: Any, step: str | int, value: Value) -> Value:
    if isinstance(step, int):
        home.append(value)
        return value
    return home.setdefault(step, value)  # type: ignore[no-any-return]


def _page(
    table: Table, items: list[Item], given: Parameters, bound: Bindings
) -> tuple[dict[str, Any], int]:
    """One page: from after the start key, up to the limit or 1 MB, then filtered."""
    start = given.get("ExclusiveStartKey")
    if index := given.get("IndexName"):  # no table of the kit has one
        raise Invalid(f"The table does not have the specified index: {index}")
    if start is not None:
        place = table.key_of(start)
        after = [at for at, item in enumerate(items) if table.key_of(item) == place]
        items = items[after[0] + 1 :] if after else []
    page, more = _cut(items, given.get("Limit"))
    text = given.get("FilterExpression")
    paths = wanted(given, bound)
    passes = conditions.parse(text, "FilterExpression") if text else None
    if passes:
        passes({}, bound)
    bound.check_used()
    kept = [copy_of(item) for item in page if passes is None or passes(item, bound)]
    answer: dict[str, Any] = {"Count": len(kept), "ScannedCount": len(page)}
    if given.get("Select") != "COUNT":
        answer["Items"] = [item if paths is None else projected(item, paths) for item in kept]
    if more:
        answer["LastEvaluatedKey"] = {name: page[-1][name] for name in table.keys}
    return answer, sum(map(bytes_of, page))


def _cut(items: Iterable[Item], limit: int | None) -> tuple[list[Item], bool]:
    page: list[Item] = []
    size = 0
    for item in items:
        if (limit is not None and len(page) == limit) or (page and size > _PAGE):
            return page, True
        page.append(item)
        size += bytes_of(item)
    # DynamoDB does not look further than the limit, so it cannot know that this was the last.
    return page, limit is not None and len(page) == limit
