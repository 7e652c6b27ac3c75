"""votepipe/dev/commands/cost.py: what it prints."""

import json
import re

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.cost import cost
from votepipe.project.names import switch


def test_json(others_off: dict[str, str]) -> None:
    ended = CliRunner().invoke(cost, ["--votes", "1000000", "--answers", "0", "--json"])
    found = json.loads(ended.output)

    assert set(found) >= {"perMillionVotes", "idlePerMonth", "byHop", "origin"}
    assert set(found["perMillionVotes"]) == {"little", "much"}
    assert found["origin"]["perMillionVotes"] > 0
    hops = {name.split()[0] for name in found["byHop"]}
    assert {hop for hop in hops if switch(hop) not in others_off} == {
        *("votes", "pipe", "enrichment", "bus"),
        *("settle", "slack", "log"),
    }


def test_a_table_of_the_sinks_named() -> None:
    arguments = ["--votes", "500", "--answers", "1", "--sinks", "settle,feed"]
    ended = CliRunner().invoke(cost, arguments)

    assert ended.output.startswith("500 votes a month of 2 writes; sinks settle, feed\n")
    assert "  feed bus  " in ended.output
    million, month = (
        re.search(rf"^  {name} +([0-9.]+) ", ended.output, re.MULTILINE)
        for name in ("together", "500 votes")
    )
    assert million
    assert month
    assert float(month[1]) == pytest.approx(float(million[1]) * 500 / 1e6, abs=0.006)
