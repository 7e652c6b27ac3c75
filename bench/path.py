"""Measure the whole path on the local stack: writes by plain boto3, messages at the receiver.

    make up                                  in one terminal
    .venv/bin/python bench/path.py           in another

Prints what it saw; nothing here decides what is good.
"""

import json
import statistics
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import requests

CONSOLE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8600"


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


def received(sink: str = "") -> list[str]:
    """Every message so far, of one sink or of all, as text."""
    messages = requests.get(f"{CONSOLE}/api/messages", timeout=60).json()
    return [
        json.dumps(each["body"], ensure_ascii=False)
        for each in messages
        if sink in ("", each["sink"])
    ]


def seconds_to_message(votes: Any, item: dict[str, Any], words: str) -> float:
    """How long after a write its message is there."""
    votes.put_item(Item=item)
    written = time.monotonic()
    while not any(words in text for text in received()):
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


def load(count: int = 1000, bad: int = 20, threads: int = 8) -> float:
    """Write `count` votes four times each, `bad` ones among them, and wait for all last states.

    Returns how many records a second that was, from the first write to the last message.
    """
    run = uuid.uuid4().hex[:8]
    tables = [table() for _ in range(threads)]
    queue = listener(*reached())
    started = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        jobs = []
        for number in range(count):
            jobs.append(pool.submit(four_writes, tables[number % threads], number, run))
            if bad and number % (count // bad) == 0:
                pool.submit(malformed, tables[number % threads], number, run)
        wanted = {job.result() for job in jobs}
    written = time.monotonic()
    print(f"{count * 4} writes and {bad} malformed ones in {written - started:.1f} s")
    missing = dict.fromkeys(("webhook", "slack"), wanted)
    while any(missing.values()) and time.monotonic() < written + 300:
        for sink, words in missing.items():
            text = "\n".join(received(sink))
            missing[sink] = {each for each in words if each not in text}
        time.sleep(0.5)
    ended = time.monotonic()
    for sink, words in missing.items():
        print(f"{sink}: last states missing {len(words)}, messages {count_of(sink, run)}")
    print(f"all there {ended - written:.1f} s after the last write")
    kinds = Counter(each["detail-type"] for each in heard(queue) if run in json.dumps(each))
    print("events:", dict(kinds))
    letters = requests.get(f"{CONSOLE}/api/dead-letters", timeout=60).json()
    print(f"dead letters: {len(letters)}")
    return count * 4 / (ended - started)


def count_of(sink: str, run: str) -> int:
    """How many messages of a sink belong to this run."""
    return sum(run in text for text in received(sink))


if __name__ == "__main__":
    times = [seconds_to_message(table(), item, words) for item, words in shapes()]
    print("write to message, per shape:", ", ".join(f"{each:.2f}" for each in times), "s")
    print(f"median {statistics.median(times):.2f} s")
    load()
