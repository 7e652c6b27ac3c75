"""votepipe/dev/pipe_runner/follower.py.

All shards of a stream, in order, over errors and restarts.
"""

from dataclasses import replace

import pytest

from votepipe.dev.pipe_runner.checkpoints import Checkpoint, Checkpoints
from votepipe.dev.pipe_runner.follower import Follower


@pytest.fixture
def follow(stream, harness, make, tmp_path):
    """Start following the stream, as after a restart, with what the folder remembers."""
    harness.said = []

    def start(**changes):
        pipe = replace(make.pipe, **changes)
        return Follower(
            pipe,
            stream,
            harness,
            Checkpoints(tmp_path, pipe.stream_arn),
            clock=lambda: harness.now,
            trace=harness.hops.append,
            say=harness.said.append,
        )

    return start


def turns(harness, follower, seconds):
    """Let it work for some virtual seconds."""
    end = harness.now + seconds
    while harness.now < end:
        harness.now = max(harness.now, min(follower.turn(), end))


def test_says_that_it_started(stream, harness, follow):
    stream.shard("a")

    follow().turn()

    assert harness.hops == [{"hop": "started", "time": harness.now, "pipe": "votes"}]


def test_delivers_what_is_there_and_what_comes(stream, harness, follow):
    stream.shard("a", 1)
    follower = follow()
    turns(harness, follower, 1)

    stream.write("a", 2)
    turns(harness, follower, 1)

    assert harness.put == ["e1", "e2"]


def test_it_is_through_when_a_later_look_found_nothing_more(stream, harness, follow):
    stream.shard("a", 1)
    follower = follow()
    first = follower.is_through(0)
    turns(harness, follower, 1)
    stream.write("a", 2)
    asked = harness.now
    before = follower.is_through(asked)

    turns(harness, follower, 1)

    assert (first, before, follower.is_through(asked)) == (False, False, True)
    assert harness.put == ["e1", "e2"]


def test_it_is_not_through_while_a_batch_waits_for_another_try(stream, harness, follow):
    stream.shard("a", 1)
    harness.enrichments += [RuntimeError()] * 3
    follower = follow()
    turns(harness, follower, 0.5)

    assert not follower.is_through(0)
    turns(harness, follower, 10)
    assert follower.is_through(0)


def test_reads_every_shard(stream, harness, follow):
    stream.shard("a", 1)
    stream.shard("b", 2)

    turns(harness, follow(), 1)

    assert sorted(harness.put) == ["e1", "e2"]


def test_a_failing_shard_does_not_hold_up_another(stream, harness, follow):
    stream.shard("a", 1)
    stream.shard("b", 2)
    harness.enrichments.append(RuntimeError())

    turns(harness, follow(), 0.1)

    assert harness.put == ["e2"]


def test_a_child_waits_for_its_parent(stream, harness, follow):
    stream.shard("a", 1, 2, closed=True)
    stream.shard("b", 3, parent="a")
    harness.enrichments.append(RuntimeError())

    follower = follow()
    turns(harness, follower, 0.4)
    early = list(harness.put)
    turns(harness, follower, 1)

    assert (early, harness.put) == ([], ["e1", "e2", "e3"])


def test_a_child_whose_parent_is_gone_starts_at_once(stream, harness, follow):
    stream.shard("b", 3, parent="forgotten")

    turns(harness, follow(), 1)

    assert harness.put == ["e3"]


def test_finds_new_shards(stream, harness, follow):
    stream.shard("a", 1)
    follower = follow()
    turns(harness, follower, 1)

    stream.closed.add("a")
    stream.shard("b", 2, parent="a")
    turns(harness, follower, 1)

    assert harness.put == ["e1", "e2"]


def test_fetches_no_more_while_a_batch_could_be_made(stream, harness, follow):
    stream.shard("a", *range(1, 251))
    harness.enrichments += [RuntimeError()] * 1000

    turns(harness, follow(retries=-1), 3600)

    assert len(harness.names("passed")) == 100


def test_an_idle_stream_is_polled_five_times_a_second(stream, harness, follow):
    stream.shard("a")

    turns(harness, follow(), 5)

    assert 24 <= stream.calls.count("get_records") <= 26


