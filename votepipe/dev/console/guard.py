"""Keeps pages of the internet from driving the console through the reader's own browser."""

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Refused(Exception):
    """A request that the console refuses, with an HTTP status and a text for people."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def guard(app: Flask) -> None:
    """Refuse other host names and origins, forbid foreign content, return errors as JSON."""
    app.before_request(_refuse)
    app.after_request(_protect)
    app.register_error_handler(Refused, lambda error: (jsonify(error=str(error)), error.status))
    app.register_error_handler(
        HTTPException, lambda error: (jsonify(error=error.description), error.code)
    )


def _refuse() -> None:
    port = request.environ["SERVER_PORT"]
    host = request.headers.get("Host", "")
    # A foreign name that resolves to this address would give its pages the console's origin.
    if host not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        raise Refused(403, f"The console answers at 127.0.0.1:{port} only. Use that address.")
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.path.startswith("/receive/"):
        return
    if request.headers.get("Origin") not in {None, f"http://{host}"}:
        raise Refused(403, "The console accepts nothing from other sites. Use its own page.")


def _protect(reply: Response) -> Response:
    reply.headers["Content-Security-Policy"] = _POLICY
    reply.headers["X-Content-Type-Options"] = "nosniff"
    reply.headers["Referrer-Policy"] = "no-referrer"
    reply.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    reply.headers["Cache-Control"] = "no-store"
    return reply
