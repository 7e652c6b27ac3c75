"""votepipe/emulator/simulation/trace.py."""

from typing import Any

import pytest

from votepipe.emulator.simulation.simulation import World
from votepipe.emulator.simulation.trace import NOBODY, Subject, subject_of

ME = Subject("docs", "one", "e1")


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        ({"detail": {"eventID": "e1", "vote": {"widgetId": "docs", "voteId": "one"}}}, ME),
        ({"eventID": "e1", "vote": {"widgetId": "docs", "voteId": "one"}}, ME),
        ({"eventID": "e1", "widgetId": "docs", "voteId": "one"}, ME),
        ({"vote": "text"}, NOBODY),
        ({"widgetId": {"S": "docs"}}, NOBODY),
        (None, NOBODY),
    ],
)
def test_json_tells_whom_it_is_about(content: Any, subject: Subject) -> None:
    assert subject_of(content) == subject


def test_a_way_has_the_hops_of_one_vote_and_where_it_stopped(world: World) -> None:
    world.trace.note("written", "VotesTable", ME, name="INSERT")
    world.agenda.run_until(1002.5)
    world.trace.note("written", "VotesTable", Subject("docs", "two", "e2"))
    world.trace.note("queued", "ChatQueue", ME)

    assert str(world.trace.way("docs", "one")).splitlines() == [
        "vote one of widget docs",
        "       0.000  written        VotesTable               name=INSERT  event=e1",
        "       2.500  queued         ChatQueue  event=e1",
        "  stopped at ChatQueue: queued",
    ]


def test_an_unknown_vote_has_no_way(world: World) -> None:
    assert str(world.trace.way("docs", "none")).endswith("nothing is known of it")


def test_ways_come_in_the_order_of_their_first_hop(world: World) -> None:
    for name in "bab":
        world.trace.note("written", "VotesTable", Subject("docs", name, ""))

    assert [way.vote for way in world.trace.ways()] == ["b", "a"]


def test_the_trace_is_text_with_a_line_for_each_hop(world: World) -> None:
    world.trace.note("replayed", "Archive", events=2)

    assert str(world.trace) == (
        "       0.000  replayed       Archive                  events=2  -/-/-\n"
    )
