"""votepipe/model/events.py: what plugins read."""

import copy
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from votepipe.model.errors import InvalidEvent
from votepipe.model.events import Event, ScheduledEvent

BUS = Path(__file__).parents[3] / "events/bus"


def envelope(name: str) -> dict:
    return json.loads((BUS / f"{name}.json").read_text(encoding="utf-8"))


def test_an_event_reads_as_its_json_says():
    event = Event.from_envelope(envelope("changed-mind"))

    assert event.id == envelope("changed-mind")["detail"]["eventID"]
    assert event.type == "VoteChanged"
    assert event.time == datetime(2026, 1, 4, 10, 1, 58, tzinfo=UTC)
    assert event.version == 1
    assert event.sequence == 4421584500000000017450439203
    assert event.stream == "2026-01-01T00:00:00.000"
    assert event.changes == {"voteType": {"from": "thumbsup", "to": "thumbsdown"}}
    assert event.enrichment["article"]["title"] == "Using DynamoDB streams"
    assert event.reasons == ()


def test_events_sort_by_stream_then_by_sequence_then_as_settled():
    made = [
        Event.from_detail(envelope(name)["detail"] | {"sequence": sequence, "stream": stream})
        for stream in ("", "2026-01-04T10:00:00.12", "2026-01-04T10:00:00.123", "2026-02")
        for sequence in ("0", "9", "10", "9" * 40)
        for name in ("changed-mind", "settled")
    ]

    assert sorted(made, key=lambda event: event.sort_key) == made
    assert len({event.sort_key for event in made}) == len(made)


def test_an_event_without_a_stream_sorts_as_the_keys_that_were_stored_before_streams_counted():
    detail = envelope("changed-mind")["detail"]
    del detail["stream"]

    assert Event.from_detail(detail).sort_key == "0000000000004421584500000000017450439203"


def test_a_vote_reads_as_its_json_says():
    vote = Event.from_envelope(envelope("map-answers")).vote

    assert vote.widget_id == "docs-feedback"
    assert vote.vote_id == "9b2f9a34-1d0b-4a3c-9d1e-52c1a0c7be10"
    assert vote.vote_type == "thumbsup"
    assert vote.instance_of_joy == "using-dynamodb-streams"
    assert vote.voter == "reader@example.com"
    assert vote.answers["field_3"] == ("text", "video")
    assert vote.created_at == datetime(2026, 1, 4, 12, 0, 0, 250_000, tzinfo=UTC)
    assert vote.complete is True


def test_what_is_not_known_is_none():
    vote = Event.from_envelope(envelope("upsert")).vote

    assert (vote.instance_of_joy, vote.voter, vote.created_at) == (None, None, None)
    assert vote.complete is False


def test_a_rejection_has_reasons_and_no_vote_type():
    event = Event.from_envelope(envelope("malformed"))

    assert "voter: not text" in event.reasons
    assert event.vote.vote_type is None
    assert event.vote.answers == {}


def test_unknown_changes_are_none():
    assert Event.from_envelope(envelope("new-image-only")).changes is None


def test_nothing_of_an_event_can_be_changed():
    event = Event.from_envelope(envelope("map-answers"))

    with pytest.raises(dataclasses.FrozenInstanceError):
        event.type = "VoteCast"
    with pytest.raises(TypeError):
        event.vote.answers["field_1"] = "other"
    with pytest.raises(TypeError):
        event.detail["vote"]["voter"] = "other"


def test_the_detail_can_be_written_again():
    message = envelope("map-answers")

    written = json.dumps(Event.from_envelope(message).detail, default=dict)

    assert json.loads(written) == message["detail"]


@pytest.mark.parametrize("name", sorted(path.stem for path in BUS.glob("*.json")))
def test_every_sample_can_be_read(name):
    event = Event.from_envelope(envelope(name))

    assert event.type == envelope(name)["detail-type"]


@pytest.mark.parametrize(
    "change",
    [
        {"eventID": None},
        {"time": "noon"},
        {"time": "2026-01-04T10:00:03"},
        {"time": 5},
        {"sequence": "x"},
        {"sequence": None},
        {"stream": None},
        {"stream": 5},
        {"stream": "né"},
        {"vote": None},
        {"vote": []},
        {"vote": {"answers": []}},
        {"vote": {"createdAt": "yesterday"}},
        {"changes": ["voter"]},
        {"enrichment": "none"},
        {"reasons": 5},
    ],
)
def test_what_is_not_an_event_is_refused_without_quoting_it(change):
    detail = copy.deepcopy(envelope("first-write")["detail"])
    detail |= change
    if change == {"eventID": None}:
        del detail["eventID"]

    with pytest.raises(InvalidEvent) as caught:
        Event.from_detail(detail)

    assert "Compare it with schemas/." in str(caught.value)
    assert "reader@example.com" not in str(caught.value)


def test_an_event_nested_without_end_is_refused():
    detail = envelope("first-write")["detail"]
    for _ in range(5000):
        detail["enrichment"] = {"more": detail["enrichment"]}

    with pytest.raises(InvalidEvent):
        Event.from_detail(detail)


@pytest.mark.parametrize("message", [None, [], "text", {}, {"detail": "text"}, {"detail": None}])
def test_what_is_no_envelope_is_refused(message):
    with pytest.raises(InvalidEvent, match="no 'detail' object"):
        Event.from_envelope(message)


AT_EIGHT = {"source": "aws.scheduler", "time": "2026-01-04T08:00:00Z"}


def test_a_message_of_a_schedule_is_a_scheduled_event() -> None:
    event = ScheduledEvent.from_message(AT_EIGHT)

    assert event == ScheduledEvent(time=datetime(2026, 1, 4, 8, tzinfo=UTC))


def test_its_id_is_the_same_however_the_time_is_written() -> None:
    event = ScheduledEvent.from_message(AT_EIGHT | {"time": "2026-01-04T09:00:00.000+01:00"})

    assert event is not None
    assert event.id == "2026-01-04T08:00:00Z"


def test_scheduled_events_follow_each_other() -> None:
    first = ScheduledEvent(time=datetime(2026, 1, 4, 8, tzinfo=UTC))
    second = ScheduledEvent(time=datetime(2026, 1, 5, 8, tzinfo=UTC))

    assert second.sequence - first.sequence == 86_400


@pytest.mark.parametrize("message", [{"source": "votepipe"}, {}, [], "text", None])
def test_other_messages_are_none(message: object) -> None:
    assert ScheduledEvent.from_message(message) is None


@pytest.mark.parametrize("time", ["<aws.scheduler.scheduled-time>", "", None, 8])
def test_a_message_without_a_time_is_refused(time: object) -> None:
    with pytest.raises(InvalidEvent, match="no time"):
        ScheduledEvent.from_message(AT_EIGHT | {"time": time})
