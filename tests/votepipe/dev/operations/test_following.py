"""votepipe/dev/operations/following.py: hops by the console and by the logs, each once."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from votepipe.dev.operations.following import Journal, Logs, hops_of

SINCE = datetime(2026, 1, 4, 10, tzinfo=UTC)


class CloudWatch:
    """Log groups, of which each answer shows one line, and every other answer none."""

    class exceptions:  # noqa: N801
        ResourceNotFoundException = KeyError

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {"EnrichLogs": [], "SlackLogs": []}

    def filter_log_events(self, **asked: Any) -> Any:
        page = int(asked.get("nextToken", 0))
        terms = [each.strip('?"') for each in asked["filterPattern"].split()]
        found = [
            {"logStreamName": "s", "timestamp": number, "message": text}
            for number, text in enumerate(
                self.lines[asked["logGroupName"]], int(SINCE.timestamp() * 1000)
            )
            if number >= asked["startTime"] and any(f'"{term}"' in text for term in terms)
        ]
        more = {"nextToken": str(page + 1)} if page < 2 * len(found) - 1 else {}
        return {"events": found[page // 2 : page // 2 + 1] if page % 2 else [], **more}

    def say(self, group: str, number: int, event: str, vote: str = "", **facts: Any) -> None:
        at = f"2026-01-04T10:00:{number:02}.000Z"
        line = {"message": "delivered", "timestamp": at, "eventId": event, **facts}
        self.lines[group].append(json.dumps(line | ({"voteId": vote} if vote else {})))


def deployed(logs: CloudWatch) -> Any:
    stack = SimpleNamespace(of_type=lambda _: [*logs.lines], physical_id=lambda name: name)
    return SimpleNamespace(
        console=None, stack=stack, session=SimpleNamespace(client=lambda _: logs)
    )


def test_a_votes_hops_are_found_in_all_logs_by_its_events_too() -> None:
    logs = CloudWatch()
    logs.say("SlackLogs", 3, "e1", "v1", sink="slack", outcome="delivered")
    logs.say("SlackLogs", 5, "e2", "v1", sink="slack", outcome="undeliverable")
    logs.say("SlackLogs", 4, "e3", "v2", sink="slack", outcome="delivered")
    logs.say("SlackLogs", 6, "e4", "v2", why="v1")
    logs.say("EnrichLogs", 1, "e2", enricher="article", level="WARNING")
    logs.lines["SlackLogs"].append('"eventId" in no JSON')

    hops = hops_of(deployed(logs), "v1", SINCE)

    assert [(hop["eventId"], hop["stage"], hop["state"]) for hop in hops] == [
        ("e2", "note", "passed"),
        ("e1", "sink", "passed"),
        ("e2", "sink", "failed"),
    ]


def test_a_log_is_read_once_and_to_its_end() -> None:
    logs = CloudWatch()
    source = Logs(deployed(logs), SINCE)
    for number in range(5):
        logs.say("SlackLogs", number, f"e{number}", "v1")
    first = source.read()
    logs.say("SlackLogs", 6, "e6", "v1")

    assert [hop["eventId"] for hop in first] == [f"e{number}" for number in range(5)]
    assert [hop["eventId"] for hop in source.read()] == ["e6"]


def test_the_console_is_asked_for_what_is_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    hop = {"at": "2026-01-04T10:00:00Z", "stage": "write", "state": "passed", "text": "cast"}
    later = hop | {"at": "2026-01-04T10:00:01Z", "stage": "bus"}
    hops, asked = [hop], list[int]()

    def get(url: str, params: dict[str, int], **_: Any) -> Any:
        asked.append(params["since"])
        found = {"revision": 7, "votes": [{"voteId": "v1", "hops": list(hops)}]}
        return SimpleNamespace(raise_for_status=lambda: None, json=lambda: found)

    monkeypatch.setattr(requests, "get", get)
    source = Journal("http://127.0.0.1:8600")

    first = source.read()
    hops.append(later)

    assert first == [{**hop, "voteId": "v1"}]
    assert source.read() == [{**later, "voteId": "v1"}]
    assert asked == [0, 7]
