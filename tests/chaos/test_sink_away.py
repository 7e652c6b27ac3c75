"""One sink is away for a day: no other notices, and it then gets all of its votes, in order.

`make chaos` writes 4 votes an hour, `make test` 2.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest

from votepipe.testing import Answer, Pipeline

pytestmark = pytest.mark.slow

HOURS = 24
VOTES = 4 if "VOTEPIPE_VOTES" in os.environ else 2  # an hour, each written three times
SINKS = ("settle", "slack", "email", "log", "webhook")


def live(pipeline: Pipeline) -> dict[str, list[float]]:
    """A day of votes, and two more hours; how long each message of the other sinks took."""
    written: dict[str, float] = {}
    for hour in range(HOURS + 2):
        if hour == HOURS:
            pipeline.serve("webhook", lambda _: Answer())
        for step in range(3):
            for number in range(VOTES):
                vote = f"v{hour}-{number}"
                answers = json.dumps({"field_1": str(step)})
                pipeline.put(
                    {"widgetId": "docs", "voteId": vote, "voteType": "thumbsup", "answers": answers}
                )
                written[vote] = pipeline.simulation.now
            pipeline.advance(minutes=1)
        pipeline.advance(minutes=57)
    pipeline.run_until_idle()
    return {
        sink: [each.at - written[each.vote_key.vote] for each in pipeline.sent(sink)]
        for sink in ("slack", "email")
    }


def a_day(
    redrive: Callable[[Pipeline, float], None], behaviour: Callable[..., Answer]
) -> tuple[dict[str, list[float]], list[Any], int]:
    """How long the others took, what the webhook got, and how much of it after a redrive."""
    settings = {"webhook": {"personal": True, "live": True}}
    with Pipeline(sinks=SINKS, fill_secrets=True, settings=settings) as pipeline:
        pipeline.serve("webhook", behaviour)
        took = live(pipeline)
        assert pipeline.nothing_lost(), pipeline.nothing_lost()
        dead = len(pipeline.dead_letters("webhook"))
        assert len(pipeline.dead_letters()) == dead
        redrive(pipeline, 1)
        assert pipeline.dead_letters() == []
        assert pipeline.nothing_lost(), pipeline.nothing_lost()
        return took, [each.body for each in pipeline.sent("webhook")], dead


def test_a_sink_that_is_away_for_a_day_delays_no_other_and_gets_all_in_order(redrive: Any) -> None:
    usual, wanted, _ = a_day(redrive, lambda _: Answer())
    beside, got, dead = a_day(redrive, lambda _: Answer(status=503))

    for sink, seconds in usual.items():
        assert len(beside[sink]) == len(seconds) == (HOURS + 2) * VOTES
        assert fmean(beside[sink]) <= 1.1 * fmean(seconds)
        assert max(beside[sink]) <= 1.1 * max(seconds)
    assert dead
    assert ids(got) == ids(wanted)
    orders = defaultdict[str, list[int]](list)
    for body in got:
        orders[body["vote"]["voteId"]].append(int(body["sequence"]))
    assert [vote for vote, order in orders.items() if order != sorted(order)] == []


def ids(bodies: list[Any]) -> list[tuple[str, str, str]]:
    """What happened to which vote; ids of records differ from run to run."""
    return sorted(
        (body["vote"]["voteId"], body["type"], json.dumps(body["vote"]["answers"]))
        for body in bodies
    )
