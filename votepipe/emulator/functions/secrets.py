"""Secrets Manager as boto3 sees it: the template's secrets and their values."""

from collections.abc import Mapping
from typing import Any

from votepipe.emulator.functions.calls import Operations, Parameters, Refused


class Secrets:
    """The secrets of a template, by name and by ARN."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` maps ARNs to names."""
        self._arns = {**{name: arn for arn, name in names.items()}, **{arn: arn for arn in names}}
        self._names = names
        self.values: dict[str, str] = {}
        self.operations: Operations = {"GetSecretValue": self._get}

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the secret it is done to."""
        secret = str(parameters["SecretId"])
        return [(f"secretsmanager:{operation}", self._arns.get(secret, secret))]

    def _get(self, given: Parameters) -> dict[str, Any]:
        arn = self._arns.get(given["SecretId"])
        if arn is None:
            text = "Secrets Manager can't find the specified secret."
        elif arn not in self.values:
            text = ("Secrets Manager can't find the specified secret value for staging label: "
                    "AWSCURRENT")  # fmt: skip
        else:
            return {"ARN": arn, "Name": self._names[arn], "SecretString": self.values[arn]}
        raise Refused("ResourceNotFoundException", text)
