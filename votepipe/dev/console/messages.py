"""The messages that the receiver took, each as the text it has in `GET /api/messages`."""

import json
import re
from collections import deque
from collections.abc import Mapping
from itertools import islice, takewhile
from typing import Any

MESSAGES = 50_000
BYTES = 1 << 30

# An event's id, a vote's id: long enough, and with a digit, so that no word looks like one.
_ID = re.compile(r"(?=.*\d)[\w.:-]{16,128}")
_IDS = 40  # looked at per message


class Messages:
    """The last 50,000 messages, as long as they fit into 1 GiB; `received` numbers them from 1."""

    def __init__(self) -> None:
        self.received = 0
        self.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> None:
        """Forget the messages; numbers go on."""
        self._kept: deque[tuple[int, bytes]] = deque()
        self._bytes = 0

    def add(self, message: "Message") -> None:
        """Keep a message; the oldest make room for it."""
        self.received += 1
        text = message.as_json(self.received)
        self._kept.append((self.received, text))
        self._bytes += len(text)
        while len(self._kept) > MESSAGES or self._bytes > BYTES:
            self._bytes -= len(self._kept.popleft()[1])

    def after(self, number: int, last: int | None = None) -> list[bytes]:
        """The messages with higher numbers, of these only the `last`, oldest first."""
        newer = takewhile(lambda kept: kept[0] > number, reversed(self._kept))
        return [text for _, text in islice(newer, last)][::-1]


class Message:
    """One request at the receiver; `at` is RFC 3339, names of `headers` are in lower case."""

    def __init__(self, sink: str, raw: str, headers: Mapping[str, str], at: str) -> None:
        self.sink = sink
        self._at = at
        self._headers = headers
        self._raw = raw
        try:
            body = json.loads(raw, parse_constant=_no_constant)
            # As it was sent: reading and writing it again would change numbers.
            self._body = raw
        except (ValueError, RecursionError):
            body = None
            self._body = json.dumps(raw)
        self.ids = _ids([list(headers.values()), body])

    def as_json(self, number: int) -> bytes:
        """The message with its body as sent: a JSON value as it is, anything else as a text."""
        known = {
            "receivedAt": self._at,
            "number": number,
            "headers": self._headers,
            "raw": self._raw,
        }
        sink = json.dumps(self.sink)
        return f'{{"sink": {sink}, "body": {self._body}, {json.dumps(known)[1:]}'.encode()


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _ids(value: Any) -> list[str]:
    """Texts in a JSON value that could be the id of an event or a vote."""
    found: list[str] = []
    rest = [value]
    while rest and len(found) < _IDS:
        item = rest.pop()
        if isinstance(item, dict):
            rest.extend(item.values())
        elif isinstance(item, list):
            rest.extend(item)
        elif isinstance(item, str) and _ID.fullmatch(item):
            found.append(item)
    return found
