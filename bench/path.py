"""Measure the whole path on the local stack: writes by plain boto3, messages at the receiver.

    make up                                  in one terminal
    .venv/bin/python bench/path.py           in another

Prints what it saw; nothing here decides what is good.
"""

import json
import re
import statistics
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import requests
from processes import Usage

CONSOLE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8600"
LAST = r"[0-9a-f]{8}-\d+-3\."  # what only the last state of a vote has


def reached() -> tuple[boto3.Session, dict[str, Any]]:
    """A plain boto3 session, and what the console says of the stack."""
    status = requests.get(f"{CONSOLE}/api/status", timeout=10).json()
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=status["region"]
    )
    return session, status


def table() -> Any:
    """The votes table, as any DynamoDB client reaches it from what the console says."""
    session, status = reached()
    return session.resource("dynamodb", endpoint_url=status["endpoint"]).Table(status["table"])


def messages(**which: int) -> list[dict[str, Any]]:
    """Messages at the receiver: those `after` a number, or the `last` ones."""
    found: list[dict[str, Any]] = requests.get(
        f"{CONSOLE}/api/messages", params=which, timeout=60
    ).json()
    return found


def seconds_to_message(votes: Any, item: dict[str, Any], words: str) -> float:
    """How long after a write its message is there."""
    votes.put_item(Item=item)
    written = time.monotonic()
    while not any(words in json.dumps(each["body"]) for each in messages(last=20)):
        time.sleep(0.01)
    return time.monotonic() - written


def shapes() -> list[tuple[dict[str, Any], str]]:
    """One vote in every stored shape, each with words that only its message has."""

    def vote(**more: Any) -> dict[str, Any]:
        return {"widgetId": "w", "voteId": str(uuid.uuid4()), "voteType": "thumbsup", **more}

    name = [f"shape-{uuid.uuid4().hex[:10]}" for _ in range(7)]
    at = {"createdAt": "2026-01-04T10:00:00.000Z"}
    return [
        (vote(**at, instanceOfJoy=name[0], answers={}), name[0]),
        (vote(**at, instanceOfJoy=name[1], answers=json.dumps({"field_1": "x"})), name[1]),
        (vote(**at, instanceOfJoy=name[2], answers={"field_1": "x"}), name[2]),
        (vote(answers=json.dumps({"field_1": name[3]})), name[3]),
        (vote(**at, instanceOfJoy="undefined", answers={"f": name[4]}), name[4]),
        (vote(**at, instanceOfJoy=name[5], answers={}, voter="{{ subscriber.email }}"), name[5]),
        (vote(**at, answers={"f": name[6]}), name[6]),
    ]


def four_writes(votes: Any, number: int, run: str) -> str:
    """Write one vote four times; returns the words of its last state."""
    item: dict[str, Any] = {
        "widgetId": f"widget-{number % 10}",
        "voteId": f"{run}-{number}",
        "voteType": "thumbsup",
        "instanceOfJoy": "bench",
        "createdAt": "2026-01-04T10:00:00.000Z",
        "answers": {},
    }
    votes.put_item(Item=item)
    answers: dict[str, str] = {}
    for field in range(1, 4):
        answers[f"field_{field}"] = f"{run}-{number}-{field}."
        item = item | {"answers": json.dumps(answers)}
        votes.put_item(Item=item)
    return f"{run}-{number}-3."


def listener(session: boto3.Session, status: dict[str, Any]) -> Any:
    """A queue of our own that gets every event on the bus, as another team would subscribe."""
    sqs = session.resource("sqs", endpoint_url=status["endpoint"])
    events = session.client("events", endpoint_url=status["endpoint"])
    queue = sqs.create_queue(QueueName=f"bench-{uuid.uuid4().hex[:8]}")
    name = queue.url.rpartition("/")[2]
    pattern = json.dumps({"source": ["votepipe"]})
    events.put_rule(Name=name, EventBusName=status["bus"], EventPattern=pattern)
    arn = queue.attributes["QueueArn"]
    events.put_targets(Rule=name, EventBusName=status["bus"], Targets=[{"Id": "q", "Arn": arn}])
    return queue


