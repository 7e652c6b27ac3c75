"""How many messages 1,000 votes make: settled, and as the origin of this project made them.

    .venv/bin/python bench/noise.py

The trace: votes with three answers each, typed over up to two minutes; 5 % stop half-way, 5 % come
back later, 2 % change their mind. The origin's way: batches of at most five records or 60 seconds,
and within a batch one message for the latest state of each vote. Both see the same records.
"""

import json
import random
import sys
from collections import Counter
from typing import Any

from votepipe.testing import Pipeline

Write = tuple[float, dict[str, Any]]


def trace(votes: int, hours: float, seed: int) -> list[Write]:
    """Every write with its time in seconds, in order."""
    chance = random.Random(seed)
    writes: list[Write] = []
    for number in range(votes):
        start = chance.uniform(0, hours * 3600)
        item: dict[str, Any] = {
            "widgetId": "docs-feedback",
            "voteId": f"vote-{number:04}",
            "voteType": chance.choice(["thumbsup", "thumbsdown"]),
            "instanceOfJoy": f"article-{number % 7}",
            "answers": {},
        }
        kind = chance.random()
        answers = 1 if kind < 0.05 else 3
        times = sorted(start + chance.uniform(1, 120) for _ in range(answers))
        if 0.05 <= kind < 0.10:
            times[-1] += chance.uniform(600, 3600)
        writes.append((start, item))
        given: dict[str, str] = {}
        for field, at in enumerate(times, 1):
            given[f"field_{field}"] = f"answer {field} of {number}"
            item = item | {"answers": json.dumps(given)}
            writes.append((at, item))
        if 0.10 <= kind < 0.12:
            other = "thumbsup" if item["voteType"] == "thumbsdown" else "thumbsdown"
            writes.append((times[-1] + chance.uniform(5, 60), item | {"voteType": other}))
    return sorted(writes, key=lambda write: write[0])


def origins_way(writes: list[Write]) -> int:
    """Messages as the origin made them."""
    messages, batch, opened = 0, set[str](), 0.0
    size = 0
    for at, item in writes:
        if size and (size == 5 or at - opened >= 60):
            messages += len(batch)
            batch, size = set(), 0
        if not size:
            opened = at
        batch.add(item["voteId"])
        size += 1
    return messages + len(batch)


def main(votes: int = 1000) -> None:
    writes = trace(votes, hours=12, seed=1)
    with Pipeline(sinks=["settle", "slack"]) as pipeline:
        now = 0.0
        for at, item in writes:
            pipeline.advance(seconds=at - now)
            now = at
            pipeline.put(item)
        pipeline.run_until_idle()
        states = len(pipeline.events("VoteSettled"))
        per_state = Counter(
            (event["detail"]["vote"]["voteId"], event["detail"]["sequence"])
            for event in pipeline.events("VoteSettled")
        )
        messages = len(pipeline.sent("slack"))
        print(f"{votes} votes, {len(writes)} writes, {states} settled states")
        print(f"votepipe: {messages} messages, {messages / states:.3f} per settled state,")
        print(f"          {messages / votes:.2f} per vote; a state settled twice: "
              f"{sum(count > 1 for count in per_state.values())}")  # fmt: skip
        print(f"          {pipeline.nothing_lost()}")
    origin = origins_way(writes)
    print(f"origin:   {origin} messages, {origin / votes:.2f} per vote")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
