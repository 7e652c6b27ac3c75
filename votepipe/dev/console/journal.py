"""What happened: the hops of each vote, and every message that the receiver took.

Memory is bounded.
The journal keeps the 5,000 votes that changed last, with up to 300 hops each.
Of messages it keeps what `messages` says, of requests that were refused the last 500.
"""

import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.dev.console import entries
from votepipe.dev.console.entries import Entry
from votepipe.dev.console.messages import Message, Messages
from votepipe.model.events import SETTLED_SUFFIX

VOTES = 5_000
HOPS = 300
REFUSED = 500
WAITING = 20_000  # ids of events and votes not known yet, by which hops wait for them
WAITING_HOPS = 20  # by one id

Key = tuple[str, str]


@dataclass
class _Vote:
    about: dict[str, Any]
    hops: deque[Entry] = field(default_factory=lambda: deque(maxlen=HOPS))
    events: set[str] = field(default_factory=set)
    revision: int = 0


class Journal:
    """A thread-safe store; whoever reads gets copies.

    Its revision grows with every change, so a reader can ask for what is newer than it has.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 0
        self._messages = Messages()
        self._clear()

    def _clear(self) -> None:
        self._epoch = uuid.uuid4().hex
        self._votes: OrderedDict[Key, _Vote] = OrderedDict()
        self._events: dict[str, Key] = {}
        self._vote_ids: dict[str, Key] = {}
        self._waiting: OrderedDict[str, deque[Entry]] = OrderedDict()
        self._messages.clear()
        self._refused: deque[Entry] = deque(maxlen=REFUSED)

    def state(self) -> dict[str, Any]:
        """Where the journal stands.

        `epoch` changes when all was forgotten; `received` is the number of messages since the
        start and numbers them, from 1.
        """
        with self._lock:
            return {
                "epoch": self._epoch,
                "revision": self._revision,
                "received": self._messages.received,
                "messages": len(self._messages),
                "votes": len(self._votes),
            }

    def reset(self) -> None:
        """Forget every vote and every message."""
        with self._lock:
            self._clear()
            self._touch()

    def wrote(self, widget_id: str, vote_id: str, text: str, *, at: str) -> None:
        """Note a write to the table that was made at `at`."""
        with self._lock:
            self._place(Entry(at, "write", text), (widget_id, vote_id))

    def describe(self, widget_id: str, vote_id: str, about: Mapping[str, str]) -> None:
        """Note what the table holds of a vote, such as `voteType`, to show beside its hops."""
        with self._lock:
            vote = self._votes.get((widget_id, vote_id))
            if vote is not None and vote.about != about:
                vote.about = dict(about)
                self._touch(self._vote((widget_id, vote_id)))

    def trace(self, trace: Mapping[str, Any]) -> None:
        """Note one hop that the pipe runner printed; unknown ones are skipped."""
        hop = entries.from_trace(trace)
        keys = trace.get("keys")
        if hop is not None:
            self._add(hop, keys if isinstance(keys, Mapping) else {})

    def line(self, line: Mapping[str, Any], *, at: str) -> None:
        """Note one structured log line of a function; `at` is when it was logged."""
        for hop in entries.from_line(line, at=at):
            self._add(hop, {})

    def dead_letter(self, letter: Mapping[str, Any]) -> None:
        """Note a dead letter, as `watcher.dead_letters` returns it."""
        self._add(entries.from_dead_letter(letter), letter)

    def message(
        self, sink: str, raw: str, headers: Mapping[str, str], *, refused: str | None = None
    ) -> None:
        """Note a request at the receiver.

        It is kept as a message unless `refused` says why the receiver did not take it.
        """
        at = entries.now()
        message = Message(sink, raw, headers, at)
        hop = entries.from_message(sink, at, refused)
        with self._lock:
            if refused is None:
                self._messages.add(message)
            else:
                self._refused.append(hop)
            self._attach(hop, message.ids)

    def messages(self, *, after: int = 0, last: int | None = None) -> bytes:
        """Return the messages as a JSON array, oldest first.

        Bodies stand in it as they were sent, byte for byte.
        `after` leaves out messages up to that number, `last` all but so many.
        """
        with self._lock:
            texts = self._messages.after(after, last)
        return b"[" + b",\n".join(texts) + b"]"

    def votes(self, *, since: int = 0, limit: int = VOTES) -> dict[str, Any]:
        """Return votes changed after revision `since`, the one changed last first.

        With them comes every request that the receiver refused, oldest first.
        """
        with self._lock:
            found: list[dict[str, Any]] = []
            for (widget_id, vote_id), vote in reversed(self._votes.items()):
                if vote.revision <= since or len(found) >= limit:
                    break
                hops = sorted((hop.as_json() for hop in vote.hops), key=lambda hop: hop["at"])
                keys = {"widgetId": widget_id, "voteId": vote_id, "revision": vote.revision}
                found.append({**keys, **vote.about, "hops": hops})
            refused = [hop.as_json() for hop in self._refused]
            return {
                "epoch": self._epoch,
                "revision": self._revision,
                "votes": found,
                "refused": refused,
            }

    def _touch(self, vote: _Vote | None = None) -> None:
        self._revision += 1
        if vote is not None:
            vote.revision = self._revision

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

    def _add(self, hop: Entry, keys: Mapping[str, Any]) -> None:
        widget_id, vote_id = keys.get("widgetId"), keys.get("voteId")
        with self._lock:
            if isinstance(widget_id, str) and isinstance(vote_id, str):
                self._place(hop, (widget_id, vote_id))
                self._learn((widget_id, vote_id), hop.event_id)
            else:
                self._attach(hop, [hop.event_id] if hop.event_id else [])

    def _learn(self, key: Key, event_id: str | None) -> None:
        """Remember whose event this is, and place the hops that waited for knowing it."""
        if event_id and event_id not in self._events:
            self._events[event_id] = key
            self._votes[key].events.add(event_id)
        for name in (event_id, key[1]):
            for hop in self._waiting.pop(name, ()) if name else ():
                if not hop.placed:
                    hop.event_id = hop.event_id or (name if name == event_id else None)
                    self._place(hop, key)

    def _attach(self, hop: Entry, ids: Iterable[str]) -> None:
        """Place a hop that knows its vote only by ids; unknown ones wait, within bounds.

        A settled state is found by the change that came to rest.
        """
        ids = [name.removesuffix(SETTLED_SUFFIX) for name in ids]
        for name in ids:
            if name in self._events:
                hop.event_id = hop.event_id or name
                return self._place(hop, self._events[name])
        for name in ids:
            if name in self._vote_ids:
                return self._place(hop, self._vote_ids[name])
        for name in ids:
            self._waiting.setdefault(name, deque(maxlen=WAITING_HOPS)).append(hop)
            while len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
        self._touch()
        return None

    def _place(self, hop: Entry, key: Key) -> None:
        hop.placed = True
        vote = self._vote(key)
        vote.hops.append(hop)
        self._touch(vote)
