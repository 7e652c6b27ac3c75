"""Post to a receiver over HTTP, with the right outcome for each way it can answer.

    2xx                                        returns the response
    429, 503 with Retry-After                  TryLater, for as long as the receiver asks
    429                                        TryLater, for 30 seconds
    5xx, 408, 425, time-out, disconnect        Temporary
    redirect, any other 4xx, no real address   Undeliverable

Texts name the receiver's host only: a webhook's path is its password.
"""

import http
import json as jsonlib
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter

from votepipe.model import times
from votepipe.model.errors import Temporary, TryLater, Undeliverable

LONGEST_WAIT = 3600.0
USUAL_WAIT = 30.0
USUAL_TIMEOUT = 10.0
MOST_BYTES = 65_536
MOST_SECONDS = 900.0  # a function never runs longer
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

T = TypeVar("T")


@dataclass(frozen=True)
class Response:
    """A receiver's answer; `body` is cut after 64 kB, `headers` ignore case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 shows as `\ufffd`."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body read as JSON. Raises ValueError when it is not."""
        return jsonlib.loads(self.body)


def post(
    url: str,
    *,
    json: Any = None,
    data: bytes | str | Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    hints: Mapping[int, str] | None = None,
    method: str = "POST",
) -> Response:
    """Post `json` or `data` and return what the receiver answers with a 2xx status.

    The whole exchange ends within `timeout` seconds (10 by default), however slowly the receiver
    talks.
    `hints` maps a status to the likely cause and its remedy, which follow the fact in the error's
    text. `method` is PATCH or PUT for what is there already.
    Raises TryLater, Temporary or Undeliverable.
    """
    host = host_of(url)
    timeout = USUAL_TIMEOUT if timeout is None else timeout
    sent = {"method": method, "json": json, "data": data, "headers": headers}
    response = within(timeout, host, lambda: _exchange(url, host, timeout, sent))
    if not 200 <= response.status < 300:
        refuse(host, response, (hints or {}).get(response.status, ""))
    return response


def host_of(url: str) -> str:
    """The host to name in texts; only a host on this machine may be spoken to without TLS.

    Raises Undeliverable for an address that is not fit.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise Undeliverable("The receiver's address is not a URL. Correct the setting it is in.")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise Undeliverable(f"The address at {host} is not safe. Use one with https.")
    return host


class Refused(Undeliverable):
    """A 4xx or a redirect; `response` is the answer, which may quote what was sent."""

    def __init__(self, text: str, response: Response) -> None:
        super().__init__(text)
        self.response = response


@cache
def _connections() -> HTTPAdapter:
    """The connections that the process keeps.

    Without a session there are no redirects, no cookies and no netrc file: a secret goes only
    where its setting says.
    """
    return HTTPAdapter()


@cache
def _proxies(host: str) -> Mapping[str, str]:
    proxy = None if proxy_bypass(host) else getproxies().get("https")
    return {"https": proxy} if proxy else {}


def _exchange(url: str, host: str, timeout: float, sent: Mapping[str, Any]) -> Response:
    try:
        request = requests.Request(url=url, **sent).prepare()
        request.headers.setdefault("User-Agent", "votepipe")
        answer = _connections().send(request, True, timeout, proxies=_proxies(host))
    except (ValueError, exceptions.InvalidJSONError) as error:
        raise Undeliverable(f"No request can be made to {host} ({type(error).__name__}).") from None
    with answer:
        body = b""
        for part in answer.iter_content(MOST_BYTES):
            body += part
            if len(body) >= MOST_BYTES:
                break
        return Response(answer.status_code, answer.headers, body[:MOST_BYTES])


def within(timeout: float, host: str, exchange: Callable[[], T]) -> T:
    """Run an exchange with `host` in a thread, left behind after `timeout` seconds.

    It raises what the exchange raises, as Temporary where that comes of the connection.
    A socket's time-out starts anew with each byte, so a receiver that drips its answer would hold
    the function for as long as it likes.
    """
    timeout = min(timeout, MOST_SECONDS)
    answers: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(exchange())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout)
    if answers:
        return answers[0]
    raise _failure(errors[0] if errors else exceptions.Timeout(), host, timeout) from None


def _failure(error: Exception, host: str, timeout: float) -> Exception:
    if isinstance(error, exceptions.Timeout):
        return Temporary(f"{host} did not answer within {timeout:g} s.")
    if isinstance(error, exceptions.ContentDecodingError):
        return Temporary(f"{host} answered what cannot be read.")
    if isinstance(error, exceptions.RequestException):
        return Temporary(f"{host} could not be reached, or hung up.")
    return error


def refuse(host: str, response: Response, hint: str = "") -> NoReturn:
    """Raise what an answer other than 2xx calls for; `hint` follows the fact in its text."""
    status = response.status
    text = f"{host} answered {status}{_phrase(status)}."
    if hint:
        text += f" {hint}"
    wait = _wait(response.headers.get("Retry-After", ""))
    if status == 429 or (status == 503 and wait is not None):
        raise TryLater(text, after=USUAL_WAIT if wait is None else wait)
    if status >= 500 or status in (408, 425):
        raise Temporary(text)
    raise Refused(text, response)


def _phrase(status: int) -> str:
    """The standard's words for a status: the receiver's own could be anything."""
    try:
        return f" {http.HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _wait(header: str) -> float | None:
    """Seconds to wait by a Retry-After header, from 1 to an hour; None when it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - times.now()
        except (ValueError, TypeError, OverflowError):
            return None
    if math.isnan(seconds):
        return None
    return min(LONGEST_WAIT, max(1.0, seconds))
