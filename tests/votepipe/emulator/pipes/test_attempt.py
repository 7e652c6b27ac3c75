"""votepipe/emulator/pipes/attempt.py: one attempt, and what it says of it."""

import pytest

from votepipe.emulator.pipes.attempt import Attempts, Interrupted, Trace, reason_of
from votepipe.emulator.pipes.records import Held
from votepipe.model.errors import VotepipeError


@pytest.fixture
def attempts(harness, make):
    trace = Trace(make.pipe, "shard-1", lambda: harness.now, harness.hops.append)
    return Attempts(make.pipe, harness, trace)


def held(make, *numbers):
    return tuple(Held.of(each, arrived=make.start) for each in make.records(*numbers))


def ids(batch):
    return [each.event_id for each in batch]


def test_nothing_is_left_when_all_arrived(attempts, make):
    assert attempts.attempt(held(make, 1, 2)) == ((), "")


def test_what_the_bus_refused_is_left_with_the_reason(attempts, harness, make):
    harness.puts.append(make.failing("e2"))

    again, reason = attempts.attempt(held(make, 1, 2, 3))

    assert (ids(again), reason) == (["e2"], "The bus answered 'Throttled'.")


def test_all_is_left_when_a_refused_item_names_no_record(attempts, harness, make):
    harness.enrichments.append([make.event(make.record(1)) | {"eventID": "other"}])
    harness.puts.append(make.failing("other"))

    again, _ = attempts.attempt(held(make, 1, 2))

    assert ids(again) == ["e1", "e2"]


def test_two_items_of_one_record_leave_it_once(attempts, harness, make):
    harness.enrichments.append([make.event(make.record(1))] * 2)
    harness.puts.append(make.failing("e1"))

    again, _ = attempts.attempt(held(make, 1))

    assert ids(again) == ["e1"]


def test_an_eventid_that_is_no_text_names_no_record(attempts, harness, make):
    harness.enrichments.append([make.event(make.record(1)) | {"eventID": ["e1"]}])

    assert attempts.attempt(held(make, 1)) == ((), "")


@pytest.mark.parametrize("error", [Interrupted("away"), KeyError("x")])
def test_what_the_enrichment_raises_goes_through(attempts, harness, make, error):
    harness.enrichments.append(error)

    with pytest.raises(type(error)):
        attempts.attempt(held(make, 1))


def test_large_items_go_in_several_requests(attempts, harness, make):
    harness.enrichments.append(
        lambda records: [make.event(each) | {"text": "x" * 400_000} for each in records]
    )

    attempts.attempt(held(make, 1, 2, 3))

    assert harness.requests == [["e1", "e2"], ["e3"]]
    assert harness.names("put") == ["e1", "e2", "e3"]


def test_records_that_came_back_without_an_item_are_traced_as_skipped(attempts, harness, make):
    harness.enrichments.append([make.event(make.record(2))])

    attempts.attempt(held(make, 1, 2))

    assert (harness.names("skipped"), harness.names("enriched")) == (["e1"], ["e2"])


def test_nobody_can_say_what_was_skipped_when_an_item_names_no_record(attempts, harness, make):
    harness.enrichments.append([{"type": "Odd", "time": "2026-01-04T10:00:00Z"}])

    attempts.attempt(held(make, 1, 2))

    assert (harness.names("skipped"), harness.names("enriched")) == ([], ["e1", "e2"])


def test_only_our_own_errors_are_quoted():
    assert reason_of(VotepipeError("A fact.")) == "A fact."
    assert reason_of(KeyError("reader@example.com")) == "KeyError"
