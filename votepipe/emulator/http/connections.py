"""The receiver's connections, each served by whoever waits for what is answered on it.

That is a thread for all of them; or the function's own thread, in the moment in which it would
begin to wait. To hand over to another thread and back takes longer than all else about a request.
"""

import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

from votepipe.emulator.http.request import Request, Unreadable, take_request

Respond = Callable[[Request], bytes | None]

_CHUNK = 65_536
# So much fits into a connection of which nobody reads the other end.
_ROOM = 32_768


class Line:
    """One connection, as the receiver has it.

    `respond` takes a request and returns the bytes to answer, None to hang up. It is `taken` while
    the thread does not serve it; `coming` counts the bytes of the request that is being sent.
    """

    def __init__(self, connection: socket.socket, respond: Respond) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.taken = False
        self.coming = 0
        self._respond = respond
        self._buffer = bytearray()
        self.answers = 0

    def talk(self) -> bool:
        """Take in what came, answer what is whole; False when the connection is over."""
        try:
            received = self.connection.recv(_CHUNK, socket.MSG_DONTWAIT)
            self._buffer += received
            if not received:
                return False
            while request := take_request(self._buffer):
                answer = self._respond(request)
                if answer is None:
                    return False
                self.answers += 1
                self._send(answer)
        except BlockingIOError:
            return True
        except (OSError, Unreadable):
            return False
        return True

    def _send(self, answer: bytes) -> None:
        if self.taken and len(answer) > _ROOM:
            # Who is to read it is in this very thread.
            sending = threading.Thread(target=self.connection.sendall, args=[answer], daemon=True)
            sending.start()
        else:
            self.connection.sendall(answer)


class Lines:
    """All connections to one address of this machine."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = self._socket.getsockname()
        self._wake, self._woken = socket.socketpair()
        self._lines: dict[Any, Line] = {}
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to serve."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop serving and hang up on everyone."""
        self._wake.close()
        if self._thread:
            self._thread.join()
        self._selector.close()
        for line in self._lines.values():
            line.connection.close()
        self._woken.close()
        self._socket.close()

    def at_the_end_of(self, client: socket.socket) -> Line | None:
        """The line that `client` is the other end of; None where that is not the receiver's."""
        if client.getpeername() != self.address:
            return None
        end = client.getsockname()
        with self._lock:
            while end not in self._lines:
                if not self._accept():
                    return None
            return self._lines[end]

    def take(self, line: Line, data: Any) -> None:
        """Take a line over from the thread, to `answer` what is about to be sent on it.

        What does not fit in is left to the thread, which reads it while it is sent.
        """
        with self._lock:
            if not line.coming and not line.taken:
                line.taken = True
                self._selector.unregister(line.connection)
        line.coming += len(data) if isinstance(data, bytes) else _CHUNK
        if line.coming > _ROOM:
            self._give_back(line)

    def answer(self, line: Line) -> None:
        """Answer the request that was sent, where it is not the thread's to do."""
        line.coming = 0
        if not line.taken:
            return
        before = line.answers
        if not line.talk():
            with self._lock:
                self._drop(line)
        elif line.answers == before:  # it has not all come
            self._give_back(line)

    def _give_back(self, line: Line) -> None:
        with self._lock:
            if line.taken:
                line.taken = False
                self._selector.register(line.connection, selectors.EVENT_READ, line)

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    return
                with self._lock:
                    if key.fileobj is self._socket:
                        self._accept()
                    elif not key.data.taken and not key.data.talk():
                        self._selector.unregister(key.data.connection)
                        self._drop(key.data)

    def _accept(self) -> bool:
        try:
            connection, end = self._socket.accept()
        except BlockingIOError:
            return False
        line = self._lines[end] = Line(connection, self._respond)
        self._selector.register(connection, selectors.EVENT_READ, line)
        return True

    def _drop(self, line: Line) -> None:
        line.taken = True  # nobody serves it any more
        self._lines = {end: each for end, each in self._lines.items() if each is not line}
        line.connection.close()
