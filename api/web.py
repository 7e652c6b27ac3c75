"""A request as an HTTP API passes it on (payload format 2.0), and the response."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, unquote

LARGEST_BODY = 64_000  # bytes; an event takes 99,000, and quoting makes answers longer


class Refused(Exception):
    """Why a request is refused: a status, a sentence, and facts for programs."""

    def __init__(self, status: int, why: str, **facts: str | int) -> None:
        super().__init__(why)
        self.status = status
        self.facts = facts


@dataclass(frozen=True, kw_only=True)
class Request:
    """Header names are in lower case; where a name of the query repeats, the last one counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event that Lambda is called with."""
        http = event["requestContext"]["http"]
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        body = event.get("body") or ""
        # The local AWS leaves cookies among the headers.
        cookies = event.get("cookies") or headers.get("cookie", "").split(";")
        pairs = (cookie.strip().partition("=") for cookie in cookies)
        return cls(
            method=http["method"],
            path=unquote(event.get("rawPath") or "/"),
            query=_last(event.get("rawQueryString") or ""),
            headers=headers,
            cookies={name: value for name, _, value in pairs if name},
            body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
            address=http.get("sourceIp", ""),
        )

    def form(self) -> dict[str, str]:
        """The fields of a form. Raises Refused."""
        return _last(self._text())

    def json(self) -> Any:
        """The body as JSON. Raises Refused."""
        try:
            return json.loads(self._text())
        except (ValueError, RecursionError):
            raise Refused(400, "The body is not JSON.") from None

    def _text(self) -> str:
        if len(self.body) > LARGEST_BODY:
            raise Refused(413, f"The body is longer than {LARGEST_BODY} bytes.")
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise Refused(400, "The body is not UTF-8.") from None


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response; its `headers` are added to those that every response has."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The response in payload format 2.0."""
        return {
            "statusCode": self.status,
            "headers": {**SAFE, **self.headers},
            "cookies": list(self.cookies),
            "body": self.body,
        }


def page(body: str, status: int = 200) -> Response:
    """An HTML page."""
    return Response(status=status, body=body, headers={"content-type": "text/html; charset=utf-8"})


def data(value: Any, status: int = 200) -> Response:
    """A response in JSON."""
    body = json.dumps(value, ensure_ascii=False)
    return Response(status=status, body=body, headers={"content-type": "application/json"})


def redirect(to: str) -> Response:
    """Send the browser on to another page, so that a reload does not repeat a POST."""
    return Response(status=303, headers={"location": to})


# Pages load nothing from elsewhere, run no inline script, and cannot be framed.
SAFE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "cache-control": "no-store",
}


def _last(query: str) -> dict[str, str]:
    found = parse_qs(query, keep_blank_values=True, max_num_fields=300)
    return {name: values[-1] for name, values in found.items()}
