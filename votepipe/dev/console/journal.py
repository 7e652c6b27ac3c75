"""What happened: each vote's way, hop by hop, and every message the receiver took.

Memory is bounded.
The journal keeps the 5,000 votes that changed last, with up to 300 hops each.
Of the messages it keeps the last 50,000, as long as they fit into 1 GiB of text.
"""

import json
import re
import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.dev.console import hops
from votepipe.dev.console.hops import Hop

VOTES = 5_000
HOPS = 300
MESSAGES = 50_000
MESSAGE_BYTES = 1 << 30
WAITING = 20_000  # hops whose vote is not known yet, counted once per id they go by

_ID = re.compile(r"[\w:.-]{8,128}")

Key = tuple[str, str]


@dataclass
class _Vote:
    about: dict[str, Any]
    hops: deque[Hop] = field(default_factory=lambda: deque(maxlen=HOPS))
    events: set[str] = field(default_factory=set)
    revision: int = 0


class Journal:
    """A thread-safe store; whoever reads gets copies.

    `revision` grows with every change, so a reader can ask for what is newer than it has.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 0
        self._received = 0
        self._clear()

    def _clear(self) -> None:
        self._epoch = uuid.uuid4().hex
        self._votes: OrderedDict[Key, _Vote] = OrderedDict()
        self._events: dict[str, Key] = {}
        self._vote_ids: dict[str, Key] = {}
        self._waiting: OrderedDict[str, list[Hop]] = OrderedDict()
        self._messages: deque[tuple[int, bytes]] = deque()
        self._bytes = 0

    def state(self) -> dict[str, Any]:
        """Where the journal stands.

        `epoch` changes when all was forgotten; `received` is the number of messages since the
        start and numbers them, from 1.
        """
        with self._lock:
            return {
                "epoch": self._epoch,
                "revision": self._revision,
                "received": self._received,
                "messages": len(self._messages),
                "votes": len(self._votes),
            }

    def reset(self) -> None:
        """Forget every vote and every message."""
        with self._lock:
            self._clear()
            self._touch()

    def describe(self, widget_id: str, vote_id: str, **about: Any) -> None:
        """Note what is known of a vote, such as `voteType`; what is None or empty is left out."""
        with self._lock:
            vote = self._vote((widget_id, vote_id))
            vote.about.update({name: value for name, value in about.items() if value})
            self._touch(vote)

    def trace(self, trace: Mapping[str, Any]) -> None:
        """Note one hop as the pipe runner tells it; what tells nothing is passed over."""
        hop = hops.from_trace(trace)
        if hop is not None:
            self._add(hop, hops.about(trace))

    def line(self, line: Mapping[str, Any], *, at: str) -> None:
        """Note one structured log line of a sink; `at` is when it was logged."""
        hop = hops.from_line(line, at=at)
        if hop is not None:
            self._add(hop, hops.about(line))

    def dead_letter(self, letter: Mapping[str, Any]) -> None:
        """Note a dead letter, as `deadletters.read` tells it."""
        self._add(hops.from_dead_letter(letter), letter)

    def message(
        self, sink: str, raw: str, headers: Mapping[str, str], *, refused: str | None = None
    ) -> None:
        """Note a request at the receiver.

        It is kept as a message unless `refused` tells why the receiver did not take it.
        """
        at = hops.now()
        hop = hops.from_message(sink, at, refused)
        try:
            body = json.loads(raw, parse_constant=_no_constant)
            rendered_body = raw
        except (ValueError, RecursionError):
            body, rendered_body = raw, json.dumps(raw)
        ids = [*_ids(headers.get("webhook-id")), *_ids(body)]
        with self._lock:
            if refused is None:
                self._received += 1
                known = {"receivedAt": at, "headers": headers, "raw": raw, "number": self._received}
                rendered = (
                    f'{{"sink":{json.dumps(sink)},"body":{rendered_body},{json.dumps(known)[1:]}'
                )
                self._keep(rendered.encode())
            self._attach(hop, ids)
            self._touch()

    def messages(self, *, after: int = 0, last: int | None = None) -> bytes:
        """Return the messages as a JSON array, oldest first.

        Bodies stand in it as they were sent, byte for byte.
        `after` leaves out messages up to that number, `last` all but so many.
        """
        with self._lock:
            kept = list(self._messages)
        texts = [text for number, text in kept if number > after]
        return b"[" + b",\n".join(texts if last is None else texts[-last:] if last else []) + b"]"

    def votes(self, *, since: int = 0, limit: int = VOTES) -> dict[str, Any]:
        """Return votes changed after revision `since`, the one changed last first."""
        with self._lock:
            found: list[dict[str, Any]] = []
            for (widget_id, vote_id), vote in reversed(self._votes.items()):
                if vote.revision <= since or len(found) >= limit:
                    break
                way = sorted((hop.as_json() for hop in vote.hops), key=lambda hop: hop["at"])
                keys = {"widgetId": widget_id, "voteId": vote_id, "revision": vote.revision}
                found.append({**keys, **vote.about, "hops": way})
            return {"epoch": self._epoch, "revision": self._revision, "votes": found}

    def _touch(self, vote: _Vote | None = None) -> None:
        self._revision += 1
        if vote is not None:
            vote.revision = self._revision

    def _keep(self, message: bytes) -> None:
        self._messages.append((self._received, message))
        self._bytes += len(message)
        while len(self._messages) > MESSAGES or self._bytes > MESSAGE_BYTES:
            self._bytes -= len(self._messages.popleft()[1])

    def _vote(self, key: Key) -> _Vote:
        """The vote with this key, as the one changed last; the oldest makes room for a new one."""
        if key not in self._votes:
            self._votes[key] = _Vote({})
            self._vote_ids[key[1]] = key
            while len(self._votes) > VOTES:
                (_, old_id), old = self._votes.popitem(last=False)
                self._vote_ids.pop(old_id, None)
                for event in old.events:
                    self._events.pop(event, None)
        self._votes.move_to_end(key)
        return self._votes[key]

    def _add(self, hop: Hop, about: Mapping[str, Any]) -> None:
        with self._lock:
            widget_id, vote_id = about.get("widgetId"), about.get("voteId")
            if widget_id and vote_id:
                self._place(hop, (widget_id, vote_id))
                self._learn((widget_id, vote_id), hop.event_id, about)
            else:
                self._attach(hop, [name for name in (hop.event_id, vote_id) if name])
            self._touch()

    def _learn(self, key: Key, event_id: str | None, about: Mapping[str, Any]) -> None:
        """Remember whose event this is, and place the hops that waited for knowing it."""
        vote = self._votes[key]
        vote.about.update(
            {name: about[name] for name in ("voteType", "instanceOfJoy") if about.get(name)}
        )
        if event_id and event_id not in self._events:
            self._events[event_id] = key
            vote.events.add(event_id)
        for name in (event_id, key[1]):
            for hop in self._waiting.pop(name, ()) if name else ():
                if not hop.placed:
                    hop.event_id = hop.event_id or (name if name == event_id else None)
                    self._place(hop, key)

    def _attach(self, hop: Hop, ids: Iterable[str]) -> None:
        """Place a hop that knows its vote only by ids; unknown ones wait, up to `WAITING`."""
        ids = list(ids)
        for name in ids:
            if name in self._events:
                hop.event_id = hop.event_id or name
                return self._place(hop, self._events[name])
        for name in ids:
            if name in self._vote_ids:
                return self._place(hop, self._vote_ids[name])
        for name in ids:
            self._waiting.setdefault(name, []).append(hop)
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
        return None

    def _place(self, hop: Hop, key: Key) -> None:
        hop.placed = True
        vote = self._vote(key)
        vote.hops.append(hop)
        self._touch(vote)


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's


def _ids(value: Any, limit: int = 40) -> list[str]:
    """Texts in a JSON value that could be the id of an event or a vote, at most `limit`."""
    found: list[str] = []
    rest = [value]
    while rest and len(found) < limit:
        item = rest.pop()
        if isinstance(item, dict):
            rest.extend(item.values())
        elif isinstance(item, list):
            rest.extend(item)
        elif isinstance(item, str) and _ID.fullmatch(item):
            found.append(item)
    return found
