"""A web server on this machine that stands in for every receiver: Slack, webhooks and the like.

Each sink has an address of its own below it, and its own answers.
"""

import json
import selectors
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.testing.incoming import Request, Unreadable, take_request

_CHUNK = 65_536
_REASON = "X"  # clients read the number alone


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a receiver answers.

    With `disconnect` it hangs up instead, with `timeout` it never answers; with `arrives` the
    message then counts as sent all the same. `takes` is in seconds of virtual time.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = "ok"
    disconnect: bool = False
    timeout: bool = False
    arrives: bool = False
    takes: float = 0.0

    @property
    def accepts(self) -> bool:
        """Whether the receiver took the message."""
        if self.disconnect or self.timeout:
            return self.arrives
        return 200 <= self.status < 300

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to tell of it."""
        if self.disconnect:
            return {"answer": "hung up"}
        return {"answer": "none"} if self.timeout else {"status": self.status}

    def encode(self) -> bytes:
        """The bytes of the answer; an object as `body` is sent as JSON."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        kind = "text/plain" if isinstance(self.body, str) else "application/json"
        content = text.encode()
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), **self.headers}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {self.status} {_REASON}", *lines, "", ""])
        return head.encode("latin-1") + content


Behaviour = Callable[[Request], Answer]


class Receiver:
    """The server; `arrived` is told each request with its answer, before that is sent."""

    def __init__(self, arrived: Callable[[Request, Answer], None]) -> None:
        self.last = Answer()
        self._arrived = arrived
        self._planned: dict[str, deque[tuple[int, Answer]]] = defaultdict(deque)
        self._behaviours: dict[str, Behaviour] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._wake, self._woken = socket.socketpair()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to serve, when the first function needs it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop serving and hang up on everyone."""
        self._wake.close()
        if self._thread:
            self._thread.join()
        self._woken.close()
        self._socket.close()

    def plan(self, sink: str, answer: Answer, times: int) -> None:
        """Answer a sink's next requests like this, after what was planned before."""
        self._planned[sink].append((times, answer))

    def behave(self, sink: str, behaviour: Behaviour) -> None:
        """Answer a sink's requests by what this function returns, when nothing is planned."""
        self._behaviours[sink] = behaviour

    def forget(self) -> None:
        """Drop what was planned."""
        self._planned.clear()

    def answer(self, request: Request) -> Answer:
        """What a request is answered, and tell whoever wants to know that it arrived."""
        answer = self.last = self._choose(request)
        self._arrived(request, answer)
        return answer

    def _choose(self, request: Request) -> Answer:
        planned = self._planned.get(request.sink)
        if planned:
            times, answer = planned.popleft()
            if times > 1:
                planned.appendleft((times - 1, answer))
            return answer
        behaviour = self._behaviours.get(request.sink)
        return behaviour(request) if behaviour else Answer()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            open_: dict[socket.socket, bytearray] = {}
            while True:
                for key, _ in selector.select():
                    ready = key.fileobj
                    if ready is self._woken:
                        for connection in open_:
                            connection.close()
                        return
                    if ready is self._socket:
                        connection, _ = self._socket.accept()
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        open_[connection] = bytearray()
                        selector.register(connection, selectors.EVENT_READ)
                    elif isinstance(ready, socket.socket) and not self._talk(ready, open_[ready]):
                        selector.unregister(ready)
                        open_.pop(ready)
                        ready.close()

    def _talk(self, connection: socket.socket, buffer: bytearray) -> bool:
        """Read what came, answer what is whole; False when the connection is over."""
        try:
            received = connection.recv(_CHUNK)
            buffer += received
            if not received:
                return False
            while request := take_request(buffer):
                answer = self.answer(request)
                if answer.disconnect:
                    return False
                # One that never answers is turned into a time-out at the other end of the line.
                connection.sendall(answer.encode())
        except (OSError, Unreadable):
            return False
        return True
