"""A table's stream is replaced by a later one, whose sequence numbers start lower."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from votepipe.emulator.http.slack import Slack
from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

VOTE = {"widgetId": "docs", "voteId": "one", "instanceOfJoy": "news"}
UP, DOWN = VOTE | {"voteType": "thumbsup"}, VOTE | {"voteType": "thumbsdown"}
SETTINGS = {
    "slack": {"bot_token": "xoxb-1", "channel": "C1", "webhook_url": None, "live": "true"},
    "webhook": {"live": "true"},
}
LABEL = "2026-01-04T10:30:00.123"


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """Sinks that remember what they delivered, for a while or for ever."""
    sinks = ["settle", "slack", "tally", "webhook"]
    with Pipeline(sinks=sinks, settings=SETTINGS, fill_secrets=True) as made:
        made.serve("slack", Slack())
        yield made


def replace_stream(pipeline: Pipeline) -> None:
    stream = pipeline.models.streams["VotesTable"]
    stream.arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/votes/stream/{LABEL}"
    stream.sequences = itertools.count(1)


def counts(pipeline: Pipeline) -> list[tuple[int, int]]:
    return [
        (int(item["up"]["N"]), int(item["down"]["N"]))
        for item in pipeline.items("TallyTable")
        if item["tally"]["S"] == "articles"
    ]


def skipped(pipeline: Pipeline) -> set[str]:
    """The sinks that skipped an event."""
    return {
        function.sink
        for function in pipeline.models.functions.values()
        for line in function.lines
        if line.get("outcome") == "skipped"
    }


def settled(pipeline: Pipeline) -> list[tuple[str, str]]:
    details: list[dict[str, Any]] = [each["detail"] for each in pipeline.events("VoteSettled")]
    return [(each["vote"]["voteType"], each.get("stream", "")) for each in details]


@pytest.mark.parametrize("known", [True, False])
def test_what_the_new_stream_brings_is_delivered_everywhere(
    pipeline: Pipeline, known: bool
) -> None:
    if not known:  # as in all that was stored before events had a stream
        pipeline.models.streams["VotesTable"].arn = ""
    pipeline.put(UP)
    pipeline.run_until_idle()
    replace_stream(pipeline)
    pipeline.put(DOWN)
    pipeline.run_until_idle()

    posted, *edited = (message.body for message in pipeline.sent("slack"))
    assert ["ts" in body for body in (posted, *edited)] == [False, True, True, True]
    assert ["👎" in body["text"] for body in (posted, *edited)] == [False, False, True, True]
    first, second = settled(pipeline)
    assert (first[0], bool(first[1])) == ("thumbsup", known)
    assert second == ("thumbsdown", LABEL)
    assert counts(pipeline) == [(0, 1)]
    assert len(pipeline.sent("webhook")) == 4
    assert skipped(pipeline) == set()
    assert pipeline.nothing_lost()


def test_a_rejection_names_the_stream_of_its_record(pipeline: Pipeline) -> None:
    replace_stream(pipeline)
    pipeline.put(VOTE | {"voteType": "sideways"})
    pipeline.run_until_idle()

    (rejected,) = pipeline.events("VoteRejected")
    assert (rejected["detail"]["stream"], rejected["detail"]["sequence"]) == (LABEL, "1")


def test_what_the_old_stream_brings_late_is_skipped(pipeline: Pipeline) -> None:
    for sink in ("SettleSink", "SlackSink", "TallySink"):
        pipeline.fail(sink)  # the message comes back after its queue's visibility time-out
    pipeline.put(UP)
    pipeline.advance(seconds=1)
    replace_stream(pipeline)
    pipeline.put(DOWN)
    pipeline.run_until_idle()

    assert settled(pipeline) == [("thumbsdown", LABEL)]
    assert counts(pipeline) == [(0, 1)]
    assert ["👎" in message.body["text"] for message in pipeline.sent("slack")] == [True, True]
    assert skipped(pipeline) == {"settle", "slack"}
    assert pipeline.nothing_lost()
