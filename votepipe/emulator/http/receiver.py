"""A web server on this machine that stands in for every receiver: Slack, webhooks and the like.

The first part of a path names the sink that posts there; each name can have its own answers.
"""

import contextlib
import json
import socket
import sys
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

_POLL = 0.01  # seconds: how soon the server notices that it should stop
_DRIP = 0.02


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def name(self) -> str:
        """The first part of the path."""
        return self.path.lstrip("/").partition("?")[0].partition("/")[0]

    @property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is not."""
        return json.loads(self.content)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a receiver answers; a `body` of None quotes the request's.

    With `disconnect` it hangs up instead, with `timeout` it never answers, and with `drips` it
    sends a byte now and then, without end: of the body, or of the "head". With `arrives` the
    message then counts as sent all the same. `takes` is in seconds of virtual time.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = "ok"
    disconnect: bool = False
    timeout: bool = False
    drips: bool | Literal["head"] = False
    arrives: bool = False
    takes: float = 0.0

    @property
    def missing(self) -> bool:
        """Whether the client gets no whole answer."""
        return bool(self.disconnect or self.timeout or self.drips)

    @property
    def accepts(self) -> bool:
        """Whether the receiver took the message."""
        if self.missing:
            return self.arrives
        return 200 <= self.status < 300

    @property
    def facts(self) -> dict[str, Any]:
        """What the trace shows of it."""
        if self.disconnect:
            return {"answer": "hung up"}
        return {"answer": "none"} if self.missing else {"status": self.status}

    def encode(self, request: Request) -> tuple[bytes, dict[str, str]]:
        """The body and the headers; an object as `body` is sent as JSON."""
        body = request.content if self.body is None else self.body
        kind = "text/plain" if isinstance(body, str | bytes) else "application/json"
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        content = text.encode() if isinstance(text, str) else text
        return content, {
            "Content-Type": kind, "Content-Length": str(len(content)), **self.headers
        }  # fmt: skip


Behaviour = Callable[[Request], Answer]


class Receiver:
    """The server, at `url` from the moment it is made; close it, or use it as a context manager.

    `requests` are those that came, and `connections` counts those they came on. `arrived` gets
    each request with its answer, before that is sent.
    On `virtual_time` an answer that does not come costs no real time: it is sent at once, and
    whoever reads it finds in `unread`, by the client's address, what it stands for.
    """

    def __init__(
        self,
        arrived: Callable[[Request, Answer], None] | None = None,
        *,
        virtual_time: bool = False,
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.virtual_time = virtual_time
        self.unread: dict[Any, Answer] = {}
        self.over = threading.Event()
        self._arrived = arrived
        self._planned: dict[str, deque[tuple[Answer, int]]] = defaultdict(deque)
        self._behaviours: dict[str, Behaviour] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[_POLL], daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving and hang up on everyone."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def plan(self, name: str, answer: Answer, times: int = 1) -> None:
        """Answer a name's next requests like this, after what was planned before."""
        if times > 0:
            self._planned[name].append((answer, times))

    def reply(self, answer: Answer, times: int = 1) -> None:
        """Answer the next requests like this, whatever their path, unless planned by name."""
        self.plan("", answer, times)

    def behave(self, name: str, behaviour: Behaviour) -> None:
        """Answer a name's requests by what this function returns, when nothing is planned."""
        self._behaviours[name] = behaviour

    def forget(self) -> None:
        """Drop what was planned."""
        self._planned.clear()

    @staticmethod
    def _next(plan: deque[tuple[Answer, int]] | None) -> Answer | None:
        if not plan:
            return None
        answer, times = plan.popleft()
        if times > 1:
            plan.appendleft((answer, times - 1))
        return answer

    def answer(self, request: Request, client: Any = None) -> Answer:
        """Take a request and return its answer."""
        with self._lock:
            self.requests.append(request)
            answer = self._next(self._planned.get(request.name) or self._planned.get(""))
        if answer is None:
            behaviour = self._behaviours.get(request.name)
            answer = behaviour(request) if behaviour else Answer()
        if self.virtual_time and client is not None:
            self.unread[client] = answer
        if self._arrived:
            self._arrived(request, answer)
        return answer


class _Server(ThreadingHTTPServer):
    """A server that can hang up on its clients."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._open: dict[socket.socket, threading.Thread] = {}

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[request] = threading.current_thread()
        super().process_request_thread(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # clients may hang up as they like
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        for connection, thread in list(self._open.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # so that head and body go out in one piece
    disable_nagle_algorithm = True

    def __init__(self, receiver: Receiver, *given: Any) -> None:
        self.receiver = receiver
        receiver.connections += 1
        super().__init__(*given)

    def do_POST(self) -> None:
        request = Request(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            content=self._content(),
        )
        answer = self.receiver.answer(request, self.client_address)
        if answer.disconnect:
            self.close_connection = True
        elif answer.missing and not self.receiver.virtual_time:
            self.close_connection = True
            self._stall(answer)
        else:
            self._send(request, answer)

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - as http.server wants

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def _content(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, request: Request, answer: Answer) -> None:
        content, headers = answer.encode(request)
        self.send_response_only(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stall(self, answer: Answer) -> None:
        if answer.timeout:
            self.receiver.over.wait()
            return
        head = b"HTTP/1.1 200 OK\r\n"
        self.wfile.write(
            head + (b"X-Long: " if answer.drips == "head" else b"Content-Length: 1000000\r\n\r\n")
        )
        while not self.receiver.over.wait(_DRIP):
            self.wfile.write(b"x")
            self.wfile.flush()