def heard(queue: Any) -> list[dict[str, Any]]:
    """Every event that the queue got."""
    found: list[dict[str, Any]] = []
    while messages := queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=1):
        found += [json.loads(message.body) for message in messages]
        queue.delete_messages(
            Entries=[
                {"Id": str(number), "ReceiptHandle": message.receipt_handle}
                for number, message in enumerate(messages)
            ]
        )
    return found


def malformed(votes: Any, number: int, run: str) -> None:
    """Write a vote that is not valid, each in another way."""
    flaw: dict[str, Any] = [
        {"voteType": "sideways"},
        {"voteType": 1},
        {"answers": "{not json"},
        {"answers": ["a list"]},
        {"voter": b"bytes"},
        {"instanceOfJoy": "x" * 20_000},
        {"complete": "yes"},
        {"answers": {"field_1": {"a", "set"}}},
    ][number % 8]
    keys = {"widgetId": "bad", "voteId": f"{run}-bad-{number}", "voteType": "thumbsup"}
    votes.put_item(Item=keys | flaw)


@dataclass(frozen=True)
class Burst:
    """What came of a burst; `seconds` without the quiet period, `usage` of the CPU by process."""

    records: int
    seconds: float
    usage: Usage


def load(count: int = 1000, bad: int = 20, threads: int = 8) -> Burst:
    """Write `count` votes four times each, `bad` ones among them, and wait for all last states."""
    run = uuid.uuid4().hex[:8]
    tables = [table() for _ in range(threads)]
    session, status = reached()
    queue = listener(session, status)
    number = max((each["number"] for each in messages(last=1)), default=0)
    usage = Usage.at_rest(**status["processes"])
    started = time.time()
    with ThreadPoolExecutor(threads) as pool:
        jobs = []
        for vote in range(count):
            jobs.append(pool.submit(four_writes, tables[vote % threads], vote, run))
            if bad and vote % (count // bad) == 0:
                pool.submit(malformed, tables[vote % threads], vote, run)
        wanted = {job.result() for job in jobs}
    print(f"{count * 4} writes and {bad} malformed ones in {time.time() - started:.1f} s")
    seen = arrived(wanted, number)
    usage.end()
    ended = max(datetime.fromisoformat(each["receivedAt"]).timestamp() for each in seen)
    for sink in ("webhook", "slack"):
        print(f"{sink}: messages {sum(each['sink'] == sink for each in seen)}")
    kinds = Counter(each["detail-type"] for each in heard(queue) if run in json.dumps(each))
    print("events:", dict(kinds))
    letters = requests.get(f"{CONSOLE}/api/dead-letters", timeout=60).json()
    print(f"dead letters: {len(letters)}")
    return Burst(count * 4, ended - started - quiet_period(session, status), usage)


def arrived(wanted: set[str], number: int) -> list[dict[str, Any]]:
    """Messages after this one, once both webhook and slack have the last state of each vote."""
    found: list[dict[str, Any]] = []
    missing = {"webhook": set(wanted), "slack": set(wanted)}
    while any(missing.values()):
        time.sleep(0.5)  # when each came stands in it
        new = messages(after=found[-1]["number"] if found else number)
        for each in new:
            text = json.dumps(each["body"], ensure_ascii=False)
            missing.get(each["sink"], set()).difference_update(re.findall(LAST, text))
        found += new
    return found


def quiet_period(session: boto3.Session, status: dict[str, Any]) -> float:
    """The seconds for which every vote has to wait."""
    cloudformation: Any = session.client("cloudformation", endpoint_url=status["endpoint"])
    (stack,) = cloudformation.describe_stacks(StackName=status["stack"])["Stacks"]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    return float(values["QuietPeriodSeconds"])


if __name__ == "__main__":
    times = [seconds_to_message(table(), item, words) for item, words in shapes()]
    print("write to message, per shape:", ", ".join(f"{each:.2f}" for each in times), "s")
    print(f"median {statistics.median(times):.2f} s")
    burst = load()
    print(f"{burst.records / burst.seconds:.1f} records a second")
