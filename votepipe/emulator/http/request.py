"""HTTP requests as they come in over a connection."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Unreadable(Exception):
    """What came in is not an HTTP/1.1 request."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request; header names are in lower case, `path` is what follows the sink's address."""

    sink: str
    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.content)


def take_request(buffer: bytearray) -> Request | None:
    """Take the first request out of what was received; None while it is not whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    try:
        method, target, _ = lines[0].split(" ")
        found = _content(buffer, end + 4, headers)
    except ValueError:
        raise Unreadable(lines[0]) from None
    if found is None:
        return None
    content, after = found
    del buffer[:after]
    sink, _, path = target.lstrip("/").partition("/")
    return Request(
        sink=sink.partition("?")[0], method=method, path=path, headers=headers, content=content
    )


def _content(buffer: bytearray, start: int, headers: Mapping[str, str]) -> tuple[bytes, int] | None:
    """The body and where it ends; None while it is not whole."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(buffer, start)
    end = start + int(headers.get("content-length", 0))
    return (bytes(buffer[start:end]), end) if len(buffer) >= end else None


def _chunks(buffer: bytearray, start: int) -> tuple[bytes, int] | None:
    content = b""
    while True:
        line_end = buffer.find(b"\r\n", start)
        if line_end < 0:
            return None
        size = int(bytes(buffer[start:line_end]).partition(b";")[0], 16)
        start = line_end + 2
        if len(buffer) < start + size + 2:
            return None
        if size == 0:
            return content, start + 2
        content += bytes(buffer[start : start + size])
        start += size + 2
