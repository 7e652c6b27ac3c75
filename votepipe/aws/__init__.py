"""AWS clients, made once and only when used, and their errors in words fit for logs."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def translate_errors(service: str) -> Iterator[None]:
    """Raise Temporary for botocore's errors, with the name of `service` and without AWS's text."""
    try:
        yield
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            # AWS's text quotes keys and values, which may name a person.
            raise Temporary(f"{service} answered '{error_code(error)}'.") from None
        if isinstance(error, BotoCoreError):
            raise Temporary(f"{service} did not answer ({type(error).__name__}).") from None
        raise


def error_code(error: Exception) -> str:
    """The code of a botocore ClientError, such as `AccessDeniedException`."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "Unknown"))
