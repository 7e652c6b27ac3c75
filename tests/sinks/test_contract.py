"""Every sink, shipped or an example: the same failures, the same hostile text."""

from pathlib import Path

import pytest

from votepipe.project.plugins import modules
from votepipe.testing.contract import Case, cases

pytestmark = pytest.mark.slow

SINKS = [*modules(Path("sinks")), *modules(Path("examples/sinks"))]


@pytest.mark.parametrize("case", [case for path in SINKS for case in cases(path)], ids=str)
def test_a_sink_keeps_the_contract(case: Case) -> None:
    assert case.run().problems == ()
