"""The owner's key, for results and for saving widgets; two are valid during a rotation."""

import hmac
import os

from api.web import Refused, Request
from votepipe.aws import secrets

COOKIE = "owner"


def check(request: Request) -> None:
    """Raises Refused unless the request carries the key, as a bearer token or in the cookie."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE, "")
    if not is_key(given):
        raise Refused(401, "This needs the owner's key, as 'Authorization: Bearer …'.")


def is_key(given: str) -> bool:
    """Whether this is the owner's key, or the one before."""
    known = secrets.read(os.environ["API_SECRET_ARN"])
    keys = [known.get("owner_key"), known.get("previous_owner_key")]
    # Compares with every key, so that timing reveals nothing.
    same = [hmac.compare_digest(given.encode(), key.encode()) for key in keys if key]
    return bool(given) and any(same)
