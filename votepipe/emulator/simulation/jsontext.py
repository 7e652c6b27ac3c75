"""Small helpers around JSON and ARNs."""

import base64
import json
import marshal
from typing import Any


def parsed(text: str) -> Any:
    """The JSON in a text; None when it holds none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def as_json(content: Any) -> Any:
    """What arrives at the other end of a call that carries JSON; bytes become Base64."""
    return json.loads(json.dumps(content, default=_member))


def copy_json(content: Any) -> Any:
    """A copy of JSON; several times as quick as to write and read it."""
    return marshal.loads(marshal.dumps(content))  # noqa: S302 - of our own making


def _member(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def last_part(arn: str) -> str:
    """The name at the end of an ARN, or a name as it is."""
    return arn.rpartition(":")[2].rpartition("/")[2]
