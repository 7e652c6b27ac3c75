"""Every sink renders what the enrichment makes of any record: no exception, no dead letter."""

import json
import os
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.enrichment import handler
from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

RECORDS = int(os.environ.get("VOTEPIPE_RECORDS", "30000")) // 100
SHOWING = ("slack", "email", "webhook")


def rendered(records: Iterable[Any]) -> Pipeline:
    """A pipeline in which every sink got the events of these records, each of a vote of its own."""
    personal = {"webhook": {"personal": True}}
    with Pipeline(fill_secrets=True, settings=personal) as pipeline:
        bus, events = pipeline.client("events"), pipeline.resources.ref("VotesBus")
        for number, record in enumerate(records):
            for event in handler([record], None):
                detail = event | {"eventID": f"e{number}"}
                detail["vote"] = event["vote"] | {"widgetId": "w", "voteId": f"v{number}"}
                entry = {"Source": "votepipe", "DetailType": event["type"]}
                entry |= {"Detail": json.dumps(detail), "EventBusName": events}
                (result,) = bus.put_events(Entries=[entry])["Entries"]
                assert "EventId" in result
            pipeline.advance(seconds=1)
        pipeline.run_until_idle()
        return pipeline


def failures(pipeline: Pipeline) -> list[Any]:
    """Calls of functions that failed, and what no sink took."""
    failed = [(hop.where, hop.facts) for hop in pipeline.trace.hops if hop.what == "failed"]
    return failed + [(each.queue, each.reason, each.body) for each in pipeline.dead_letters()]


def test_every_event_is_rendered(fuzzed: Callable[[random.Random], Any], valid_events: Any) -> None:
    source = random.Random(os.environ.get("VOTEPIPE_SEED", "votes"))
    pipeline = rendered(fuzzed(source) for _ in range(RECORDS))

    assert failures(pipeline) == []
    for sink in SHOWING:
        assert len(pipeline.sent(sink)) > RECORDS // 4


@settings(max_examples=5)
@given(st.lists(st.randoms(use_true_random=False), max_size=5))
def test_hypothesis_finds_none_that_is_not(fuzzed: Any, sources: list[random.Random]) -> None:
    assert failures(rendered(fuzzed(source) for source in sources)) == []
