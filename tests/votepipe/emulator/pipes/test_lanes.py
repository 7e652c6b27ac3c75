"""votepipe/emulator/pipes/lanes.py: the parallelization factor."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe.emulator.pipes.lanes import Lanes


@pytest.fixture
def two(harness, make):
    """Lanes, and a record of each of two votes that do not share one."""
    lanes = harness.lane(of=Lanes, parallelization=2)
    first = make.record(1, vote="v1")
    names = (f"v{number}" for number in range(2, 50))
    other = next(
        found
        for name in names
        if lanes.lane_of(found := make.record(2, vote=name)) is not lanes.lane_of(first)
    )
    return lanes, first, other


def test_a_lane_waits_for_no_other(harness, two):
    lanes, first, other = two
    harness.enrichments.append(RuntimeError())

    lanes.offer([first, other])
    due = lanes.step()

    assert harness.put == [other["eventID"]] or harness.put == [first["eventID"]]
    assert due > harness.now


def test_the_checkpoint_waits_for_every_lane(harness, two):
    lanes, first, other = two
    lanes.offer([first, other])
    lanes.lane_of(other).step()
    before = lanes.checkpoint
    lanes.lane_of(first).step()

    assert (before, lanes.checkpoint) == (None, "2")


def test_a_full_lane_stops_the_reading(harness, make):
    lanes = harness.lane(of=Lanes, parallelization=3, batch_size=2)
    before = lanes.hungry
    lanes.offer([make.record(number, vote="the same") for number in (1, 2)])

    assert (before, lanes.hungry) == (True, False)


@given(
    votes=st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=40),
    factor=st.integers(1, 4),
    size=st.integers(1, 10),
    failures=st.lists(st.booleans(), max_size=20),
    page=st.integers(1, 15),
    crashes=st.lists(st.integers(1, 10), max_size=4),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_is_lost_and_each_vote_keeps_its_order(
    make, votes, factor, size, failures, page, crashes
):
    harness = make.harness()
    records = [make.record(number, vote=vote) for number, vote in enumerate(votes, 1)]
    for fails in failures:
        answer = RuntimeError() if fails else lambda given: [make.event(each) for each in given]
        harness.enrichments.append(answer)
    pipe = {"of": Lanes, "parallelization": factor, "batch_size": size}
    lanes, position, steps = harness.lane(**pipe), 0, 0
    while position < len(records) or not lanes.idle:
        if lanes.hungry:
            lanes.offer(records[position : position + page])
            position += page
        if (due := lanes.step()) is not None:
            harness.now = max(harness.now, due)
        settled = int(lanes.checkpoint or 0)
        assert {f"e{number}" for number in range(1, settled + 1)} <= set(harness.put)
        steps += 1
        if crashes and steps == crashes[0]:
            steps, _ = 0, crashes.pop(0)
            lanes, position = harness.lane(checkpoint=lanes.checkpoint, **pipe), settled
    first_times = list(dict.fromkeys(harness.put))
    assert len(first_times) == len(records)
    for vote in set(votes):
        mine = [f"e{number}" for number, each in enumerate(votes, 1) if each == vote]
        assert [each for each in first_times if each in mine] == mine
    assert lanes.checkpoint == str(len(records))
