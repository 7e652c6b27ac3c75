"""DynamoDB as the library uses it: keys made of parts, and one kind of write."""

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from votepipe import aws
from votepipe.model import times
from votepipe.model.attributes import unmarshal

aws.prepare("dynamodb")

RETENTION_SECONDS = 30 * 24 * 3600
# DynamoDB's limit is 2,048 bytes.
_LONGEST_KEY = 1024

Item = dict[str, Any]


def read_item(service: str, table: str, key: Mapping[str, str]) -> Item:
    """One item as it stands, as DynamoDB JSON, {} where there is none; see conditional_update."""
    with aws.translate_errors(service):
        answer = aws.client("dynamodb").get_item(
            TableName=table, Key=marshal_item(key), ConsistentRead=True
        )
    item: Item = answer.get("Item", {})
    return item


def conditional_update(
    service: str,
    table: str,
    key: Mapping[str, str],
    changes: str,
    condition: str = "",
    returning: str = "ALL_NEW",
    **values: Any,
) -> tuple[bool, Item]:
    """Change one item if `condition` holds; returns whether it held, and the item as it stands.

    In both expressions every attribute is written `#name` and every value `:name`, since many
    names are words of DynamoDB's own. Values and the item are plain Python; with ALL_OLD in
    `returning` it is the item as it was before. `service` is what error texts call the table.
    Raises Temporary when DynamoDB does not answer.
    """
    client = aws.client("dynamodb")
    request = update_request(table, key, changes, condition, **values)
    with aws.translate_errors(service):
        try:
            answer = client.update_item(
                **request,
                ReturnValues=returning,
                **({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if condition else {}),
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            return False, plain(error.response.get("Item", {}))
    return True, plain(answer.get("Attributes", {}))


def update_request(
    table: str, key: Mapping[str, str], changes: str, condition: str = "", **values: Any
) -> dict[str, Any]:
    """An update in DynamoDB's own JSON; see conditional_update for the expressions."""
    names = re.findall(r"#(\w+)", f"{changes} {condition}")
    request: dict[str, Any] = {
        "TableName": table,
        "Key": marshal_item(key),
        "UpdateExpression": changes,
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
    }
    if condition:
        request["ConditionExpression"] = condition
    if values:
        request["ExpressionAttributeValues"] = marshal_item(
            {f":{name}": value for name, value in values.items()}
        )
    return request


def marshal(value: Any) -> dict[str, Any]:
    """A plain value as DynamoDB JSON: text, numbers, true and false, None, sets of text, dicts."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float | Decimal):
        return {"N": str(value)}
    if isinstance(value, set):
        return {"SS": sorted(value)}
    return {"M": marshal_item(value)}


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A plain item as DynamoDB JSON."""
    return {name: marshal(value) for name, value in item.items()}


def plain(item: Mapping[str, Any]) -> Item:
    """An item of DynamoDB JSON as plain Python."""
    return {name: unmarshal(value) for name, value in item.items()}


def expiry() -> int:
    """The time to live of what is kept for 30 days, in seconds since 1970."""
    return int(times.now() + RETENTION_SECONDS)


@lru_cache(maxsize=1024)  # each vote's key is needed several times while it is delivered
def composite_key(kind: str, *parts: str) -> str:
    """One key for a list of parts, in ASCII and at most 1,024 characters; no two lists share it."""
    # "#" is quoted within the parts.
    key = "#".join([kind, *(quote(part, safe="", errors="surrogatepass") for part in parts)])
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{kind}#sha256:{hashlib.sha256(key.encode()).hexdigest()}"
