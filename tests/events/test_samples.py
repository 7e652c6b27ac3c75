"""events/: both folders hold together, and with the schemas."""

import json
from pathlib import Path

import jsonschema
import pytest

from enrichers import article, questions, reader
from votepipe import enrichment
from votepipe.enrichment import handler
from votepipe.enrichment.run import Enriching
from votepipe.project import schemas

EVENTS = Path(__file__).parents[2] / "events"
STREAM = sorted(path.stem for path in EVENTS.glob("stream/*.json"))
BUS = sorted(path.stem for path in EVENTS.glob("bus/*.json"))
SILENT = {"expired", "nothing-changed"}
SCHEMAS = {
    "VoteCast": "vote-cast.v1",
    "VoteChanged": "vote-changed.v1",
    "VoteWithdrawn": "vote-withdrawn.v1",
    "VoteSettled": "vote-settled.v1",
    "VoteRejected": "vote-rejected.v1",
}


def load(name: str):
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def shipped_enrichers(monkeypatch):
    """The samples know of no enricher that was dropped in."""
    shipped = [each.enrich.enricher for each in (article, questions, reader)]
    monkeypatch.setattr(enrichment, "ENRICHING", Enriching(shipped))


@pytest.mark.parametrize("name", [name for name in BUS if name != "settled"])
def test_the_stream_sample_makes_the_bus_sample(name):
    assert handler(load(f"stream/{name}"), None) == [load(f"bus/{name}")["detail"]]


@pytest.mark.parametrize("name", BUS)
def test_a_bus_sample_is_valid(name):
    envelope = load(f"bus/{name}")
    schema = schemas.load(SCHEMAS[envelope["detail-type"]])

    jsonschema.validate(envelope["detail"], schema)
    assert envelope["source"] == "votepipe"
    assert envelope["detail-type"] == envelope["detail"]["type"]


def test_every_stream_sample_is_on_the_bus_or_known_to_be_silent():
    assert set(STREAM) - set(BUS) == SILENT | {"story"}


@pytest.mark.parametrize("name", sorted(SILENT))
def test_a_silent_sample_makes_no_event(name):
    assert handler(load(f"stream/{name}"), None) == []


def test_every_type_of_event_has_a_sample():
    assert {load(f"bus/{name}")["detail-type"] for name in BUS} == set(SCHEMAS)


def test_the_story_is_one_readers_vote_in_order():
    chapters = ["first-write", "answer-1", "answer-2", "changed-mind"]

    assert load("stream/story") == [load(f"stream/{name}")[0] for name in chapters]


def test_the_settled_sample_ends_the_story():
    settled = load("bus/settled")["detail"]

    assert settled["vote"] == load("bus/changed-mind")["detail"]["vote"]
    assert settled["sequence"] == load("bus/changed-mind")["detail"]["sequence"]
    assert settled["stream"] == load("bus/changed-mind")["detail"]["stream"]
    assert settled["enrichment"] == load("bus/changed-mind")["detail"]["enrichment"]


def test_the_story_has_words_for_its_questions_and_a_title():
    added = load("bus/changed-mind")["detail"]["enrichment"]

    assert added["questions"]["labels"].keys() == {"field_1", "field_2"}
    assert added["article"]["title"] == "Using DynamoDB streams"
