"""votepipe/emulator/eventbridge/rule.py: targets, retries, dead letters."""

from collections.abc import Callable
from typing import Any

import pytest

from votepipe.emulator.eventbridge.rule import NotDelivered, Target
from votepipe.emulator.eventbridge.targets import retry_policy
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey

ME = VoteKey("docs", "one", "e1")
Make = Callable[..., Target]


class Outlet:
    """Takes a text, after it refused some."""

    def __init__(self, refusals: int, final: bool = False) -> None:
        self.left = refusals
        self.final = final
        self.taken: list[str] = []

    def __call__(self, text: str, about: VoteKey) -> None:
        if self.left:
            self.left -= 1
            raise NotDelivered("THROTTLING", "Too much.", final=self.final)
        self.taken.append(text)


@pytest.fixture
def dead_letters() -> list[tuple[str, dict[str, Any]]]:
    return []


@pytest.fixture
def target(simulation: Simulation, dead_letters: list[tuple[str, dict[str, Any]]]) -> Make:
    def make(outlet: Outlet, **policy: Any) -> Target:
        facts = {"RetryPolicy": policy} if policy else {}
        return Target(
            simulation,
            "Rule",
            "arn:rule",
            "arn:queue",
            outlet,
            lambda text, about, attributes: dead_letters.append((text, dict(attributes))),
            *retry_policy(facts),
        )

    return make


def test_a_failed_delivery_is_made_again_later_each_time_after_a_longer_wait(
    simulation: Simulation, target: Make
) -> None:
    outlet = Outlet(4)
    target(outlet).deliver("event", ME)
    simulation.clock.run_until_idle(simulation.now + 3600)
    waits = [hop.facts["wait"] for hop in simulation.trace.hops if hop.what == "retried"]

    assert outlet.taken == ["event"]
    assert len(waits) == 4
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))


def test_by_default_it_is_tried_again_185_times_within_a_day(
    simulation: Simulation, target: Make, dead_letters: list[Any]
) -> None:
    target(Outlet(10_000)).deliver("event", ME)
    simulation.clock.run_until_idle(simulation.now + 100_000)
    ((_, attributes),) = dead_letters

    assert int(attributes["RETRY_ATTEMPTS"]) <= 185
    assert 23 * 3600 < simulation.now - 1000 <= 24 * 3600
    assert attributes["EXHAUSTED_RETRY_CONDITION"] in (
        "MaximumRetryAttempts",
        "MaximumEventAgeInSeconds",
    )


def test_the_number_of_retries_can_be_set(
    simulation: Simulation, target: Make, dead_letters: list[Any]
) -> None:
    target(Outlet(9), MaximumRetryAttempts=2).deliver("event", ME)
    simulation.clock.run_until_idle(simulation.now + 3600)

    assert dead_letters == [
        (
            "event",
            {
                "RULE_ARN": "arn:rule",
                "TARGET_ARN": "arn:queue",
                "ERROR_CODE": "THROTTLING",
                "ERROR_MESSAGE": "Too much.",
                "RETRY_ATTEMPTS": "2",
                "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            },
        )
    ]


def test_the_age_can_be_set(simulation: Simulation, target: Make, dead_letters: list[Any]) -> None:
    target(Outlet(99), MaximumEventAgeInSeconds=60).deliver("event", ME)
    simulation.clock.run_until_idle(simulation.now + 3600)

    assert dead_letters[0][1]["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert simulation.now <= 1060


def test_what_cannot_be_helped_goes_to_the_dead_letters_at_once(
    simulation: Simulation, target: Make, dead_letters: list[Any]
) -> None:
    target(Outlet(1, final=True)).deliver("event", ME)

    assert dead_letters[0][1]["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in dead_letters[0][1]


def test_without_dead_letters_it_is_lost(simulation: Simulation, target: Make) -> None:
    it = target(Outlet(1, final=True))
    it.dead_letters = None
    it.deliver("event", ME)

    assert simulation.trace.hops[-1].what == "lost"


def test_it_is_known_what_waits_for_another_attempt(simulation: Simulation, target: Make) -> None:
    it = target(Outlet(1))
    it.deliver("event", ME)
    waiting = set(it.retrying)
    simulation.clock.run_until_idle(simulation.now + 10)

    assert (waiting, it.retrying) == ({"e1"}, set())