class TestStart:
    def test_latest_skips_what_is_there_at_the_first_look(self, stream, harness, follow):
        stream.shard("a", 1, closed=True)
        stream.shard("b", 2, parent="a")
        follower = follow(starting_position="LATEST")
        turns(harness, follower, 1)

        stream.write("b", 3)
        turns(harness, follower, 1)

        assert harness.put == ["e3"]

    def test_latest_reads_later_shards_from_their_beginning(self, stream, harness, follow):
        stream.shard("a")
        follower = follow(starting_position="LATEST")
        turns(harness, follower, 1)

        stream.closed.add("a")
        stream.shard("b", 1, parent="a")
        turns(harness, follower, 1)

        assert harness.put == ["e1"]

    def test_a_restart_goes_on_after_the_checkpoint(self, stream, harness, follow):
        stream.shard("a", 1, 2)
        turns(harness, follow(), 1)

        stream.write("a", 3)
        turns(harness, follow(), 1)

        assert harness.put == ["e1", "e2", "e3"]

    def test_a_checkpoint_survives_many_looks_at_the_shards(self, stream, harness, follow):
        stream.shard("a", 1)
        turns(harness, follow(), 60)

        turns(harness, follow(), 1)

        assert harness.put == ["e1"]

    def test_a_restart_goes_on_before_the_lane_that_is_furthest_behind(
        self, stream, harness, follow
    ):
        stream.shard("a", *range(1, 9))
        harness.enrichments.append(RuntimeError())
        follower = follow(parallelization=4, batch_size=1)
        follower.turn()
        put = set(harness.put)

        turns(harness, follow(parallelization=4, batch_size=1), 5)

        assert 0 < len(put) < 8
        assert set(harness.put) == {f"e{number}" for number in range(1, 9)}

    def test_a_restart_repeats_a_batch_that_was_in_hand(self, stream, harness, follow):
        stream.shard("a", 1, 2)
        harness.puts.append(lambda ids: [{"EventId": "b"}, {"ErrorCode": "Throttled"}])
        follow().turn()

        turns(harness, follow(), 1)

        assert harness.put == ["e1", "e1", "e2"]

    def test_a_restart_does_not_read_a_finished_shard_again(self, stream, harness, follow):
        stream.shard("a", 1, closed=True)
        stream.shard("b", 2, parent="a")
        turns(harness, follow(), 1)

        turns(harness, follow(), 1)

        assert harness.put == ["e1", "e2"]

    def test_skipped_records_are_not_read_again(self, stream, harness, follow, make, tmp_path):
        stream.shard("a", 1)
        stream.shards["a"][0]["eventName"] = "REMOVE"

        turns(harness, follow(filters=make.only_inserts), 1)

        assert Checkpoints(tmp_path, make.pipe.stream_arn).load("a") == Checkpoint("1")

    def test_a_new_stream_is_read_from_its_oldest_record(self, stream, harness, follow, make):
        stream.shard("a", 1)
        turns(harness, follow(), 1)
        stream.shard("a", 1)

        new = make.pipe.stream_arn.replace("2026-01-01", "2026-01-02")
        turns(harness, follow(stream_arn=new, starting_position="LATEST"), 1)

        assert harness.put == ["e1", "e1"]
        assert harness.said == ["Pipe 'votes' has a new stream. Continuing from its oldest record."]


class TestErrors:
    def test_a_stream_that_cannot_be_listed_is_tried_again(self, stream, harness, follow, refused):
        stream.shard("a", 1)
        stream.errors += [refused("InternalServerError")] * 3

        turns(harness, follow(), 10)

        assert harness.put == ["e1"]
        assert harness.said == [
            "The stream of pipe 'votes' cannot be read (InternalServerError). Retrying."
        ]

    def test_a_shard_that_cannot_be_read_is_tried_again(self, stream, harness, follow, refused):
        stream.shard("a", 1)
        follower = follow()
        turns(harness, follower, 1)
        stream.write("a", 2)
        stream.errors += [refused("InternalServerError")] * 3

        turns(harness, follower, 10)

        assert harness.put == ["e1", "e2"]

    def test_waits_grow_to_five_seconds(self, stream, harness, follow, refused):
        stream.shard("a", 1)
        stream.errors += [refused("InternalServerError")] * 1000

        turns(harness, follow(), 60)

        assert stream.calls.count("describe_stream") < 25
