"""The local stack loses its pipe runner and its receivers: redrive brings back every vote.

`make chaos` writes 300 votes; `make test` 9.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any

import requests
from click.testing import CliRunner

from votepipe.dev.commands.recovery import redrive

VOTES = int(os.environ.get("VOTEPIPE_LOCAL_VOTES", "9"))
SHOWING = ("slack", "webhook")
SECONDS = 60 + 10 * VOTES  # only ends a test that will not pass


def until(done: Callable[[], Any]) -> None:
    """Wait until something is so, however long that takes."""
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, f"It is not so after {SECONDS} s."
        time.sleep(1)


class Run:
    """A running stack and the votes that were written."""

    def __init__(self, stack: Any) -> None:
        self.stack = stack
        self.first = random.randrange(10**8, 10**9)  # other tests vote on this stack, too
        self.table: dict[str, str] = {}
        self.items = stack.deployment.session.resource("dynamodb").Table(stack.status["table"])

    def get(self, path: str) -> Any:
        return requests.get(f"{self.stack.url}/api/{path}", timeout=10).json()

    def fault(self, **fault: Any) -> None:
        url = f"{self.stack.url}/api/faults"
        requests.post(url, json=fault, timeout=10).raise_for_status()

    def heal(self) -> None:
        requests.delete(f"{self.stack.url}/api/faults", timeout=10).raise_for_status()

    def write(self, numbers: range, killed_at: int | None = None) -> list[str]:
        """Write votes, every other one twice; the pipe runner dies on the way."""
        written = []
        for number in numbers:
            name = f"v{self.first + number}"
            for step in range(1 + number % 2):
                mark = f"m{self.first + number}.{step}"
                vote = {"widgetId": "chaos", "voteId": name, "voteType": "thumbsup"}
                self.items.put_item(Item=vote | {"answers": json.dumps({"field_1": mark})})
                self.table[name] = mark
            if number == killed_at:
                os.kill(self.stack.status["processes"]["pipe"], signal.SIGKILL)
            written.append(name)
        return written

    def evidence(self) -> dict[str, Any]:
        """What the auditor wants."""
        arrived: dict[str, list[str]] = {sink: [] for sink in SHOWING}
        for message in self.get("messages"):
            text = json.dumps(message["body"])
            if message["sink"] in arrived:
                arrived[message["sink"]].append(text)
        waiting = [
            (letter["voteId"], sink, letter["queue"], letter.get("reason", ""))
            for letter in self.get("dead-letters")
            if letter.get("voteId") in self.table
            for sink in (*SHOWING, "settle", "pipe")
            if sink in letter["queue"].lower()
        ]
        return {
            "table": self.table,
            "arrived": arrived,
            "quoted": arrived["slack"],
            "rejected": {},
            "waiting": waiting,
        }

    def all_in(self, votes: list[str], queue: str) -> bool:
        letters = self.get("dead-letters")
        return {each.get("voteId") for each in letters if queue in each["queue"]} >= set(votes)


def test_killed_refused_and_redriven_every_vote_arrives(stack: Any, audit: Any) -> None:
    run, third = Run(stack), VOTES // 3
    run.fault(sink="slack", status=500, times=3)
    run.fault(sink="webhook", status=503, times=3)
    run.write(range(third), killed_at=third // 2)
    until(lambda: audit(**run.evidence()).fates["slack", "delivered"] == third)
    run.fault(sink="slack", status=404)
    refused = run.write(range(third, 2 * third), killed_at=third + third // 2)
    until(lambda: run.all_in(refused, "Slack"))

    before = audit(**run.evidence())
    run.heal()
    done = CliRunner().invoke(redrive, ["slack"], env={"VOTEPIPE_PORT": str(stack.port)})
    run.write(range(2 * third, VOTES))
    until(lambda: {fate for _, fate in audit(**run.evidence()).fates} == {"delivered"})

    assert before.lost == []
    assert before.unexplained == []
    assert done.exit_code == 0, done.output
    assert audit(**run.evidence()).doubled == []
    assert [each for each in run.get("dead-letters") if each.get("voteId") in run.table] == []
