"""What a vote of four writes may cost at most, by what the kit counts.

A vote is cast, answered twice and changed; then it settles. Figures are per vote, beside the votes
table's own writes.
"""

import json
from typing import Any

import pytest

from votepipe.emulator.http.slack import Slack
from votepipe.emulator.simulation import usage
from votepipe.testing import Pipeline

DEFAULT = ("settle", "slack", "log")
ALL = (*DEFAULT, "email", "webhook", "tally", "digest")
PAUSE = 15  # seconds between the writes of one vote

# A vote each second, and votes so far apart that no two share a call.
STEADY, APART = (200, 1), (20, 1200)


def write(number: int, step: int) -> dict[str, Any]:
    answers = {f"field_{field}": "more of this, it is good" for field in range(min(step, 2))}
    return {
        "widgetId": "docs",
        "voteId": f"{number:032x}",
        "voteType": "thumbsdown" if step == 3 else "thumbsup",
        "instanceOfJoy": f"article-{number % 7}",
        "voter": "reader@example.com",
        "answers": json.dumps(answers) if answers else {},
        "createdAt": "2026-01-04T10:00:00Z",
    }


def counted(sinks: tuple[str, ...], votes: int, every: float) -> dict[str, dict[str, float]]:
    """What each sink used for a vote."""
    with Pipeline(sinks=sinks, fill_secrets=True) as pipeline:
        writes = sorted((n * every + s * PAUSE, n, s) for n in range(votes) for s in range(4))
        now = 0.0
        for at, number, step in writes:
            pipeline.advance(seconds=at - now)
            now = at
            pipeline.put(write(number, step))
        pipeline.advance(hours=24)  # the digest, too
        pipeline.run_until_idle()
        assert pipeline.nothing_lost()
        assert len(pipeline.events("VoteSettled")) == votes
        used = pipeline.usage()
    return {sink: {what: used[sink][what] / votes for what in used[sink]} for sink in sinks}


def sums(found: dict[str, dict[str, float]]) -> tuple[float, float]:
    """Write units and queue requests of all sinks together."""
    writes = sum(each.get(usage.WRITES, 0) for each in found.values())
    requests = sum(each.get(what, 0) for each in found.values() for what in usage.QUEUE_REQUESTS)
    return writes, requests


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sinks", "traffic", "most_writes", "most_requests"),
    [
        (DEFAULT, STEADY, 14, 20),
        (DEFAULT, APART, 10, 24),
        (ALL, STEADY, 26, 26),
        (ALL, APART, 20, 34),
    ],
)
def test_a_vote_stays_within_its_budget(
    sinks: tuple[str, ...], traffic: tuple[int, float], most_writes: int, most_requests: int
) -> None:
    found = counted(sinks, *traffic)

    writes, requests = sums(found)
    assert writes <= most_writes, found
    assert requests <= most_requests, found
    assert sum(each.get(usage.SECRET_READS, 0) for each in found.values()) <= len(sinks) / 2
    assert sum(each.get(usage.READS, 0) for each in found.values()) <= 10, found
    assert sum(each.get(usage.CALLS, 0) for each in found.values()) <= 2 * len(sinks) + 1, found
    assert sum(each.get(usage.LOG_BYTES, 0) for each in found.values()) <= 12_000, found


def test_what_only_records_keeps_no_account() -> None:
    found = counted(("settle", "log", "webhook"), 1, 1)

    assert usage.WRITES not in found["log"] | found["webhook"]


@pytest.mark.parametrize(("live", "calls"), [("false", 0), ("true", 1)])
def test_no_function_is_called_to_skip(live: str, calls: int) -> None:
    bot = {"bot_token": "xoxb-1", "channel": "C1", "live": live}
    with Pipeline(sinks=["settle", "slack"], settings={"slack": bot}) as pipeline:
        pipeline.serve("slack", Slack())
        pipeline.put(write(1, 0))
        pipeline.advance(seconds=10)

        assert pipeline.usage().get("slack", {}).get(usage.CALLS, 0) == calls
