"""AWS clients, made once and only when used, and their failures in words fit for logs."""

from functools import cache
from typing import Any

from votepipe.model.errors import Temporary

ATTEMPTS = 3


@cache
def client(service: str) -> Any:
    """The process's client of a service such as `sqs`; it gives up within half a minute."""
    # Importing boto3 takes longer than everything else here: only who needs it pays for it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,  # type: ignore[call-overload]  # the stubs want a literal
        config=Config(
            connect_timeout=3,
            read_timeout=6,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )


class asking:  # noqa: N801 - it reads as a statement
    """Turn what AWS answers into Temporary, named after `service` and without AWS's own text."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __enter__(self) -> None:
        """Begin to ask."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise Temporary for an error of AWS or on the way there."""
        if error is None:
            return
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            # AWS's text quotes keys and values, which may name a person.
            raise Temporary(f"{self._service} answered '{error_code(error)}'.") from None
        if isinstance(error, BotoCoreError):
            name = type(error).__name__
            raise Temporary(f"{self._service} could not be asked ({name}).") from None


def error_code(error: Exception) -> str:
    """The code of a botocore ClientError, such as `AccessDeniedException`."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "Unknown"))
