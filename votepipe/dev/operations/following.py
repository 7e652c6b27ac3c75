"""The hops of votes as they happen: from the console here, from the functions' logs on AWS."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from votepipe.dev.console import entries
from votepipe.dev.console.watcher import LogReader
from votepipe.dev.operations.deployment import Deployment
from votepipe.emulator.simulation.jsontext import apart

Hop = Mapping[str, Any]  # as `GET /api/journal` has it, with its `voteId` where that is known
VOTES = 5000  # as many as the console keeps
_TERMS = 20  # of one pattern


class Journal:
    """The hops that the console of the local stack knows, each once."""

    def __init__(self, console: str) -> None:
        self._console = console
        self._since = 0
        self._seen: set[str] = set()

    def read(self) -> list[Hop]:
        """What is new, in the order of time."""
        asked = {"since": self._since, "limit": VOTES}
        answer = requests.get(f"{self._console}/api/journal", params=asked, timeout=10)
        answer.raise_for_status()
        found = answer.json()
        self._since = found["revision"]
        hops = [
            {**hop, "voteId": each["voteId"]} for each in found["votes"] for hop in each["hops"]
        ]
        fresh = [hop for hop in hops if json.dumps(hop) not in self._seen]
        self._seen |= {json.dumps(hop) for hop in fresh}
        return _in_order(fresh)


class Logs:
    """The hops in the logs of a stack's functions since a time, each once."""

    def __init__(self, found: Deployment, since: datetime, pattern: str = '"eventId"') -> None:
        stack, client = found.stack, found.session.client("logs")
        milliseconds = int(since.timestamp() * 1000)
        self._readers = [
            LogReader(client, stack.physical_id(name), since=milliseconds, pattern=pattern)
            for name in stack.of_type("AWS::Logs::LogGroup")
        ]

    def read(self) -> list[Hop]:
        """What is new, in the order of time."""
        return _in_order([hop for reader in self._readers for line in reader.read()
                          for hop in _hops(*line)])  # fmt: skip


def hops_of(found: Deployment, vote: str, since: datetime) -> list[Hop]:
    """All known hops of a vote, by the beginning of its id; or of an event, by its whole id."""
    if found.console:
        return [each for each in Journal(found.console).read() if is_of(each, vote)]
    # Patterns find lines that only mention one, and the local AWS takes them for less.
    hops = [each for each in Logs(found, since, f'"{vote}"').read() if is_of(each, vote)]
    # Some lines know the event alone.
    events = sorted({hop["eventId"] for hop in hops if hop.get("eventId")})
    for start in range(0, len(events), _TERMS):
        pattern = " ".join(f'?"{event}"' for event in events[start : start + _TERMS])
        hops += [
            each for each in Logs(found, since, pattern).read() if each.get("eventId") in events
        ]
    return _in_order({json.dumps(hop, sort_keys=True): hop for hop in hops}.values())


def is_of(hop: Hop, vote: str) -> bool:
    """Whether a hop is one of this vote or event."""
    return str(hop.get("voteId", "")).startswith(vote) or hop.get("eventId") == vote


def _hops(at: int, text: str) -> Iterator[Hop]:
    """The hops that a line of a log holds, if it is one of ours."""
    try:
        line = json.loads(text)
    except ValueError:
        return
    for each in apart(line) if isinstance(line, dict) else ():
        known = {"voteId": each["voteId"]} if isinstance(each.get("voteId"), str) else {}
        for entry in entries.from_line(each, at=entries.utc(at / 1000)):
            yield {**entry.as_json(), **known}


def _in_order(hops: Sequence[Hop] | Any) -> list[Hop]:
    return sorted(hops, key=lambda hop: str(hop["at"]))
