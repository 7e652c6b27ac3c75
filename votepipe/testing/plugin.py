"""For pytest: the fixture `pipeline`, with the ways of its votes in the report of a failed test.

Loaded in every test run, so it imports nothing until a test wants it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from votepipe.testing.pipeline import Pipeline

_USED = pytest.StashKey[Any]()


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> "Iterator[Pipeline]":
    """The whole pipeline of this checkout, on a clock of its own, until the end of the test."""
    from votepipe.testing.pipeline import Pipeline

    with Pipeline() as pipeline:
        request.node.stash[_USED] = pipeline
        yield pipeline


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show where the votes went when a test with a pipeline failed."""
    outcome: Any = yield
    report = outcome.get_result()
    pipeline = item.stash.get(_USED, None)
    if pipeline is not None and report.when == "call" and report.failed:
        ways = "\n\n".join(str(way) for way in pipeline.trace.ways())
        report.sections.append(("The ways of the votes", ways or "No vote was written."))
