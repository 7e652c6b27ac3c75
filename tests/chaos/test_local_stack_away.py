"""Everything that can go wrong goes wrong, on the local stack: redrive brings back every vote.

`make chaos` writes 300 votes and knows all faults; `make test` writes 9 with the first of them.
"""

import json
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from votepipe.dev.commands.recovery import redrive
from votepipe.dev.console.watcher import LogReader

VOTES = int(os.environ.get("VOTEPIPE_LOCAL_VOTES", "9"))
SHOWING = ("slack", "webhook", "email")
COUNTING = ("log", "settle", "tally")
SECONDS = 300 + 10 * VOTES  # only ends a test that will not pass

pytestmark = [pytest.mark.local_stack, pytest.mark.xdist_group("stack")]


def until(done: Callable[[], Any]) -> None:
    """Wait until something is so, however long that takes."""
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, f"It is not so after {SECONDS} s."
        time.sleep(3)


class Run:
    """A running stack and the votes that were written."""

    def __init__(self, stack: Any, bus: Path | None) -> None:
        self.stack, self.bus = stack, bus
        self.first = random.randrange(10**8, 10**9)  # other tests vote on this stack, too
        self.table: dict[str, str] = {}
        self.writes: dict[str, int] = {}
        self.invalid: set[str] = set()
        self.cut_off: set[str] = set()
        self.session, self.deployed = stack.deployment.session, stack.deployment.stack
        self.items = self.session.resource("dynamodb").Table(stack.status["table"])
        group = self.deployed.physical_id("LogLogs")
        self._log = LogReader(self.session.client("logs"), group, since=0, pattern='"event seen"')
        self._seen: dict[str, set[str]] = defaultdict(set)

    def get(self, path: str) -> Any:
        return requests.get(f"{self.stack.url}/api/{path}", timeout=60).json()

    def post(self, path: str, body: Any) -> None:
        url = f"{self.stack.url}/api/{path}"
        requests.post(url, json=body, timeout=300).raise_for_status()

    def heal(self) -> None:
        requests.delete(f"{self.stack.url}/api/faults", timeout=60).raise_for_status()
        if self.bus:
            self.bus.write_text("")

    def write(self, numbers: range, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Write votes, every other one twice; in the middle something happens."""
        for number in numbers:
            for step in range(1 + number % 2):
                self.write_one(number, step)
            if number == numbers[len(numbers) // 2]:
                meanwhile()

    def write_one(self, number: int, step: int, kind: str = "thumbsup") -> None:
        name, mark = f"v{self.first + number}", f"m{self.first + number}.{step}"
        vote = {"widgetId": "chaos", "voteId": name, "voteType": kind}
        self.items.put_item(Item=vote | {"answers": json.dumps({"field_1": mark})})
        self.table[name], self.writes[name] = mark, step + 1

    def names(self, numbers: range) -> set[str]:
        return {f"v{self.first + number}" for number in numbers}

    def cut_off_now(self) -> None:
        """Keep in mind which votes Slack may already show though the sink has not marked them."""
        marked = {
            each["delivery"].rpartition("#")[2]
            for each in self.scan("DeliveriesTable")
            if each["delivery"].startswith("slack#") and "sequence" in each and "lease" not in each
        }
        self.cut_off |= self.table.keys() - marked

    def kill(self) -> None:
        """Kill every function that runs, in the middle of what it does."""
        self.cut_off_now()
        parent = self.stack.status["processes"]["ministack"]
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                pid, *rest = status.read_text().split()
            except OSError:  # it has ended
                continue
            if int(rest[2]) == parent:
                os.kill(int(pid), signal.SIGKILL)

    def evidence(self) -> dict[str, Any]:
        """What the auditor wants."""
        arrived: dict[str, list[str]] = {sink: [] for sink in SHOWING}
        for message in self.get("messages"):
            if message["sink"] in arrived:
                arrived[message["sink"]].append(shown(message))
        waiting = [
            (letter["voteId"], sink, letter["queue"], letter.get("reason", ""))
            for letter in self.get("dead-letters")
            if letter.get("voteId") in self.table
            for sink in (*SHOWING, *COUNTING, "pipe")
            if f"{sink}deadletters" in letter["queue"].lower()
        ]
        return {
            "table": self.table,
            "arrived": arrived | self.counted(),
            "quoted": arrived["slack"],
            "rejected": self.rejected(),
            "waiting": waiting,
        }

    def counted(self) -> dict[str, list[str]]:
        """The last mark of each vote that a sink without messages knows in its last state."""
        for _, text in self._log.read():
            line = json.loads(text)
            if line["type"] not in ("VoteSettled", "VoteRejected"):
                self._seen[line["voteId"]].add(line["eventId"])
        settled = {
            each["delivery"].rpartition("#")[2]: each["settled"]
            for each in self.scan("DeliveriesTable")
            if each["delivery"].startswith("settle#")
            and each.get("settled") == each["latest"]
            and "publishing" not in each
        }
        tally = {
            each["tally"].rpartition("#")[2]: each["order"]
            for each in self.scan("TallyTable")
            if each["tally"].startswith("vote#")
        }
        known = {
            "log": {
                name for name, writes in self.writes.items() if len(self._seen[name]) >= writes
            },
            "settle": set(settled),
            "tally": {name for name in settled if tally.get(name) == f"{settled[name]}+"},
        }
        return {
            sink: [mark for name, mark in self.table.items() if name in votes - self.invalid]
            for sink, votes in known.items()
        }

    def scan(self, table: str) -> list[dict[str, Any]]:
        resource = self.session.resource("dynamodb").Table(self.deployed.physical_id(table))
        found = resource.scan()
        items: list[dict[str, Any]] = found["Items"]
        while "LastEvaluatedKey" in found:
            found = resource.scan(ExclusiveStartKey=found["LastEvaluatedKey"])
            items += found["Items"]
        return items

    def rejected(self) -> dict[str, str]:
        """The votes that the console shows as rejected."""
        if not self.invalid:
            return {}
        votes = self.get("journal?limit=5000")["votes"]
        return {
            each["voteId"]: "voteType"
            for each in votes
            if each["voteId"] in self.invalid
            and any(hop.get("type") == "VoteRejected" for hop in each["hops"])
        }

    def all_in(self, votes: set[str], queue: str) -> bool:
        letters = self.get("dead-letters")
        return {each.get("voteId") for each in letters if queue in each["queue"]} >= votes


def shown(message: dict[str, Any]) -> str:
    """What a message says; a mail is long, and in JSON its lines would run together."""
    body = message["body"]
    return str(body["BodyText"]) if message["sink"] == "email" else json.dumps(body)


def runner_is_killed(run: Run, numbers: range) -> None:
    """The pipe runner dies, while receivers answer errors and hang up."""
    run.post("faults", {"sink": "slack", "status": 500, "times": 3})
    run.post("faults", {"sink": "webhook", "disconnect": True, "times": 3})
    run.write(numbers, lambda: os.kill(run.stack.status["processes"]["pipe"], signal.SIGKILL))


def receivers_refuse(run: Run, numbers: range) -> None:
    """Receivers want none of it, which makes dead letters."""
    for sink in ("slack", "webhook"):
        run.post("faults", {"sink": sink, "status": 404})
    run.write(numbers)
    until(lambda: run.all_in(run.names(numbers), "Slack"))


def votes_are_none(run: Run, numbers: range) -> None:
    """What some write last is no vote."""
    run.write(numbers)
    for number in numbers[::3]:
        run.invalid.add(f"v{run.first + number}")
        run.write_one(number, 2, "sideways")


def functions_are_killed(run: Run, numbers: range) -> None:
    """All functions die in mid-batch, again and again."""
    for part in range(4):
        run.write(numbers[part::4], run.kill)


def throttled(run: Run, numbers: range) -> None:
    """The bus takes nothing for a while."""
    assert run.bus
    run.bus.write_text("throttled")
    run.write(numbers)
    time.sleep(10)


def in_part(run: Run, numbers: range) -> None:
    """Of what the bus gets, it refuses one."""
    assert run.bus
    run.bus.write_text("in part")
    run.write(numbers)
    time.sleep(10)


def permissions(run: Run, numbers: range) -> None:
    """A role lacks what it needs, which makes dead letters."""
    iam = run.session.client("iam")
    name = {"RoleName": run.deployed.physical_id("EmailRole"), "PolicyName": "sink"}
    document = iam.get_role_policy(**name)["PolicyDocument"]
    kept = [each for each in document["Statement"] if "dynamodb:UpdateItem" not in each["Action"]]
    iam.put_role_policy(**name, PolicyDocument=json.dumps({**document, "Statement": kept}))
    run.write(numbers)
    until(lambda: run.all_in(run.names(numbers), "Email"))
    iam.put_role_policy(**name, PolicyDocument=json.dumps(document))


def aws_stands_still(run: Run, numbers: range) -> None:
    """Nothing answers for a while."""
    run.write(numbers)
    run.cut_off_now()
    pid = run.stack.status["processes"]["ministack"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(15)
    os.kill(pid, signal.SIGCONT)


def deployment(run: Run, numbers: range) -> None:
    """The stack is deployed again in the middle of traffic."""
    given = {"sink": "slack", "parameters": {"SlackEmojiUp": "+"}}
    run.write(numbers, lambda: run.post("settings", given))


Fault = Callable[[Run, range], None]
SHORT: tuple[Fault, ...] = (runner_is_killed, receivers_refuse, votes_are_none)
FAULTS: tuple[Fault, ...] = (
    *SHORT,
    functions_are_killed,
    throttled,
    in_part,
    permissions,
    aws_stands_still,
    deployment,
)


@pytest.fixture
def run(request: pytest.FixtureRequest, running_stack: Any, tmp_path: Path) -> Iterator[Run]:
    """A run on the stack that other tests use; the long one has its own, with a bus that fails."""
    if VOTES < 100:
        yield Run(request.getfixturevalue("stack"), None)
        return
    program = Path(__file__).parent / "throttled_bus.py"
    throttled = type("Throttled", (running_stack,), {"PROGRAM": program.read_text()})
    stack = throttled(tmp_path)
    yield Run(stack, tmp_path / "bus")
    stack.end()


def test_whatever_fails_every_vote_arrives_or_waits_and_comes_back(run: Run, audit: Any) -> None:
    faults = SHORT if run.bus is None else FAULTS
    bounds = [place * VOTES // len(faults) for place in range(len(faults) + 1)]
    for fault, votes in zip(faults, pairwise(bounds), strict=True):
        fault(run, range(*votes))
        run.heal()
        print(fault.__name__, votes, file=sys.stderr)  # noqa: T201
    until(lambda: audit(**run.evidence()).lost == [])

    before = audit(**run.evidence())
    env = {"VOTEPIPE_PORT": str(run.stack.port)}
    done = CliRunner().invoke(redrive, ["--all"], env=env)
    until(
        lambda: (
            {fate.partition(":")[0] for _, fate in audit(**run.evidence()).fates}
            <= {"delivered", "rejected"}
        )
    )
    after = audit(**run.evidence())

    assert before.unexplained == []
    assert done.exit_code == 0, done.output
    assert after.lost == []
    assert set(after.doubled) <= run.cut_off
    assert [each for each in run.get("dead-letters") if each.get("voteId") in run.table] == []
