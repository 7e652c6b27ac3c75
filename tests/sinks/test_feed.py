"""sinks/feed.py: other teams get each event in public form, and nothing of a reader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sinks.feed import Settings, public, reader
from votepipe import Event, Secret
from votepipe.testing import Pipeline

KEY = "r1:" + "k" * 32
SAMPLES = {
    path.stem: json.loads(path.read_text())
    for path in sorted(Path("events/bus").glob("*.json"))
    if "VoteRejected" not in path.read_text()
}
SCHEMAS = {
    schema["properties"]["type"]["const"]: schema
    for schema in (json.loads(path.read_text()) for path in Path("schemas").glob("vote-*.json"))
}


def settings(key: str = KEY, **more: Any) -> Settings:
    return Settings(reader_key=Secret(key), **more)


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """The pipeline with settled votes and the feed."""
    with Pipeline(sinks=["settle", "feed"], settings={"feed": {"reader_key": KEY}}) as made:
        yield made


def vote(**more: Any) -> dict[str, Any]:
    return {
        "widgetId": "docs",
        "voteId": "v1",
        "voteType": "thumbsup",
        "voter": "ann@example.com",
        "answers": json.dumps({"favourite_colour": "Octarine"}),
    } | more


@pytest.mark.parametrize("name", SAMPLES)
def test_a_public_event_fits_its_schema(name: str) -> None:
    event = Event.from_envelope(SAMPLES[name])

    sent = json.loads(json.dumps(public(event, settings()), default=dict))

    jsonschema.validate(sent, SCHEMAS[event.type])


def test_the_feed_carries_each_event_without_its_reader(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.put(vote(voteType="thumbsdown", voter="bob@example.com"))
    pipeline.run_until_idle()
    pipeline.remove(vote())
    pipeline.run_until_idle()

    sent = pipeline.events(bus="FeedBus")
    assert [(event["source"], event["detail-type"]) for event in sent] == [
        ("votepipe.feed", "VoteCast"),
        ("votepipe.feed", "VoteChanged"),
        ("votepipe.feed", "VoteSettled"),
        ("votepipe.feed", "VoteWithdrawn"),
    ]
    text = json.dumps(sent)
    assert [each for each in ("ann", "bob", "favourite", "Octarine") if each in text] == []
    assert sent[1]["detail"]["changes"] == {
        "voteType": {"from": "thumbsup", "to": "thumbsdown"},
    }
    assert sent[0]["detail"]["vote"]["reader"] == reader("ann@example.com", KEY)


def test_a_rejected_record_stays_here(pipeline: Pipeline) -> None:
    pipeline.put(vote(voteType="sideways"))
    pipeline.run_until_idle()

    assert pipeline.events(bus="FeedBus") == []


def test_a_decision_lets_answers_and_facts_go() -> None:
    sample = SAMPLES["answer-2"]
    sample["detail"]["enrichment"] = {"article": {"title": "Streams"}, "reader": {"name": "Ann"}}
    event = Event.from_envelope(sample)

    sent = public(event, settings(answers=True, enrichment=("article",)))

    assert sent["vote"]["answers"] == event.vote.answers
    assert sent["changes"] == event.changes
    assert sent["enrichment"] == {"article": {"title": "Streams"}}
    assert "voter" not in sent["vote"]


def test_the_same_reader_stays_the_same_and_others_differ() -> None:
    readers = {reader(voter, KEY) for voter in ("ann@example.com", "Ann@example.com", "bob")}

    assert len(readers) == 3
    assert reader("bob", KEY) in readers
    assert all(len(each) == 29 and each.startswith("r1_") for each in readers)


def test_a_known_pseudonym() -> None:
    # HMAC-SHA256 by openssl: printf 'votepipe/voter\0bob' | openssl dgst -sha256 -hmac kkk… -binary
    assert reader("bob", KEY) == "r1_vlwxcri4qazlvh2hcorkgc7xog"


def test_a_vote_whose_reader_is_not_known_has_no_pseudonym() -> None:
    sample = json.loads(json.dumps(SAMPLES["answer-2"]))
    del sample["detail"]["vote"]["voter"]

    assert "reader" not in public(Event.from_envelope(sample), settings())["vote"]


def test_another_key_makes_another_pseudonym_with_its_own_beginning(pipeline: Pipeline) -> None:
    pipeline.put(vote())
    pipeline.run_until_idle()
    arn = pipeline.models.functions["FeedSink"].environment["FEED_SECRET_ARN"]
    pipeline.models.secrets.values[arn] = json.dumps({"reader_key": "r2:" + "n" * 32})
    pipeline.advance(minutes=10)  # a function keeps a secret for five
    pipeline.put(vote(voteId="v2"))
    pipeline.run_until_idle()

    casts = [
        event["detail"]["vote"]["reader"]
        for event in pipeline.events(bus="FeedBus")
        if event["detail-type"] == "VoteCast"
    ]
    assert [each[:3] for each in casts] == ["r1_", "r2_"]
    assert casts[0][3:] != casts[1][3:]


@pytest.mark.parametrize("key", ["k" * 40, "r1:short", "x1:" + "k" * 32])
def test_a_key_that_is_none_is_named_and_sends_nothing(key: str) -> None:
    with Pipeline(sinks=["feed"], settings={"feed": {"reader_key": key}}) as pipeline:
        pipeline.put(vote())
        pipeline.run_until_idle()

        assert pipeline.events(bus="FeedBus") == []
        (letter,) = pipeline.dead_letters("feed")
        assert "Secret 'reader_key'" in letter.reason
        assert "is not 'r1:' and 32 characters or more" in letter.reason
        assert key not in letter.reason
