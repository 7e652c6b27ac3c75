"""A web server on this machine that stands in for every receiver: Slack, webhooks and the like.

Each sink has an address of its own below it, and its own answers.
"""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.http.connections import Lines
from votepipe.emulator.http.request import Request

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
        self.lines = Lines(self._respond)
        host, port = self.lines.address
        self.url = f"http://{host}:{port}"

    def start(self) -> None:
        """Begin to serve, when the first function needs it."""
        self.lines.start()

    def close(self) -> None:
        """Stop serving and hang up on everyone."""
        self.lines.close()

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

    def _respond(self, request: Request) -> bytes | None:
        answer = self.answer(request)
        # One that never answers is turned into a time-out at the other end of the line.
        return None if answer.disconnect else answer.encode()
