"""The console: the page, its API, the receiver, and the server on the loopback address."""

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import requests
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, jsonify, request, send_from_directory
from werkzeug.serving import WSGIRequestHandler, make_server

from votepipe.dev.console.controls import controls
from votepipe.dev.console.guard import Refused, guard
from votepipe.dev.console.journal import Journal
from votepipe.dev.console.receiver import LARGEST, HttpFaults, receiver
from votepipe.dev.console.votes import describe, votes
from votepipe.dev.local.settings import SinkSettings
from votepipe.model.errors import PluginError

HOST = "127.0.0.1"
CLOSING = "votepipe-closing"  # the extension that ends the streams

_STATIC = Path(__file__).parent / "static"


def create_app(
    journal: Journal,
    *,
    status: Callable[[], Mapping[str, Any]],
    table: Callable[[], Any],
    dead_letters: Callable[[], list[dict[str, Any]]],
    redrive: Callable[[str], Mapping[str, Any]],
    try_again: Callable[[str], Mapping[str, Any]],
    settings: Callable[[], SinkSettings | None],
) -> Flask:
    """Build the console.

    `status` returns what `GET /api/status` does; `table` the votes table (boto3) and `settings` the
    sinks' settings, both None before the stack is ready; `dead_letters` what
    `watcher.dead_letters` does. `redrive` sends a sink its dead letters again, `try_again` the last
    vote; both return what came of it, or raise Refused.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.extensions[CLOSING] = threading.Event()
    faults = HttpFaults()
    guard(app)
    app.register_blueprint(receiver(journal, faults))
    app.register_blueprint(votes(journal, table))
    app.register_blueprint(controls(journal, settings))
    _page(app)
    _journal(app, journal, faults, table)
    _faults(app, faults)

    @app.errorhandler(BotoCoreError)
    @app.errorhandler(ClientError)
    def from_table(error: BotoCoreError | ClientError) -> tuple[Response, int]:
        name = type(error).__name__
        return jsonify(error=f"The votes table refused it ({name}). See /api/status."), 502

    @app.errorhandler(PluginError)
    def from_plugin(error: PluginError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 409

    @app.get("/api/status")
    def get_status() -> Response:
        return jsonify(dict(status()))

    @app.get("/api/dead-letters")
    def get_dead_letters() -> Response:
        try:
            return jsonify(dead_letters())
        except requests.RequestException:
            raise Refused(503, "MiniStack does not answer. Look at /api/status.") from None

    @app.post("/api/redrive")
    def post_redrive() -> Response:
        return jsonify(dict(redrive(_sink())))

    @app.post("/api/try")
    def post_try() -> Response:
        return jsonify(dict(try_again(_sink())))

    return app


def _sink() -> str:
    """The sink that the request names."""
    given = request.get_json(force=True, silent=True)
    name = given.get("sink") if isinstance(given, dict) else None
    if not isinstance(name, str):
        raise Refused(400, "'sink' is missing. Send the name of one.")
    return name


def _page(app: Flask) -> None:
    @app.get("/")
    def page() -> Response:
        return send_from_directory(_STATIC, "index.html")

    @app.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(_STATIC, name)


def _journal(app: Flask, journal: Journal, faults: HttpFaults, table: Callable[[], Any]) -> None:
    @app.get("/api/messages")
    def messages() -> Response:
        after = request.args.get("after", 0, type=int)
        last = request.args.get("last", type=int)
        found = journal.messages(after=after, last=None if last is None else max(0, last))
        return Response(found, mimetype="application/json")

    @app.get("/api/journal")
    def votes_and_hops() -> Response:
        since = request.args.get("since", 0, type=int)
        limit = request.args.get("limit", 200, type=int)
        found = journal.votes(since=since, limit=limit)
        if (votes_table := table()) is not None:
            describe(journal, votes_table, found["votes"])
            found = journal.votes(since=since, limit=limit)
        return jsonify(found)

    @app.post("/api/reset")
    def reset() -> Response:
        journal.reset()
        faults.clear()
        return jsonify(reset=True)

    @app.get("/api/stream")
    def stream() -> Response:
        return Response(_changes(journal, app.extensions[CLOSING]), mimetype="text/event-stream")


def _changes(journal: Journal, closing: threading.Event) -> Iterator[str]:
    """Server-sent events: where the journal stands, at most five times a second."""
    seen: dict[str, Any] = {}
    written = -math.inf
    while not closing.wait(0.05):
        state, since = journal.state(), time.monotonic() - written
        if state != seen and since > 0.2:
            seen, written = state, time.monotonic()
            yield f"event: changed\ndata: {json.dumps(state)}\n\n"
        elif since > 15:
            # Only a write shows that the page has gone.
            written = time.monotonic()
            yield ": nothing new\n\n"


def _faults(app: Flask, faults: HttpFaults) -> None:
    @app.get("/api/faults")
    def shown() -> Response:
        return jsonify(faults.shown())

    @app.post("/api/faults")
    def put() -> Response:
        try:
            faults.put(request.get_json(force=True, silent=True))
        except ValueError as error:
            raise Refused(400, str(error)) from None
        return jsonify(faults.shown())

    @app.delete("/api/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify([])


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
