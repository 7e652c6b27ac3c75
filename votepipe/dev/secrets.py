"""Put a sink's secret where its function reads it."""

import json
from collections.abc import Mapping
from typing import Any


def put_secret(secrets: Any, secret_id: str, values: Mapping[str, str]) -> None:
    """Write the values of a sink's secret settings; `secrets` is a boto3 Secrets Manager client."""
    secrets.put_secret_value(SecretId=secret_id, SecretString=json.dumps(dict(values)))
