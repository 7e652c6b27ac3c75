"""What a function's code sees in place of the real thing: AWS, the network, time, randomness.

HTTP goes over real sockets to a receiver on the loopback, so that any client library works as it
does in Lambda, with its own parsing and connection pool. Only waiting is virtual: the receiver
answers at once, and reading the answer lets as much virtual time pass as the answer would take.
"""

import http.client
import math
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import botocore.client
from botocore.config import Config
from botocore.exceptions import ClientError

from votepipe import aws
from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.functions import library
from votepipe.emulator.functions.crash_points import CrashPoints
from votepipe.emulator.functions.invocation import Current
from votepipe.emulator.functions.process import Patch
from votepipe.emulator.http.receiver import Answer, Receiver
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.model import times

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

_MARK = "votepipe_function"


@cache
def session() -> boto3.Session:
    """The session of all clients in the kit, with credentials that open nothing."""
    return boto3.Session(
        region_name=REGION,
        aws_access_key_id="kit",
        aws_secret_access_key="kit",  # noqa: S106 - no secret
    )


@cache
def client(service: str) -> Any:
    """A client, made once: making one is slow, and it keeps no state."""
    return session().client(
        service,  # type: ignore[call-overload]  # the stubs want a literal
        config=Config(retries={"total_max_attempts": 1}),
    )


class Patches:
    """Makes the patches that hold only while code of a function runs.

    `current` is the call of a function whose code runs right now.
    """

    def __init__(
        self,
        simulation: Simulation,
        crash_points: CrashPoints,
        receiver: Receiver,
        call: Callable[..., Any],
    ) -> None:
        self.current = Current()
        self._simulation = simulation
        self._crash_points = crash_points
        self._receiver = receiver
        self._call = call
        self._connections: weakref.WeakSet[http.client.HTTPConnection] = weakref.WeakSet()
        self._clock = library.Clock(
            lambda: simulation.clock.now, lambda *given: self.current.require().limited(*given)
        )
        self._patches = self._make()

    def all(self) -> list[Patch]:
        """The patches to apply when a process resumes."""
        return [*self._patches, *library.timeless(self._clock)]

    def close(self) -> None:
        """Close the connections that functions left open."""
        for connection in list(self._connections):
            connection.close()

    def _make(self) -> list[Patch]:
        simulation = self._simulation

        def now() -> float:
            return simulation.clock.now

        connection = http.client.HTTPConnection
        return [
            (times, "now", now),
            (aws, "client", _forgettable(client)),
            (boto3, "DEFAULT_SESSION", session()),
            (threading.Thread, "start", self._start(threading.Thread.start)),
            *(
                (thing, name, self._inside(inside, getattr(thing, name)))
                for thing, name, inside in (
                    (time, "time", now),
                    (time, "monotonic", now),
                    (time, "sleep", lambda seconds: self.current.wait(seconds)),
                    (os, "urandom", lambda size: simulation.random.randbytes(size)),
                    (botocore.client.BaseClient, "_make_api_call", self._api_call),
                    (connection, "putrequest", self._put_request(connection.putrequest)),
                    (connection, "getresponse", self._get_response(connection.getresponse)),
                    (socket, "getaddrinfo", self._look_up(socket.getaddrinfo)),
                    (socket.socket, "connect", self._connect(socket.socket.connect)),
                )
            ),
        ]

    def _inside(self, inside: Any, outside: Any) -> Any:
        """Patch for functions only; other threads of the test run keep the original."""

        def call(*given: Any, **named: Any) -> Any:
            return (inside if self._is_inside() else outside)(*given, **named)

        return call

    def _is_inside(self) -> bool:
        """Whether the caller is code of a function, not the test's or the receiver's."""
        return self._simulation.tasks.mine or getattr(threading.current_thread(), _MARK, False)

    def _start(self, original: Any) -> Any:
        """Threads that functions start belong to them."""

        def begin(thread: threading.Thread) -> None:
            if self._simulation.tasks.mine:
                setattr(thread, _MARK, True)
            original(thread)

        return begin

    def _before(self, call: str) -> str:
        part = self._crash_points.before(self.current.require(), call)
        low, high = self._simulation.faults.latency
        if high:
            self.current.wait(self._simulation.order.uniform(low, high))
        return part

    def _after(self, call: str, part: str) -> None:
        self._crash_points.after(self.current.require(), call, part)

    def _api_call(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        call = f"{client.meta.service_model.service_name}.{operation}"
        part = self._before(call)
        try:
            answer = self._call(client, operation, parameters, self.current.require())
        except ClientError:
            self._after(call, part)
            raise
        self._after(call, part)
        return answer

    def _put_request(self, original: Any) -> Any:
        def put_request(connection: Any, method: str, url: str, *rest: Any, **more: Any) -> Any:
            self._connections.add(connection)
            call = f"{method} {url.lstrip('/').partition('/')[0]}"
            connection.votepipe_call = (call, self._before(call))
            return original(connection, method, url, *rest, **more)

        return put_request

    def _get_response(self, original: Any) -> Any:
        def get_response(connection: Any, *rest: Any, **more: Any) -> Any:
            # The response may take over the socket.
            client, timeout = connection.sock.getsockname(), connection.sock.gettimeout()
            response = original(connection, *rest, **more)
            if answer := self._receiver.unread.pop(client, None):
                self._let_pass(answer, math.inf if timeout is None else timeout)
            self._after(*connection.votepipe_call)
            return response

        return get_response

    def _let_pass(self, answer: Answer, timeout: float) -> None:
        """Wait in virtual time as long as the answer takes. Raises TimeoutError like a socket."""
        if answer.drips:  # each byte restarts the time-out of a socket
            timeout = math.inf
        seconds = math.inf if answer.timeout or answer.drips else answer.takes
        if seconds:
            self.current.wait(min(seconds, timeout))
        if seconds == math.inf or seconds > timeout:
            raise TimeoutError("timed out")

    def _look_up(self, original: Any) -> Any:
        def look_up(host: Any, *rest: Any, **more: Any) -> Any:
            self._check(host)
            return original(host, *rest, **more)

        return look_up

    def _connect(self, original: Any) -> Any:
        def connect(connection: socket.socket, address: Any) -> Any:
            if connection.family != socket.AF_UNIX:
                self._check(address[0])
            return original(connection, address)

        return connect

    def _check(self, host: Any) -> None:
        """Refuse every host but this machine."""
        if host not in _LOOPBACK:
            raise self._simulation.refuse(
                f"'{self.current.require().id}' wants to reach '{host}', and the kit blocks "
                "all other hosts. Pass its address in a setting whose name ends in 'url'."
            )


def _forgettable(make: Callable[[str], Any]) -> Callable[[str], Any]:
    """Add the `cache_clear` that the library's own `client` has."""
    made = lambda service: make(service)  # noqa: E731 - it gets an attribute
    made.cache_clear = lambda: None  # type: ignore[attr-defined]
    return made
