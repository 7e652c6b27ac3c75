"""sinks/digest with millions of pending answers: the sink in a process of its own, its peak memory.

DynamoDB is the test kit's, behind boto3 and HTTP, but for pending answers and their votes: it has
them by number, makes those that a call asks for, and answers in pages as DynamoDB does.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from votepipe import Event
from votepipe.emulator.dynamodb.service import DynamoDb
from votepipe.emulator.functions.calls import Refused
from votepipe.tally import Tally

pytestmark = pytest.mark.slow

PAGE = 1_048_576
MEGABYTE = 1024  # of the kilobytes that Linux counts in
FIRST = time.time() - 43_200  # when the first answer came; the last came ten hours later
RUN = r"""
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from sinks.digest import Settings, handler
from votepipe import ScheduledEvent, Secret

settings = Settings(webhook_url=Secret(sys.argv[1]))
handler(ScheduledEvent(time=datetime(2026, 1, 4, 8, tzinfo=UTC)), settings)
# Not by getrusage, where a process begins with the peak of the one that started it.
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


class Site:
    """Articles with so many pending answers each, as the tally leaves them."""

    def __init__(self, tables: Any, articles: int, answers: int) -> None:
        self.answers, self.made = answers, 0
        self.operations = DynamoDb(tables.tables).operations
        table = tables.tables["TallyTable"]
        for article in range(articles):
            if not article:
                Tally.here().count(answered("a0"))
                # What the tally wrote for one: the others are made like it.
                self.counter, self.pending = (
                    next(item for item in table.items.values() if name in item)
                    for name in ("answeredAt", "labels")
                )
                table.items.clear()
            counts = {name: {"N": str(answers)} for name in ("up", "answered", "answers")}
            name = f"a{article}"
            article_key = self.counter["item"]["S"].replace("a0", name)
            table.put(
                {
                    **self.counter,
                    **counts,
                    "item": {"S": article_key},
                    "instance": {"S": name},
                    "title": {"S": name},
                    "answeredAt": {"N": str(self.at(answers - 1))},
                }
            )

    def at(self, number: int) -> float:
        """When an answer came."""
        return FIRST + 36_000 * number / self.answers

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer a call as DynamoDB does."""
        if operation == "Query" and "pending" in json.dumps(given):
            return self.newest(given)
        if operation == "BatchGetItem":
            ((table, request),) = given["RequestItems"].items()
            votes = [vote | key for key in request["Keys"]]
            return {"Responses": {table: votes}, "UnprocessedKeys": {}}
        return self.operations[operation](given)

    def newest(self, given: dict[str, Any]) -> dict[str, Any]:
        """A page of one shard's pending answers; a 16th of an article's have the same key."""
        values = [value["S"] for value in given["ExpressionAttributeValues"].values()]
        key = next(value for value in values if value.startswith("pending"))
        bounds = sorted(value for value in values if value != key) or ["", "~"]
        shard = int(key[-1], 16)
        numbers = range(shard, self.answers, 16)
        found: list[dict[str, Any]] = []
        size, start = 0, given.get("ExclusiveStartKey", {}).get("item", {}).get("S")
        down = not given.get("ScanIndexForward", True)
        for number in reversed(numbers) if down else numbers:
            item = f"{self.at(number):017.6f}#{number:032x}"
            passed = start is not None and (item >= start if down else item <= start)
            if passed or not bounds[0] <= item <= bounds[1]:
                continue
            if len(found) == given.get("Limit") or size > PAGE:
                return {"Items": found, "LastEvaluatedKey": found[-1] | {}}
            keys = {"tally": {"S": key}, "item": {"S": item}, "voteId": {"S": f"v{number}"}}
            found.append(self.pending | keys)
            size += 250
            self.made += 1
        return {"Items": found}


vote = {"voteType": {"S": "thumbsup"}, "answers": {"S": '{"field_1": "More examples"}'}}


def answered(instance: str) -> Event:
    return Event.from_detail(
        {
            "eventID": "event-1",
            "type": "VoteSettled",
            "time": "2026-01-04T10:00:03Z",
            "version": 1,
            "sequence": "1",
            "vote": {
                "widgetId": "w",
                "voteId": "v",
                "voteType": "thumbsup",
                "instanceOfJoy": instance,
                "answers": {"field_1": "More examples"},
            },
            "enrichment": {"questions": {"labels": {"field_1": "What is missing?"}}},
        }
    )


class Server(ThreadingHTTPServer):
    """A site's tables at an address, for a boto3 client."""

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """DynamoDB's JSON over HTTP."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or TCP waits between the two
    server: Server

    def do_POST(self) -> None:
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = 200, {}
        try:
            answer = self.server.site.answer(operation, given)
        except Refused as refused:
            status, answer = 400, {"__type": refused.code, **refused.more}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def peak(tables: Any, web: Any) -> Iterator[Any]:
    """The sink's peak memory for a site, in kilobytes, and the lines of its message."""
    servers = []

    def run(articles: int, answers: int) -> tuple[int, list[str], int]:
        for table in tables.tables.values():
            table.items.clear()
        site = Site(tables, articles, answers)
        servers.append(Server(site))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{servers[-1].server_port}"
        done = subprocess.run(
            [sys.executable, "-c", RUN, f"{web.url}/services/secret"],
            env={**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": address},
            capture_output=True,
            text=True,
        )
        assert not done.returncode, done.stderr
        blocks = web.requests[-1].json["blocks"]
        lines = "\n".join(block["text"]["text"] for block in blocks).split("\n")
        return int(done.stdout), lines, site.made

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_memory_is_the_same_for_millions_of_pending_answers(peak: Any) -> None:
    few, *_ = peak(1_000, 1)
    most, *_ = peak(1_000, 5_000)
    many, lines, made = peak(1_000, 2_000)

    assert max(many, most) - few < 20 * MEGABYTE
    assert lines == [
        "*Counting from today. Votes so far: 👍 2,000,000 · 👎 0 · 2,000,000 with answers*",
        *(
            line
            for number in (0, 1, 10, 100, 101, 102, 103, 104, 105, 106, 107, 108)
            for line in (
                f"_a{number}_  👍 2,000 · 👎 0 · 100% up",
                *["• 👍 What is missing?: More examples"] * 3,
                "• … and 1,997 more with answers",
            )
        ),
        "… and 988 more",
    ]
    assert made == 30 * 16 * 5  # of 30 articles, five of each key
