"""votepipe/emulator/pipes/entries.py: from the enrichment's answer to PutEvents."""

from dataclasses import replace

import pytest

from votepipe.emulator.pipes.entries import (
    AnswerError,
    EntryError,
    EntryMaker,
    items_of,
    requests,
    size_of,
)

ITEM = {"eventID": "e1", "type": "VoteCast", "time": "2026-01-04T10:00:00Z", "text": "ž"}


@pytest.mark.parametrize("answer", ["", {}, []])
def test_an_empty_answer_has_no_items(answer):
    assert items_of(answer) == []


def test_an_array_gives_its_items():
    assert items_of([{}, {"a": 1}]) == [{}, {"a": 1}]


def test_an_object_is_one_item():
    assert items_of({"a": 1}) == [{"a": 1}]


@pytest.mark.parametrize("answer", [None, 0, False, "text", 1.5])
def test_refuses_an_answer_that_is_neither(answer):
    with pytest.raises(AnswerError, match="neither an array nor an object"):
        items_of(answer)


def test_refuses_more_items_than_a_bus_takes():
    assert len(items_of([{}] * 10)) == 10
    with pytest.raises(AnswerError, match="returned 11 items; a bus takes 10"):
        items_of([{}] * 11)


def test_an_entry_reads_its_parameters_from_the_item(make):
    entry = EntryMaker(make.pipe).entry(ITEM)

    assert entry == {
        "EventBusName": make.pipe.bus_arn,
        "Source": "votepipe",
        "DetailType": "VoteCast",
        "Time": "2026-01-04T10:00:00Z",
        "Detail": '{"eventID":"e1","type":"VoteCast","time":"2026-01-04T10:00:00Z","text":"ž"}',
    }


def test_resources_are_static_or_read(make):
    pipe = replace(make.pipe, time=None, resources=("arn:aws:x", "$.eventID"))

    assert EntryMaker(pipe).entry(ITEM)["Resources"] == ["arn:aws:x", "e1"]


def test_without_a_time_parameter_the_entry_has_none(make):
    assert "Time" not in EntryMaker(replace(make.pipe, time=None)).entry(ITEM)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"time": "2026-01-04T10:00:00Z"}, r"nothing at '\$\.type'"),
        (ITEM | {"type": 7}, "'DetailType' is no text"),
        (ITEM | {"type": ""}, "'DetailType' is no text"),
        (ITEM | {"time": "yesterday"}, "no RFC 3339 time"),
        (ITEM | {"time": "2026-01-04"}, "no RFC 3339 time"),
        (ITEM | {"time": "2026-13-04T10:00:00Z"}, "no RFC 3339 time"),
        (ITEM | {"time": "2026-01-04T10:00:00"}, "no RFC 3339 time"),
        (ITEM | {"time": 1767520800}, "no RFC 3339 time"),
        (ITEM | {"text": "x" * 1_000_000}, "larger than the 1 MB"),
        ("text", "no JSON object"),
        (None, "no JSON object"),
    ],
)
def test_says_why_an_item_is_no_event(make, item, text):
    with pytest.raises(EntryError, match=text):
        EntryMaker(make.pipe).entry(item)


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-01-04t10:00:00.25z", "2026-01-04T10:00:00.25Z"),
        ("2026-01-04T10:00:00+01:00", "2026-01-04T09:00:00Z"),
    ],
)
def test_takes_every_form_of_rfc_3339(make, time, utc):
    assert EntryMaker(make.pipe).entry(ITEM | {"time": time})["Time"] == utc


def entry(size, **more):
    return {"Source": "s", "DetailType": "t", "Detail": "x" * (size - 2), **more}


def test_sizes_count_bytes_times_and_resources():
    assert size_of(entry(10)) == 10
    assert size_of(entry(10, Time="2026-01-04T10:00:00Z")) == 24
    assert size_of(entry(10, Resources=["žž"])) == 14


def test_small_entries_share_a_request():
    entries = [entry(100)] * 10

    assert list(requests(entries)) == [entries]


def test_no_request_is_over_one_megabyte_and_order_is_kept():
    entries = [entry(400_000, EventBusName=str(number)) for number in range(5)]

    assert [[each["EventBusName"] for each in request] for request in requests(entries)] == [
        ["0", "1"],
        ["2", "3"],
        ["4"],
    ]


def test_nothing_makes_no_request():
    assert list(requests([])) == []
