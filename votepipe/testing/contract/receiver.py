"""A real web server on this machine that plays the receiver, well or badly."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self

Manner = Literal["whole", "silent", "hangs up", "drips"]


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is answered; without a `body` it is what arrived, as some receivers quote it.

    `manner` is "whole", "silent" (no answer), "hangs up" (closes without one) or "drips" (a byte of
    the body now and then, without end).
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = b"ok"
    manner: Manner = "whole"


class Receiver:
    """Keeps what arrives as `requests` and answers the next of `replies`, then 200s.

    Use it as a context manager; it listens at `url`.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: deque[Reply] = deque()
        self._over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(self.command, self.path, dict(self.headers), body)
                receiver.requests.append(request)
                reply = receiver.replies.popleft() if receiver.replies else Reply()
                receiver._answer(self, request, reply)

            do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - likewise

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def reply(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = b"ok",
        manner: Manner = "whole",
    ) -> None:
        """Have the next request that has no reply yet answered like this."""
        self.replies.append(Reply(status, headers or {}, body, manner))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def release(self) -> None:
        """Hang up on those that wait for an answer, or for its end."""
        self._over.set()

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, request: Request, reply: Reply) -> None:
        if reply.manner == "whole":
            body = request.body if reply.body is None else reply.body
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
            return
        handler.close_connection = True
        if reply.manner == "silent":
            self._over.wait()
        try:
            if reply.manner == "drips":
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while reply.manner == "drips" and not self._over.wait(0.02):
                handler.wfile.write(b"x")
        except OSError:
            return
