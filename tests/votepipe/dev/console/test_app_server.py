"""votepipe/dev/console/app.py: the loopback address, taken ports, a clean end."""

import socket
from typing import Any

import pytest
import requests

from votepipe.dev.console.app import Server


def test_it_listens_on_the_loopback_address_only(console: Any) -> None:
    assert console.server._server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_an_error_at_once(console: Any) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(console.app, console.server.port)


def test_its_port_is_free_again_afterwards(console: Any) -> None:
    with Server(console.app, 0) as server:
        port = server.port

    with socket.create_server(("127.0.0.1", port)):
        pass


def test_open_streams_end_with_it(console: Any) -> None:
    with Server(console.app, 0) as server:
        stream = requests.get(f"{server.url}api/stream", stream=True, timeout=30)

    assert b"event: changed" in stream.content
