"""votepipe/emulator/pipes/engine.py.

Batches, windows, filters and checkpoints while all goes well.
"""

import pytest


def test_nothing_is_due_before_something_is_offered(world):
    assert world.lane().step() is None


def test_records_go_through_enrichment_and_bus(world, make):
    lane = world.lane()

    lane.offer(make.records(1, 2))
    world.run(lane)

    assert world.enriched == [["e1", "e2"]]
    assert world.put == ["e1", "e2"]


def test_the_enrichment_gets_the_bare_records(world, make):
    lane = world.lane()
    seen = []
    world.enrichments.append(lambda records: seen.extend(records) or [])

    lane.offer(make.records(1))
    world.run(lane)

    assert seen == make.records(1)


def test_without_enrichment_the_records_are_the_events(world, make):
    lane = world.lane(enrichment_arn=None, detail_type="$.eventName", time=None)

    lane.offer(make.records(1))
    world.run(lane)

    assert world.enriched == []
    assert [entry["DetailType"] for entry in world.entries] == ["INSERT"]


def test_a_batch_has_at_most_the_batch_size(world, make):
    lane = world.lane(batch_size=2)

    lane.offer(make.records(1, 2, 3, 4, 5))
    world.run(lane)

    assert world.enriched == [["e1", "e2"], ["e3", "e4"], ["e5"]]


def test_without_a_window_a_batch_closes_with_what_is_there(world, make):
    lane = world.lane(window=0)

    lane.offer(make.records(1))

    assert lane.step() is None
    assert world.put == ["e1"]


def test_a_window_holds_a_batch_until_it_ends(world, make):
    lane = world.lane(window=60)

    lane.offer(make.records(1))
    world.now += 59
    lane.offer(make.records(2))

    assert lane.step() == make.start + 60
    assert world.enriched == []
    world.now += 1
    assert lane.step() is None
    assert world.enriched == [["e1", "e2"]]


def test_a_full_batch_does_not_wait_for_its_window(world, make):
    lane = world.lane(window=60, batch_size=2)

    lane.offer(make.records(1, 2, 3))

    assert lane.step() == make.start + 60
    assert world.enriched == [["e1", "e2"]]


def test_six_megabytes_close_a_batch(world, make):
    lane = world.lane(window=60)

    lane.offer([make.record(number, text="x" * 2_500_000) for number in (1, 2, 3)])
    lane.step()

    assert world.enriched == [["e1", "e2"]]


def test_one_step_makes_one_attempt(world, make):
    lane = world.lane(batch_size=1)
    lane.offer(make.records(1, 2))

    due = lane.step()

    assert world.enriched == [["e1"]]
    assert due <= world.now


def test_what_no_filter_lets_through_is_skipped(world, make):
    lane = world.lane(filters=make.only_inserts)

    lane.offer([make.record(1), make.record(2, name="REMOVE"), make.record(3)])
    world.run(lane)

    assert world.put == ["e1", "e3"]


@pytest.mark.parametrize("nothing", ["", {}, []])
def test_an_empty_answer_settles_the_batch_without_events(world, make, nothing):
    lane = world.lane()
    world.enrichments.append(nothing)

    lane.offer(make.records(1, 2))
    world.run(lane)

    assert world.requests == []
    assert lane.checkpoint == "2"


def test_an_empty_object_in_the_array_is_an_event(world, make):
    lane = world.lane(detail_type="Empty", time=None)
    world.enrichments.append([{}])

    lane.offer(make.records(1))
    world.run(lane)

    assert [entry["Detail"] for entry in world.entries] == ["{}"]


def test_a_single_object_is_one_event(world, make):
    lane = world.lane()
    world.enrichments.append(make.event(make.record(1)))

    lane.offer(make.records(1, 2))
    world.run(lane)

    assert world.requests == [["e1"]]


class TestCheckpoint:
    def test_stands_where_it_was_before_anything_is_settled(self, world, make):
        lane = world.lane(checkpoint="7")

        lane.offer(make.records(8))

        assert lane.checkpoint == "7"

    def test_moves_with_each_settled_batch(self, world, make):
        lane = world.lane(batch_size=2)
        lane.offer(make.records(1, 2, 3))

        lane.step()

        assert lane.checkpoint == "2"

    def test_stays_while_a_part_of_the_batch_is_outstanding(self, world, make):
        lane = world.lane()
        world.puts.append(make.failing("e2"))
        lane.offer(make.records(1, 2, 3))

        lane.step()

        assert world.put == ["e1", "e3"]
        assert lane.checkpoint is None

    def test_moves_past_skipped_records_at_once_when_nothing_is_held(self, world, make):
        lane = world.lane(filters=make.only_inserts)

        lane.offer([make.record(1, name="REMOVE"), make.record(2, name="REMOVE")])

        assert lane.checkpoint == "2"
        assert lane.idle

    def test_moves_past_skipped_records_with_those_before_them(self, world, make):
        lane = world.lane(filters=make.only_inserts)
        lane.offer([make.record(1), make.record(2, name="REMOVE")])

        before = lane.checkpoint
        lane.step()

        assert (before, lane.checkpoint) == (None, "2")

    def test_moves_past_records_skipped_while_a_batch_is_in_hand(self, world, make):
        lane = world.lane(filters=make.only_inserts)
        world.enrichments.append(RuntimeError())
        lane.offer(make.records(1))
        lane.step()

        lane.offer([make.record(2, name="REMOVE")])
        world.run(lane)

        assert lane.checkpoint == "2"

    def test_a_new_lane_goes_on_from_it(self, world, make):
        first = world.lane(batch_size=2)
        first.offer(make.records(1, 2, 3, 4))
        first.step()

        second = world.lane(checkpoint=first.checkpoint, batch_size=2)
        second.offer(make.records(3, 4))
        world.run(second)

        assert world.put == ["e1", "e2", "e3", "e4"]


def test_is_hungry_until_a_batch_could_be_made(world, make):
    lane = world.lane(batch_size=2)

    lane.offer(make.records(1))
    one = lane.hungry
    lane.offer(make.records(2))

    assert (one, lane.hungry) == (True, False)


def test_is_idle_once_all_is_settled(world, make):
    lane = world.lane()

    lane.offer(make.records(1))
    held = lane.idle
    world.run(lane)

    assert (held, lane.idle) == (False, True)


def test_the_trace_tells_every_hop(world, make):
    lane = world.lane(filters=make.only_inserts)
    world.enrichments.append([make.event(make.record(1))])
    lane.offer([make.record(1), make.record(2, name="REMOVE"), make.record(3)])

    world.run(lane)

    assert [(each["hop"], each["sequence"]) for each in world.hops] == [
        ("passed", "1"),
        ("filtered", "2"),
        ("passed", "3"),
        ("enriched", "1"),
        ("skipped", "3"),
        ("put", "1"),
    ]
    assert world.hops[-1] == {
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
