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
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import requests

CONSOLE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8600"


def table() -> Any:
    """The votes table, as any DynamoDB client reaches it from what the console says."""
    status = requests.get(f"{CONSOLE}/api/status", timeout=10).json()
    session = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=status["region"]
    )
    return session.resource("dynamodb", endpoint_url=status["endpoint"]).Table(status["table"])


def received() -> list[str]:
    """Every message so far, as text."""
    messages = requests.get(f"{CONSOLE}/api/messages", timeout=60).json()
    return [json.dumps(each["body"], ensure_ascii=False) for each in messages]


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


def load(count: int = 1000, threads: int = 8) -> None:
    """Write `count` votes four times each and wait until every last state is there."""
    run = uuid.uuid4().hex[:8]
    tables = [table() for _ in range(threads)]
    started = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        jobs = [
            pool.submit(four_writes, tables[number % threads], number, run)
            for number in range(count)
        ]
        wanted = {job.result() for job in jobs}
    written = time.monotonic()
    print(f"{count * 4} writes in {written - started:.1f} s")
    missing = wanted
    while missing and time.monotonic() < written + 300:
        text = "\n".join(received())
        missing = {words for words in missing if words not in text}
        time.sleep(0.5)
    print(
        f"last states missing: {len(missing)}; {time.monotonic() - written:.1f} s after the writes"
    )
    print(f"messages of this run: {sum(run in text for text in received())}")
    letters = requests.get(f"{CONSOLE}/api/dead-letters", timeout=60).json()
    print(f"dead letters: {len(letters)}")


if __name__ == "__main__":
    times = [seconds_to_message(table(), item, words) for item, words in shapes() * 1]
    print("write to message, per shape:", ", ".join(f"{each:.2f}" for each in times), "s")
    print(f"median {statistics.median(times):.2f} s")
    load()
