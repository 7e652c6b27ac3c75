"""Small helpers around JSON and ARNs."""

import base64
import json
from typing import Any


def parsed(text: str) -> Any:
    """The JSON in a text; None when it holds none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def copied(content: Any) -> Any:
    """What arrives at the other end of a call that carries JSON."""
    return json.loads(json.dumps(content))


def last_part(arn: str) -> str:
    """The name at the end of an ARN, or a name as it is."""
    return arn.rpartition(":")[2].rpartition("/")[2]


def as_json(content: Any) -> Any:
    """The same with bytes as Base64, as streams write them into JSON."""
    if isinstance(content, dict):
        return {name: as_json(each) for name, each in content.items()}
    if isinstance(content, list | tuple | set | frozenset):
        return [as_json(each) for each in content]
    if isinstance(content, bytes | bytearray):
        return base64.b64encode(content).decode()
    return content
