"""votepipe/dev/cost/: what is charged is what the kit counts, at the prices of the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.cost import CHARGES, PRICES, Cost, Prices, by_hop, estimate, traffic
from votepipe.dev.cost.traffic import GB_SECONDS, PIPE_REQUESTS, SECONDS, TABLE, Counted
from votepipe.emulator.simulation import usage
from votepipe.model.errors import VotepipeError
from votepipe.testing import KitError, Pipeline

PRICED = Prices.read()
SINKS = ["log", "settle", "slack"]


@pytest.fixture(scope="module")
def little() -> Counted:
    return traffic.count("little", SINKS, 3, PRICED.seconds)


@pytest.fixture(scope="module")
def cost() -> Cost:
    return estimate(SINKS, 3, PRICED)


def test_the_calls_that_are_charged_are_those_that_the_kit_counts(little: Counted) -> None:
    """The same votes in a pipeline of the test's own."""
    with Pipeline(sinks=SINKS, fill_secrets=True) as pipeline:
        for votes in traffic.KINDS["little"]:
            for written in range(4):
                pipeline.put(traffic.item(votes[0], written))
                pipeline.advance(seconds=20)
            pipeline.run_until_idle()
            pipeline.advance(hours=1)
        pipeline.advance(hours=24)
        counted = pipeline.usage()

    apart = (SECONDS, GB_SECONDS, usage.LOG_BYTES)  # what follows from calls
    for who, counts in counted.items():
        charged = {what: amount for what, amount in little.usage[who].items() if what not in apart}
        assert charged == {what: each for what, each in counts.items() if what not in apart}
        assert little.usage[who][usage.LOG_BYTES] >= counts[usage.LOG_BYTES]
    assert set(little.usage) - set(counted) == {TABLE, "pipe"}
    assert little.usage[TABLE][usage.WRITES] == 4 * little.votes
    assert little.usage["pipe"][PIPE_REQUESTS] == 4 * little.votes


def test_each_count_costs_its_price(little: Counted) -> None:
    slack = little.usage["slack"]
    requests = sum(slack[what] for what in usage.QUEUE_REQUESTS)
    found = by_hop(little, PRICED)

    assert found["slack queue"] == pytest.approx(0.40 * requests / little.votes)
    assert found["votes table"] == pytest.approx(4 * 0.625)
    assert found["pipe"] == pytest.approx(4 * 0.40)
    assert found["bus"] == pytest.approx(5 * 1.00)


@pytest.mark.parametrize(("votes", "reads"), [(100, 1.0), (864_000, 0.01)])
def test_votes_of_five_minutes_share_a_read_of_the_secret(
    little: Counted, votes: int, reads: float
) -> None:
    """A vote a while apart reads it each time; a month has 8,640 times five minutes."""
    found = by_hop(little, PRICED, votes)

    assert found["slack secret"] == pytest.approx(reads * 5.0)


def test_everything_that_the_kit_counts_has_a_price() -> None:
    counted = {
        value
        for name, value in vars(usage).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }

    assert counted | set(usage.QUEUE_REQUESTS) <= {*CHARGES, usage.MAILS}


def test_batches_make_it_cheaper(cost: Cost) -> None:
    enrichment = cost.hops["enrichment function"]

    assert cost.total("much") < cost.total("little")
    assert enrichment["much"] < enrichment["little"] / 5


def test_the_origin_makes_one_call_a_message(cost: Cost) -> None:
    tables, calls = 4 * 0.625, 2.8 * 0.20

    assert tables + calls < cost.origin < cost.total("little")


def test_what_stands_beside_is_in_no_sum(cost: Cost) -> None:
    found = cost.as_json()

    assert found["perMillionVotes"]["little"] == pytest.approx(
        sum(hop["little"] for hop in found["byHop"].values()), abs=0.01
    )
    assert found["idlePerMonth"] == pytest.approx(sum(found["idleByPart"].values()), abs=0.01)
    assert found["beside"]["alarms"] == pytest.approx(0.10 * (12 + 4 * len(SINKS)))
    assert not any("alarm" in name or "stream" in name for name in found["idleByPart"])


def test_mails_stand_beside() -> None:
    found = estimate(["settle", "email"], 0, PRICED)

    assert found.beside["mails of SES for a million votes"] == pytest.approx(100)
    assert found.total("little") < 40


def test_idle_queues_cost_their_long_polls(cost: Cost, little: Counted) -> None:
    """A poller without a break makes 129,600 long polls of 20 s in 30 days."""
    assert little.polls % 129_600 == 0
    queues = len(SINKS) + 1  # and what the pipe gave up
    assert little.polls / 129_600 in range(2 * queues, 5 * queues + 1)
    assert cost.idle["polling of queues"] == pytest.approx(0.4e-6 * little.polls, abs=1e-4)


def test_other_prices(tmp_path: Path, cost: Cost, little: Counted) -> None:
    content: dict[str, Any] = json.loads(PRICES.read_text())
    for each in content["prices"].values():
        each["usd"] *= 2
    (tmp_path / "prices.json").write_text(json.dumps(content))
    doubled = Prices.read(tmp_path / "prices.json")

    assert sum(by_hop(little, doubled).values()) == pytest.approx(
        2 * cost.total("little"), abs=0.02
    )


@pytest.mark.parametrize("text", ["", "[]", '{"prices": {}}', '{"prices": {"mail": {"usd": 1}}}'])
def test_a_file_without_prices_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(VotepipeError, match="mine.json.* holds no prices"):
        Prices.read(tmp_path / "mine.json")


def test_an_unknown_sink_is_named() -> None:
    with pytest.raises(KitError, match="There is no sink 'fax'"):
        estimate(["fax"], 0, PRICED)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "little", "much"), [([], 40, 30), (["email", "webhook", "tally", "digest"], 60, 45)]
)
def test_a_million_votes_stay_within_their_budget(
    more: list[str], little: float, much: float
) -> None:
    found = estimate([*SINKS, *more], 3, PRICED)

    assert found.total("little") <= little
    assert found.total("much") <= much
    assert more or found.as_json()["idlePerMonth"] <= 1.5
