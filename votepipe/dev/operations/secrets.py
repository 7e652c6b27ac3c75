"""A sink's one secret: what belongs in it, and how it gets there."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from votepipe.aws.secrets import values_in
from votepipe.plugins.fields import Field


class SecretError(Exception):
    """What was given does not fit the sink's secret settings; the text says what does."""


def values_from(text: str, secrets: Sequence[Field]) -> dict[str, str]:
    """The values in `text`: a JSON object by setting, or the bare value where there is only one.

    Raises SecretError, which never quotes the text.
    """
    names = [field.name for field in secrets]
    shape = "{" + ", ".join(f'"{name}": "…"' for name in names) + "}"
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        if len(names) != 1:
            raise SecretError(f"This is not a JSON object. Give {shape}.")
        given = {names[0]: given if isinstance(given, str) else text.strip()}
    required = {field.name for field in secrets if field.required}
    if not given or not required <= set(given) <= set(names):
        raise SecretError(f"These are not the sink's secrets. Give {shape}.")
    if not all(isinstance(value, str) and value.strip() for value in given.values()):
        raise SecretError(f"A secret is a text that is not empty. Give {shape}.")
    return given


def secret_values(client: Any, secret_id: str) -> dict[str, Any]:
    """What a secret holds, {} when nothing; `client` is boto3's Secrets Manager."""
    try:
        return values_in(client.get_secret_value(SecretId=secret_id))
    except client.exceptions.ResourceNotFoundException:
        return {}


def put_secret(client: Any, secret_id: str, values: Mapping[str, str]) -> None:
    """Write the values of a sink's secret settings; `client` is boto3's Secrets Manager."""
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(dict(values)))
