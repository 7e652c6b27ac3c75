"""votepipe/emulator/simulation/trace.py."""

from typing import Any

import pytest

from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import NO_VOTE, VoteKey, vote_key_of

ME = VoteKey("docs", "one", "e1")


@pytest.mark.parametrize(
    ("content", "vote_key"),
    [
        ({"detail": {"eventID": "e1", "vote": {"widgetId": "docs", "voteId": "one"}}}, ME),
        ({"eventID": "e1", "vote": {"widgetId": "docs", "voteId": "one"}}, ME),
        ({"eventID": "e1", "widgetId": "docs", "voteId": "one"}, ME),
        ({"vote": "text"}, NO_VOTE),
        ({"widgetId": {"S": "docs"}}, NO_VOTE),
        (None, NO_VOTE),
    ],
)
def test_json_tells_whom_it_is_about(content: Any, vote_key: VoteKey) -> None:
    assert vote_key_of(content) == vote_key


def test_a_way_has_the_hops_of_one_vote_and_where_it_stopped(simulation: Simulation) -> None:
    simulation.trace.note("written", "VotesTable", ME, name="INSERT")
    simulation.clock.run_until(1002.5)
    simulation.trace.note("written", "VotesTable", VoteKey("docs", "two", "e2"))
    simulation.trace.note("queued", "ChatQueue", ME)

    assert str(simulation.trace.path("docs", "one")).splitlines() == [
        "vote one of widget docs",
        "       0.000  written        VotesTable               name=INSERT  event=e1",
        "       2.500  queued         ChatQueue  event=e1",
        "  stopped at ChatQueue: queued",
    ]


def test_an_unknown_vote_has_no_way(simulation: Simulation) -> None:
    assert str(simulation.trace.path("docs", "none")).endswith("nothing happened to it")


def test_ways_come_in_the_order_of_their_first_hop(simulation: Simulation) -> None:
    for name in "bab":
        simulation.trace.note("written", "VotesTable", VoteKey("docs", name, ""))

    assert [way.vote for way in simulation.trace.paths()] == ["b", "a"]


def test_the_trace_is_text_with_a_line_for_each_hop(simulation: Simulation) -> None:
    simulation.trace.note("replayed", "Archive", events=2)

    assert str(simulation.trace) == (
        "       0.000  replayed       Archive                  events=2  -/-/-\n"
    )
