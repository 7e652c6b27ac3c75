"""votepipe/emulator/pipes/engine.py: whatever fails and whenever it is killed, nothing is lost."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe.emulator.pipes.attempt import Interrupted

PLANS = st.fixed_dictionaries(
    {
        "inserts": st.lists(st.booleans(), min_size=1, max_size=40),
        "pipe": st.fixed_dictionaries(
            {
                "batch_size": st.integers(1, 10),
                "bisect": st.booleans(),
                "retries": st.integers(-1, 3),
                "window": st.sampled_from([0, 5]),
            }
        ),
        "enrichments": st.lists(st.sampled_from(["ok", "fail", "interrupt"]), max_size=30),
        # For each request: which of its entries fail, or all by an error.
        "puts": st.lists(
            st.one_of(st.sets(st.integers(0, 9), max_size=4), st.just("fail")), max_size=30
        ),
        "dead letters": st.lists(st.booleans(), max_size=5),
        "page": st.integers(1, 20),
        # A crash after every one of so many steps.
        "crashes": st.lists(st.integers(1, 15), max_size=5),
    }
)


def scripted(harness, make, plan):
    """Have the harness fail as planned."""
    errors = {"fail": RuntimeError(), "interrupt": Interrupted("away")}
    harness.enrichments += [
        errors.get(each, lambda records: [make.event(record) for record in records])
        for each in plan["enrichments"]
    ]
    harness.puts += [
        RuntimeError() if each == "fail" else some_failing(make, each) for each in plan["puts"]
    ]
    harness.dead_letter_errors += [RuntimeError() for fails in plan["dead letters"] if fails]


def some_failing(make, indexes):
    return lambda ids: make.failing(*(each for i, each in enumerate(ids) if i in indexes))(ids)


def drive(harness, records, plan, pipe, check):
    """Feed a lane page by page until all is settled, killing it where the plan says."""
    crashes = iter(plan["crashes"])
    until_crash = next(crashes, None)
    lane, position = harness.lane(**pipe), 0
    while position < len(records) or not lane.idle:
        if lane.hungry and position < len(records):
            lane.offer(records[position : position + plan["page"]])
            position += plan["page"]
        due = lane.step()
        check(lane)
        if due is not None:
            harness.now = max(harness.now, due)
        if until_crash is not None:
            until_crash -= 1
            if until_crash == 0:
                until_crash = next(crashes, None)
                position = int(lane.checkpoint or 0)
                lane = harness.lane(checkpoint=lane.checkpoint, **pipe)
    return lane


@given(plan=PLANS)
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_is_lost_and_order_is_kept(make, plan):
    harness = make.harness()
    scripted(harness, make, plan)
    records = [
        make.record(number, name="INSERT" if insert else "REMOVE")
        for number, insert in enumerate(plan["inserts"], start=1)
    ]
    wanted = [each["eventID"] for each in records if each["eventName"] == "INSERT"]

    def check(lane):
        settled = {f"e{number}" for number in range(1, int(lane.checkpoint or 0) + 1)}
        assert settled & set(wanted) <= set(harness.put) | set(harness.names("dead-lettered"))

    pipe = {**plan["pipe"], "filters": make.only_inserts}
    lane = drive(harness, records, plan, pipe, check)

    assert set(harness.put) | set(harness.names("dead-lettered")) == set(wanted)
    assert lane.checkpoint == str(len(records))
    ends = [each["eventID"] for each in harness.hops if each["hop"] in ("put", "dead-lettered")]
    order = [wanted.index(each) for each in dict.fromkeys(ends)]
    refused = any(isinstance(each, set) and each for each in plan["puts"])
    for place, index in enumerate(order):
        overtaken = [each for each in order[place + 1 :] if each < index]
        # Only a record that the bus refused may be overtaken, and only within its batch.
        assert not overtaken or (refused and index - min(overtaken) < pipe["batch_size"])


@given(plan=PLANS)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_same_history_gives_the_same_trace(make, plan):
    traces = []
    for _ in range(2):
        harness = make.harness()
        scripted(harness, make, plan)
        drive(harness, make.records(*range(1, 20)), plan, plan["pipe"], lambda lane: None)
        traces.append(harness.hops)

    assert traces[0] == traces[1]
