"""AWS clients, made once and only when used, and their errors in words fit for logs."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from votepipe.model.errors import Temporary, Undeliverable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

ATTEMPTS = 3
# Each service has its own code for it: AccessDenied, AccessDeniedException, KmsAccessDenied …
_DENIED = re.compile(
    "AccessDenied|Unauthorized(Operation|Access)|AuthorizationError|NotAuthorized|DecryptionFailure"
)
_ACTION = re.compile(r"authorized to perform:?\s+[`'\"]?([a-z0-9-]{2,32}:[A-Za-z]{2,64})\b")


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


def prepare(service: str) -> None:
    """Make the client while a function starts, when Lambda gives it a whole core."""
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        client(service)


@contextmanager
def translate_errors(service: str) -> Iterator[None]:
    """Raise Temporary for botocore's errors, with the name of `service` and without AWS's text.

    Where a right is missing, raise Undeliverable, with the IAM action to allow.
    """
    try:
        yield
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            # AWS's text quotes keys and values, which may name a person.
            text = f"{service} answered '{error_code(error)}'."
            if _DENIED.search(error_code(error)):
                raise Undeliverable(f"{text} {_right(error)}") from None
            raise Temporary(text) from None
        if isinstance(error, BotoCoreError):
            raise Temporary(f"{service} did not answer ({type(error).__name__}).") from None
        raise


def error_code(error: Exception) -> str:
    """The code of a botocore ClientError, such as `AccessDeniedException`."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", "Unknown"))


def _right(error: "ClientError") -> str:
    """The right to give; of AWS's text only the name of an action."""
    said = str(error.response["Error"].get("Message", ""))
    found = _ACTION.search(said)
    action = found[1] if found else error.operation_name
    if re.search(r"\bkms", f"{error_code(error)} {said}", re.IGNORECASE):
        if not action.startswith("kms:"):
            action = "kms:Decrypt and kms:GenerateDataKey"
        return f"Allow {action} on its key in the caller's role."
    return f"Allow {action} on it in the caller's role."
