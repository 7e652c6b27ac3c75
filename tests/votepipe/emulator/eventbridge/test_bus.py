"""votepipe/emulator/eventbridge/bus.py."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from votepipe.emulator import patterns
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.cloudformation.roles import BusPolicies
from votepipe.emulator.eventbridge.bus import Archive, Bus, Buses
from votepipe.emulator.functions.calls import Refused
from votepipe.emulator.simulation.simulation import Simulation

ARN = "arn:aws:events:us-east-1:123456789012:event-bus/votes"
RULE = "arn:aws:events:us-east-1:123456789012:rule/votes/Rule"


class Scene:
    """A bus with one rule that keeps what it gets, and an archive."""

    def __init__(
        self, simulation: Simulation, pattern: dict[str, Any] | None = None, days: int = 0
    ) -> None:
        self.simulation = simulation
        self.got: list[dict[str, Any]] = []
        compiled = patterns.compile(pattern) if pattern else None
        self.archive = Archive("Archive", "kept", "arn:archive", "votes", compiled, days)
        self.bus = Bus(simulation, "VotesBus", "votes", ARN, archives=[self.archive])
        self.bus.rules[RULE] = lambda event, as_text: self.got.append(event)
        policies = BusPolicies(Resources({"Resources": {}}, {}))
        self.buses = Buses(simulation, {"VotesBus": self.bus}, policies, {})

    def put(self, *entries: dict[str, Any]) -> dict[str, Any]:
        answer = self.buses.put([entry() | each for each in entries])
        self.simulation.clock.run_until(self.simulation.now)
        return answer

    def replay(self, name: str = "again", rules: list[str] | None = None) -> None:
        self.buses.replay(self.archive, name, 0, 1e10, rules)
        self.simulation.clock.run_until(self.simulation.now)


def entry() -> dict[str, Any]:
    return {
        "EventBusName": "votes",
        "Source": "votepipe",
        "DetailType": "VoteCast",
        "Detail": json.dumps({"eventID": "e1"}),
    }


@pytest.fixture
def scene(simulation: Simulation) -> Scene:
    return Scene(simulation)


def test_an_entry_becomes_an_event(scene: Scene) -> None:
    answer = scene.put({"Time": datetime(2026, 1, 1, tzinfo=UTC), "Resources": ["arn:a"]})

    assert scene.got == [
        {
            "version": "0",
            "id": answer["Entries"][0]["EventId"],
            "detail-type": "VoteCast",
            "source": "votepipe",
            "account": "123456789012",
            "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": ["arn:a"],
            "detail": {"eventID": "e1"},
        }
    ]


def test_an_event_without_a_time_has_the_present_one(scene: Scene) -> None:
    scene.put({})

    assert scene.got[0]["time"] == "1970-01-01T00:16:40Z"


@pytest.mark.parametrize("name", ["votes", ARN])
def test_a_bus_is_named_by_its_name_or_arn(scene: Scene, name: str) -> None:
    scene.put({"EventBusName": name})

    assert len(scene.got) == 1


def test_an_event_for_a_bus_that_is_not_there_is_dropped_without_a_word(scene: Scene) -> None:
    answer = scene.put({"EventBusName": "other"})

    assert (answer["FailedEntryCount"], scene.got) == (0, [])
    assert scene.simulation.trace.hops[-1].what == "lost"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"Source": "aws.s3"}, "NotAuthorizedForSourceException"),
        ({"Detail": "text"}, "MalformedDetail"),
        ({"Detail": "[1]"}, "MalformedDetail"),
    ],
)
def test_a_bad_entry_is_refused_and_the_others_are_not(
    scene: Scene, change: dict[str, Any], code: str
) -> None:
    answer = scene.put({}, change, {})

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == code
    assert len(scene.got) == 2


def test_more_than_ten_entries_are_refused(scene: Scene) -> None:
    with pytest.raises(Refused, match="less than or equal to 10"):
        scene.put(*[{}] * 11)


def test_more_than_one_megabyte_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused, match="over the limit"):
        scene.put(*[{"Detail": json.dumps({"a": "x" * 600_000})}] * 2)


def test_entries_can_be_made_to_fail(scene: Scene) -> None:
    from votepipe.emulator.simulation.faults import PutFault

    scene.simulation.faults.puts.append(PutFault(times=1, entries=1))
    first, second = scene.put({}, {}), scene.put({}, {})

    assert ["ErrorCode" in each for each in first["Entries"]] == [True, False]
    assert second["FailedEntryCount"] == 0


def test_a_replay_brings_events_again_marked_with_its_name(scene: Scene) -> None:
    scene.put({})
    scene.replay("again")

    assert [event.get("replay-name") for event in scene.got] == [None, "again"]
    assert scene.got[0]["id"] == scene.got[1]["id"]


def test_what_is_replayed_is_not_archived_again(scene: Scene) -> None:
    scene.put({})
    scene.replay("first")

    assert len(scene.archive.events) == 1


def test_a_replay_may_go_to_chosen_rules_alone(scene: Scene) -> None:
    scene.put({})
    scene.replay("to none", [RULE + "-other"])
    scene.replay("to it", [RULE])

    assert [event.get("replay-name") for event in scene.got] == [None, "to it"]


def test_an_archive_keeps_what_its_pattern_lets_through(simulation: Simulation) -> None:
    scene = Scene(simulation, {"detail-type": ["VoteSettled"]})
    scene.put({}, {"DetailType": "VoteSettled"})

    assert [event["detail-type"] for _, event in scene.archive.events] == ["VoteSettled"]


def test_an_archive_forgets_after_its_days(simulation: Simulation) -> None:
    scene = Scene(simulation, days=1)
    scene.put({})
    simulation.clock.run_until(simulation.now + 86_401)
    scene.replay()

    assert len(scene.got) == 1


def test_a_replay_s_name_is_used_once(scene: Scene) -> None:
    scene.replay("again")

    with pytest.raises(Refused, match="Replay again already exists"):
        scene.replay("again")


def test_order_on_the_bus_can_be_left_to_chance(scene: Scene) -> None:
    scene.simulation.faults.shuffled = True
    scene.put(*[{"Detail": json.dumps({"n": number})} for number in range(10)])
    scene.simulation.clock.run_until(scene.simulation.now + 10)
    order = [event["detail"]["n"] for event in scene.got]

    assert sorted(order) == list(range(10)) != order
