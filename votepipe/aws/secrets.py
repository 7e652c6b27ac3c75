"""Values that must not be seen, and the Secrets Manager they come from."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from votepipe import aws
from votepipe.model import times

LIFETIME = 300.0

_kept: dict[str, tuple[float, dict[str, Any]]] = {}


class Secret:
    """A text that shows as `***` wherever it is printed; `reveal()` gives it.

    It refuses to be pickled, copied or written as JSON.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself: for the receiver, never for a log or an error."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret is not copied or pickled. Call reveal() where it is used.")


def read(arn: str) -> dict[str, Any]:
    """The values in a secret, by setting; {} when it has none yet or holds no JSON object.

    They are kept for five minutes; an empty secret is read again each time.
    Raises Temporary when Secrets Manager does not answer with a value.
    """
    kept = _kept.get(arn)
    if kept and times.now() < kept[0]:
        return kept[1]
    _kept.pop(arn, None)
    values = _ask(arn)
    if values:
        _kept[arn] = (times.now() + LIFETIME, values)
    return values


def changed(arn: str) -> bool:
    """Read a secret again; whether its values are others than those that were kept.

    Raises Temporary when Secrets Manager does not answer with a value.
    """
    kept = _kept.pop(arn, None)
    return kept is not None and read(arn) != kept[1]


def _ask(arn: str) -> dict[str, Any]:
    client = aws.client("secretsmanager")
    with aws.translate_errors("Secrets Manager"):
        try:
            answer = client.get_secret_value(SecretId=arn)
        except client.exceptions.ResourceNotFoundException:
            # So says AWS of a secret that was created but never given a value.
            return {}
    return values_in(answer)


def values_in(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The values in an answer of Secrets Manager; {} when it holds no JSON object."""
    try:
        values = json.loads(answer.get("SecretString") or "{}")
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
