"""The console's server: on the loopback address, a thread for each request."""

import socket
import threading
from typing import Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from votepipe.dev.console.app import CLOSING

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a measurement sends thousands."""


class Server:
    """Serves `app` at `url`; a context manager.

    Port 0 takes any free one.
    Raises OSError at once when the port is taken.
    """

    def __init__(self, app: Flask, port: int = 8600) -> None:
        # Werkzeug ends the whole program when it cannot bind.
        with socket.create_server((HOST, port), backlog=256) as listening:
            self.port: int = listening.getsockname()[1]
            self._server = make_server(
                HOST, self.port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno()
            )
        self.url = f"http://{HOST}:{self.port}/"
        self._closing: threading.Event = app.extensions[CLOSING]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
