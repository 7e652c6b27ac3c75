"""votepipe/dev/console/entries.py: traces and log lines as entries."""

import re
from typing import Any

import pytest

from votepipe.dev.console import entries

TRACE = {"time": 1764000000.5, "eventID": "e-1", "keys": {"widgetId": "w", "voteId": "v"}}


@pytest.mark.parametrize(
    ("hop", "stage", "state"),
    [
        ("passed", "filter", "passed"),
        ("filtered", "filter", "stopped"),
        ("enriched", "enrichment", "passed"),
        ("skipped", "enrichment", "stopped"),
        ("put", "bus", "passed"),
        ("retried", "enrichment", "waiting"),
        ("bisected", "enrichment", "waiting"),
        ("dead-lettered", "dead letter", "failed"),
        ("dropped", "dead letter", "failed"),
    ],
)
def test_each_hop_of_the_pipe_has_its_stage(hop: str, stage: str, state: str) -> None:
    found = entries.from_trace({**TRACE, "hop": hop})

    assert (found.stage, found.state) == (stage, state)


def test_a_trace_keeps_time_event_and_type() -> None:
    found = entries.from_trace({**TRACE, "hop": "put", "type": "VoteCast"})

    assert (found.at, found.event_id, found.type) == ("2025-11-24T16:00:00.500Z", "e-1", "VoteCast")


def test_a_retry_says_why_and_how_long() -> None:
    found = entries.from_trace({**TRACE, "hop": "retried", "reason": "It broke.", "wait": 2.0})

    assert found.text == "tried again later: It broke."
    assert found.facts == {"wait": 2.0}


def test_what_the_bus_refused_is_tried_again_at_the_bus() -> None:
    found = entries.from_trace({**TRACE, "hop": "retried", "reason": "The bus answered 'Busy'."})

    assert found.stage == "bus"


@pytest.mark.parametrize("trace", [{}, {"hop": "unheard of"}, {"hop": None}])
def test_a_trace_without_a_known_hop_is_passed_over(trace: dict[str, Any]) -> None:
    assert entries.from_trace(trace) is None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("delivered", "passed"),
        ("skipped", "stopped"),
        ("later", "waiting"),
        ("retried", "waiting"),
        ("undeliverable", "failed"),
    ],
)
def test_each_outcome_of_a_sink_has_its_state(outcome: str, state: str) -> None:
    line = {"message": "said", "eventId": "e-1", "sink": "slack", "outcome": outcome}

    (found,) = entries.from_line(line, at="2026-01-01T00:00:00Z")

    assert (found.stage, found.state) == ("sink", state)


def test_a_line_has_sink_reason_and_facts() -> None:
    line = {
        "level": "ERROR",
        "message": "moved to dead letters",
        "timestamp": "2026-01-01T00:00:01.250+00:00",
        "eventId": "e-1",
        "sink": "slack",
        "attempt": 3,
        "outcome": "undeliverable",
        "milliseconds": 12,
        "why": "hooks.slack.com answered 404 Not Found.",
        "Undeliverable": 1,
        "_aws": {},
    }

    (found,) = entries.from_line(line, at="2026-01-01T00:00:09Z")

    assert found.text == ("slack: moved to dead letters: hooks.slack.com answered 404 Not Found.")
    assert found.at == "2026-01-01T00:00:01.250Z"
    assert found.facts == {"sink": "slack", "attempt": 3, "milliseconds": 12}


def test_a_line_about_a_batch_is_an_entry_for_each_event() -> None:
    line = {
        "message": "delivered",
        "outcome": "delivered",
        "sink": "slack",
        "eventId": ["e-1", "e-2"],
        "messageId": ["m-1", "m-2"],
        "attempt": [1, 3],
    }

    found = entries.from_line(line, at="2026-01-01T00:00:00Z")

    assert [(each.event_id, each.facts["attempt"]) for each in found] == [("e-1", 1), ("e-2", 3)]


def test_a_line_beside_the_outcome_is_a_note() -> None:
    line = {"level": "ERROR", "message": "delivered but not marked", "eventId": "e-1"}

    (found,) = entries.from_line(line, at="2026-01-01T00:00:00Z")

    assert (found.stage, found.state) == ("note", "failed")


def test_an_enricher_that_is_left_out_is_named_with_its_reason() -> None:
    line = {"level": "WARNING", "message": "enricher left out", "eventId": "e-1"}
    line |= {"enricher": "mood", "why": "KeyError in enrichers/mood.py, line 9."}

    (found,) = entries.from_line(line, at="2026-01-01T00:00:00Z")

    assert (found.stage, found.state, found.event_id) == ("note", "passed", "e-1")
    assert found.text == "mood: enricher left out: KeyError in enrichers/mood.py, line 9."


def test_a_batch_line_of_the_enrichment_lists_each_rejection() -> None:
    rejected = [
        {"eventId": "e-1", "reasons": ["voteType: missing", "answers: too long"]},
        {"eventId": "e-2", "reasons": []},
        "not an object",
    ]

    found = entries.from_line({"message": "Records enriched", "rejected": rejected}, at="")

    assert [(hop.event_id, hop.type, hop.state) for hop in found] == [
        ("e-1", "VoteRejected", "failed"),
        ("e-2", "VoteRejected", "failed"),
    ]
    assert found[0].text == "rejected: voteType: missing; answers: too long"


@pytest.mark.parametrize("line", [{}, {"eventId": "e-1"}, {"message": "no event"}])
def test_a_line_that_is_about_no_event_is_passed_over(line: dict[str, Any]) -> None:
    assert entries.from_line(line, at="2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        ("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(value: Any, text: str) -> None:
    assert entries.utc(value) == text


@pytest.mark.parametrize("value", [None, "yesterday", 1e300, [], float("nan")])
def test_what_is_no_time_becomes_now(value: Any) -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entries.utc(value))
