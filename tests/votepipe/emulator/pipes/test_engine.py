"""votepipe/emulator/pipes/engine.py.

Batches, windows, filters and checkpoints while all goes well.
"""

import pytest


def test_nothing_is_due_before_something_is_offered(harness):
    assert harness.lane().step() is None


def test_records_go_through_enrichment_and_bus(harness, make):
    lane = harness.lane()

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.enriched == [["e1", "e2"]]
    assert harness.put == ["e1", "e2"]


def test_the_enrichment_gets_the_bare_records(harness, make):
    lane = harness.lane()
    seen = []
    harness.enrichments.append(lambda records: seen.extend(records) or [])

    lane.offer(make.records(1))
    harness.run(lane)

    assert seen == make.records(1)


def test_without_enrichment_the_records_are_the_events(harness, make):
    lane = harness.lane(enrichment_arn=None, detail_type="$.eventName", time=None)

    lane.offer(make.records(1))
    harness.run(lane)

    assert harness.enriched == []
    assert [entry["DetailType"] for entry in harness.entries] == ["INSERT"]


def test_a_batch_has_at_most_the_batch_size(harness, make):
    lane = harness.lane(batch_size=2)

    lane.offer(make.records(1, 2, 3, 4, 5))
    harness.run(lane)

    assert harness.enriched == [["e1", "e2"], ["e3", "e4"], ["e5"]]


def test_without_a_window_a_batch_closes_with_what_is_there(harness, make):
    lane = harness.lane(window=0)

    lane.offer(make.records(1))

    assert lane.step() is None
    assert harness.put == ["e1"]


def test_a_window_holds_a_batch_until_it_ends(harness, make):
    lane = harness.lane(window=60)

    lane.offer(make.records(1))
    harness.now += 59
    lane.offer(make.records(2))

    assert lane.step() == make.start + 60
    assert harness.enriched == []
    harness.now += 1
    assert lane.step() is None
    assert harness.enriched == [["e1", "e2"]]


def test_a_full_batch_does_not_wait_for_its_window(harness, make):
    lane = harness.lane(window=60, batch_size=2)

    lane.offer(make.records(1, 2, 3))

    assert lane.step() == make.start + 60
    assert harness.enriched == [["e1", "e2"]]


def test_six_megabytes_close_a_batch(harness, make):
    lane = harness.lane(window=60)

    lane.offer([make.record(number, text="x" * 2_500_000) for number in (1, 2, 3)])
    lane.step()

    assert harness.enriched == [["e1", "e2"]]


def test_one_step_makes_one_attempt(harness, make):
    lane = harness.lane(batch_size=1)
    lane.offer(make.records(1, 2))

    due = lane.step()

    assert harness.enriched == [["e1"]]
    assert due <= harness.now


def test_what_no_filter_lets_through_is_skipped(harness, make):
    lane = harness.lane(filters=make.only_inserts)

    lane.offer([make.record(1), make.record(2, name="REMOVE"), make.record(3)])
    harness.run(lane)

    assert harness.put == ["e1", "e3"]


@pytest.mark.parametrize("nothing", ["", {}, []])
def test_an_empty_answer_settles_the_batch_without_events(harness, make, nothing):
    lane = harness.lane()
    harness.enrichments.append(nothing)

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.requests == []
    assert lane.checkpoint == "2"


def test_an_empty_object_in_the_array_is_an_event(harness, make):
    lane = harness.lane(detail_type="Empty", time=None)
    harness.enrichments.append([{}])

    lane.offer(make.records(1))
    harness.run(lane)

    assert [entry["Detail"] for entry in harness.entries] == ["{}"]


def test_a_single_object_is_one_event(harness, make):
    lane = harness.lane()
    harness.enrichments.append(make.event(make.record(1)))

    lane.offer(make.records(1, 2))
    harness.run(lane)

    assert harness.requests == [["e1"]]


class TestCheckpoint:
    def test_stands_where_it_was_before_anything_is_settled(self, harness, make):
        lane = harness.lane(checkpoint="7")

        lane.offer(make.records(8))

        assert lane.checkpoint == "7"

    def test_moves_with_each_settled_batch(self, harness, make):
        lane = harness.lane(batch_size=2)
        lane.offer(make.records(1, 2, 3))

        lane.step()

        assert lane.checkpoint == "2"

    def test_stays_while_a_part_of_the_batch_is_outstanding(self, harness, make):
        lane = harness.lane()
        harness.puts.append(make.failing("e2"))
        lane.offer(make.records(1, 2, 3))

        lane.step()

        assert harness.put == ["e1", "e3"]
        assert lane.checkpoint is None

    def test_moves_past_skipped_records_at_once_when_nothing_is_held(self, harness, make):
        lane = harness.lane(filters=make.only_inserts)

        lane.offer([make.record(1, name="REMOVE"), make.record(2, name="REMOVE")])

        assert lane.checkpoint == "2"
        assert lane.idle

    def test_moves_past_skipped_records_with_those_before_them(self, harness, make):
        lane = harness.lane(filters=make.only_inserts)
        lane.offer([make.record(1), make.record(2, name="REMOVE")])

        before = lane.checkpoint
        lane.step()

        assert (before, lane.checkpoint) == (None, "2")

    def test_moves_past_records_skipped_while_a_batch_is_in_hand(self, harness, make):
        lane = harness.lane(filters=make.only_inserts)
        harness.enrichments.append(RuntimeError())
        lane.offer(make.records(1))
        lane.step()

        lane.offer([make.record(2, name="REMOVE")])
        harness.run(lane)

        assert lane.checkpoint == "2"

    def test_a_new_lane_goes_on_from_it(self, harness, make):
        first = harness.lane(batch_size=2)
        first.offer(make.records(1, 2, 3, 4))
        first.step()

        second = harness.lane(checkpoint=first.checkpoint, batch_size=2)
        second.offer(make.records(3, 4))
        harness.run(second)

        assert harness.put == ["e1", "e2", "e3", "e4"]


def test_is_hungry_until_a_batch_could_be_made(harness, make):
    lane = harness.lane(batch_size=2)

    lane.offer(make.records(1))
    one = lane.hungry
    lane.offer(make.records(2))

    assert (one, lane.hungry) == (True, False)


def test_is_idle_once_all_is_settled(harness, make):
    lane = harness.lane()

    lane.offer(make.records(1))
    held = lane.idle
    harness.run(lane)

    assert (held, lane.idle) == (False, True)


def test_the_trace_tells_every_hop(harness, make):
    lane = harness.lane(filters=make.only_inserts)
    harness.enrichments.append([make.event(make.record(1))])
    lane.offer([make.record(1), make.record(2, name="REMOVE"), make.record(3)])

    harness.run(lane)

    assert [(each["hop"], each["sequence"]) for each in harness.hops] == [
        ("passed", "1"),
        ("filtered", "2"),
        ("passed", "3"),
        ("enriched", "1"),
        ("skipped", "3"),
        ("put", "1"),
    ]
    assert harness.hops[-1] == {
        "hop": "put",
        "time": make.start,
        "pipe": "votes",
        "shard": "shard-1",
        "eventID": "e1",
        "keys": {"widgetId": "w", "voteId": "v1"},
        "sequence": "1",
        "type": "VoteCast",
        "busEventID": "b-e1",
    }
