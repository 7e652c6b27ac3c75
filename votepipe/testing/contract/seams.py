"""Where a check takes hold of the process: time-outs, addresses, calls to AWS, output."""

import contextlib
import io
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from unittest import mock

from botocore.client import BaseClient

SOCKET_SECONDS = 0.5

_LOCAL = ("127.0.0.1", "::1", "localhost")


def hurried() -> contextlib.AbstractContextManager[Any]:
    """Cut the time-outs of sockets, whichever library sets them; without one there stays none."""
    real = socket.socket.settimeout

    def settimeout(sock: socket.socket, seconds: float | None) -> None:
        real(sock, seconds if seconds is None else min(seconds, SOCKET_SECONDS))

    return mock.patch.object(socket.socket, "settimeout", settimeout)


@contextlib.contextmanager
def kept_here(outside: list[str]) -> Iterator[None]:
    """Let sockets connect to this machine only; `outside` gets the other names and addresses."""
    connects, looks_up = socket.socket.connect, socket.getaddrinfo

    def refuse(host: object) -> NoReturn:
        outside.append(str(host))
        raise OSError("A check talks to this machine only.")

    def connect(sock: socket.socket, address: Any) -> Any:
        if sock.family != socket.AF_UNIX and address[0] not in _LOCAL:
            refuse(address[0])
        return connects(sock, address)

    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        return looks_up(host, *args, **options) if host in _LOCAL else refuse(host)

    with (
        mock.patch.object(socket.socket, "connect", connect),
        mock.patch.object(socket, "getaddrinfo", look_up),
    ):
        yield


def asked_of_aws(
    answer: Callable[[Any, str, dict[str, Any], Callable[[], Any]], Any],
) -> contextlib.AbstractContextManager[Any]:
    """Have `answer(client, operation, parameters, really)` answer in the place of AWS."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # not in the stubs

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return answer(client, operation, parameters, lambda: real(client, operation, parameters))

    return mock.patch.object(BaseClient, "_make_api_call", call)


def by_model(client: Any, operation: str) -> Any:
    """An answer of AWS as its model describes it."""
    return _made_up(client.meta.service_model.operation_model(operation).output_shape)


def _made_up(shape: Any) -> Any:
    kind = shape.type_name if shape is not None else "map"
    if kind == "structure":
        return {name: _made_up(member) for name, member in shape.members.items()}
    plain = {"list": [], "map": {}, "boolean": False, "blob": b"", "timestamp": None}
    return plain.get(kind, "check" if kind == "string" else 0)


@contextlib.contextmanager
def recorded() -> Iterator[io.StringIO]:
    """All that is printed, and logged from INFO on, as in Lambda."""
    said = io.StringIO()
    root = logging.getLogger()
    handler = logging.StreamHandler(said)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
