"""The receiver: takes what sinks send, in the place of Slack and of webhooks.

What it refuses is a hop in the journal, but no message.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Blueprint, Response, request

from votepipe.dev.console.journal import Journal
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.http.slack import Slack

LARGEST = 1 << 20  # bytes of one request
METHODS = ("POST", "PATCH", "PUT")
SECRETS = ("authorization", "dd-api-key")

_NUMBERS = ("status", "seconds", "times", "retryAfter", "delay")
_NAMES = {"sink", *_NUMBERS, "disconnect"}


class Fault(NamedTuple):
    """What the receiver answers, `delay` seconds late; None for the usual answer."""

    answer: Answer | None
    delay: float


@dataclass
class _Set:
    wanted: Mapping[str, Any]
    until: float | None
    left: int | None


class HttpFaults:
    """The fault of each sink; a new one replaces the old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._set: dict[str, _Set] = {}

    def put(self, wanted: Any) -> None:
        """Set a fault from the API's JSON. Raises ValueError with what is wrong about it."""
        _check(wanted)
        seconds, times = wanted.get("seconds"), wanted.get("times")
        until = None if seconds is None else self._clock() + seconds
        with self._lock:
            left = None if times is None else int(times)
            self._set[wanted["sink"]] = _Set(wanted, until, left)

    def take(self, sink: str) -> Fault:
        """The fault for a request to `sink`, which uses up one of its times."""
        with self._lock:
            self._expire()
            found = self._set.get(sink)
            if found is None:
                return Fault(None, 0)
            if found.left is not None:
                found.left -= 1
        return Fault(_answer(found.wanted), found.wanted.get("delay", 0))

    def shown(self) -> list[dict[str, Any]]:
        """The faults in force, with what is left of them."""
        with self._lock:
            self._expire()
            now = self._clock()
            return [
                {
                    **{
                        name: value
                        for name, value in each.wanted.items()
                        if value and name not in ("seconds", "times")
                    },
                    "secondsLeft": None if each.until is None else round(each.until - now, 1),
                    "timesLeft": each.left,
                }
                for each in self._set.values()
            ]

    def clear(self) -> None:
        """Answer as usual again."""
        with self._lock:
            self._set.clear()

    def _expire(self) -> None:
        now = self._clock()
        for sink, each in list(self._set.items()):
            if (each.until is not None and each.until <= now) or each.left == 0:
                del self._set[sink]


def _check(wanted: Any) -> None:
    if not isinstance(wanted, Mapping) or not isinstance(wanted.get("sink"), str):
        raise ValueError("A fault needs 'sink', the name of a sink. Send it as a JSON object.")
    unknown = sorted(set(wanted) - _NAMES)
    if unknown:
        raise ValueError(f"A fault has no '{unknown[0]}'. It takes: {', '.join(sorted(_NAMES))}.")
    for name in _NUMBERS:
        value = wanted.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"'{name}' of a fault is a number, 0 or more. Leave it out or fix it.")
    status = wanted.get("status")
    if status is not None and not (isinstance(status, int) and 200 <= status <= 599):
        raise ValueError("'status' of a fault is an HTTP status. Use 200 to 599.")
    if status is None and not wanted.get("delay") and wanted.get("disconnect") is not True:
        raise ValueError("A fault does nothing yet. Give it 'status', 'delay' or 'disconnect'.")


def _answer(fault: Mapping[str, Any]) -> Answer | None:
    if fault.get("disconnect") is True:
        return Answer(disconnect=True)
    if (status := fault.get("status")) is None:
        return None
    after = fault.get("retryAfter")
    headers = {} if after is None else {"Retry-After": f"{after:g}"}
    return Answer(status=status, headers=headers, body=_phrase(status))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower().replace(" ", "_")
    except ValueError:
        return "error"


def receiver(journal: Journal, faults: HttpFaults) -> Blueprint:
    """The routes below `/receive/`; the first part of the path is the name of the sink."""
    routes = Blueprint("receiver", __name__)
    slack = Slack()

    @routes.route("/receive/<sink>", methods=METHODS)
    @routes.route("/receive/<sink>/<path:rest>", methods=METHODS)
    def receive(sink: str, rest: str = "") -> Response:
        given = Request(
            method=request.method,
            path=f"/{sink}/{rest}",
            headers={name.lower(): value for name, value in request.headers.items()},
            content=request.get_data(),
        )
        fault = faults.take(sink)
        time.sleep(fault.delay)
        planned = fault.answer
        refused: str | None
        if planned is not None and not planned.accepts:
            answer, refused = planned, _refusal(planned)
        else:
            answer = slack(given) if sink == "slack" else Answer()
            refused = _objection(answer)
            if planned is not None and refused is None:
                answer = replace(answer, status=planned.status)
        # A token is a secret, and the journal is shown.
        headers = {name: value for name, value in given.headers.items() if name not in SECRETS}
        journal.message(sink, given.content.decode("utf-8", "replace"), headers, refused=refused)
        return _send(answer, given)

    return routes


def _refusal(answer: Answer) -> str:
    return "closed the connection" if answer.disconnect else f"answered {answer.status}"


def _objection(answer: Answer) -> str | None:
    """How Slack refused: by a status, or in the answer of its Web API."""
    if isinstance(answer.body, dict):
        return None if answer.body["ok"] else f"answered '{answer.body['error']}'"
    return None if answer.accepts else f"answered {answer.status} {answer.body}"


def _send(answer: Answer, given: Request) -> Response:
    if answer.disconnect:
        connection = request.environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
    content, headers = answer.encode(given)
    return Response(content, answer.status, headers)
