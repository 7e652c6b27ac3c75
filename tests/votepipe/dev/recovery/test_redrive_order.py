"""votepipe/dev/recovery/redrive.py: many votes at once arrive in order, each one's events."""

from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.recovery import received
from votepipe.dev.recovery.redrive import DeadLetters
from votepipe.testing import Answer, Pipeline

VOTES, CHANGES = 100, 4


@pytest.mark.slow
def test_a_hundred_votes_arrive_each_in_the_order_of_its_events(
    deployed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    live = {"webhook": {"live": True}}
    with Pipeline(sinks=["webhook", "settle"], fill_secrets=True, settings=live) as pipeline:
        clock = SimpleNamespace(sleep=lambda seconds: pipeline.advance(seconds=seconds))
        monkeypatch.setattr(received, "time", clock)
        pipeline.serve("webhook", lambda _: Answer(status=404))
        for number in range(VOTES):
            for change in range(CHANGES):
                kind = "thumbsdown" if change % 2 else "thumbsup"
                pipeline.put({"widgetId": "w", "voteId": f"v{number}", "voteType": kind})
                pipeline.advance(seconds=1)
        pipeline.run_until_idle()
        pipeline.serve("webhook", lambda _: Answer())
        pipeline.reorder(seed=1)
        pipeline.latency(0.1, 0.5)  # functions that run at one time take turns

        with DeadLetters(deployed(pipeline), "webhook") as letters:
            letters.send(letters.pace)
        pipeline.run_until_idle()

        orders = defaultdict[str, list[tuple[int, bool]]](list)
        for message in pipeline.sent("webhook"):
            body = message.body
            settled = body["type"] == "VoteSettled"  # it comes after the change of its number
            orders[body["vote"]["voteId"]].append((int(body["sequence"]), settled))
        assert letters.sent == VOTES * (CHANGES + 1)
        assert pipeline.dead_letters() == []
        assert [len(each) for each in orders.values()] == [CHANGES + 1] * VOTES
        assert [vote for vote, order in orders.items() if order != sorted(order)] == []
