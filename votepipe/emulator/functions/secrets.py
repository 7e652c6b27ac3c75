"""Secrets Manager as boto3 sees it: the template's secrets and their values."""

from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.functions.calls import Refused

Parameters = Mapping[str, Any]


class Secrets:
    """The secrets of a template, by name and by ARN."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` maps ARNs to names."""
        self._arns = {**{name: arn for arn, name in names.items()}, **{arn: arn for arn in names}}
        self._names = names
        self.values: dict[str, str] = {}
        self.operations: Mapping[str, Callable[[Parameters], dict[str, Any]]] = {
            "GetSecretValue": self._get,
            "PutSecretValue": self._put,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the secret it is done to."""
        secret = str(parameters["SecretId"])
        return [(f"secretsmanager:{operation}", self._arns.get(secret, secret))]

    def _get(self, given: Parameters) -> dict[str, Any]:
        arn = self._arn(given)
        if arn not in self.values:
            raise Refused(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret value for staging label: "
                "AWSCURRENT",
            )
        return {"ARN": arn, "Name": self._names[arn], "SecretString": self.values[arn]}

    def _put(self, given: Parameters) -> dict[str, Any]:
        arn = self._arn(given)
        self.values[arn] = given["SecretString"]
        return {"ARN": arn, "Name": self._names[arn]}

    def _arn(self, given: Parameters) -> str:
        arn = self._arns.get(given["SecretId"])
        if arn is None:
            raise Refused(
                "ResourceNotFoundException", "Secrets Manager can't find the specified secret."
            )
        return arn
