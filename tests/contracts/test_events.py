"""What the kit sends, at each hop: valid by its schema, and of the type that consumers generate."""

import importlib.util
import json
import os
import sys
from collections import Counter
from types import ModuleType
from typing import Any

import pytest
import typeguard

from votepipe.project import checkout
from votepipe.testing import Pipeline

MODELS = checkout() / "examples" / "subscriber" / "models" / "votes.py"
KEY = "r1:" + "k" * 32
VOTES = int(os.environ.get("VOTEPIPE_VOTES", "600"))  # 10,000 in `make chaos`


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The types that the subscriber kit has."""
    spec = importlib.util.spec_from_file_location("votes", MODELS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "votes", module)  # where typeguard looks names up
    spec.loader.exec_module(module)
    return module


def vote(number: int, **more: Any) -> dict[str, Any]:
    """A stored vote; some have a reader, an instance, or answers of every kind."""
    answers = [{}, {"field_1": "more"}, {"field_1": ["a", 5, 0.5, True, None], "f": {"g": "✨"}}]
    known = {"voter": f"reader-{number}@example.com", "instanceOfJoy": "streams"}
    return {
        "widgetId": "docs",
        "voteId": f"{number:032x}",
        "voteType": "thumbsdown" if number % 3 else "thumbsup",
        "answers": json.dumps(answers[number % 3]),
        "complete": number % 2 == 0,
        **(known if number % 5 else {}),
        **more,
    }


def write(pipeline: Pipeline) -> None:
    """All votes are cast; some are changed, some withdrawn, some are not well-formed."""
    for first in range(0, VOTES, 100):
        for number in range(first, first + 100):
            pipeline.put(vote(number, **({"voteType": "sideways"} if number % 100 == 7 else {})))
            if number % 10 == 0:
                pipeline.put(vote(number, voteType="thumbsdown", instanceOfJoy="other"))
        pipeline.remove(vote(first + 1))
        pipeline.advance(seconds=2)
    pipeline.run_until_idle()


@pytest.mark.slow
def test_every_event_of_a_long_run_is_valid_at_every_hop(
    valid_events: list[str], models: ModuleType
) -> None:
    with Pipeline(sinks=["settle", "feed"], settings={"feed": {"reader_key": KEY}}) as pipeline:
        write(pipeline)
        feed = pipeline.events(bus="FeedBus")

    came = Counter(valid_events)
    rejected = VOTES // 100
    assert came["VotesBus VoteRejected"] == came["VotesBus VoteWithdrawn"] == rejected
    assert came["VotesBus VoteCast"] == VOTES - rejected
    assert came["VotesBus VoteSettled"] >= VOTES - 2 * rejected
    for kind in ("VoteCast", "VoteChanged", "VoteSettled", "VoteWithdrawn"):
        assert came[f"FeedBus {kind}"] == came[f"VotesBus {kind}"] > 0
    for event in feed:
        typeguard.check_type(event["detail"], getattr(models, event["detail-type"]))


def test_the_types_refuse_what_is_not_an_event(models: ModuleType) -> None:
    sample = checkout() / "examples" / "subscriber" / "tests" / "events" / "settled.json"
    detail = json.loads(sample.read_text())["detail"]
    typeguard.check_type(detail, models.VoteEvent)

    detail["vote"]["voteType"] = "sideways"
    with pytest.raises(typeguard.TypeCheckError, match="voteType"):
        typeguard.check_type(detail, models.VoteEvent)
