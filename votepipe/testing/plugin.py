"""For pytest: the fixture `pipeline`, and tables of records and messages as tests.

The report of a failed test shows the way of each vote, hop by hop.
Loaded in every test run, so it imports nothing until a test wants it.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from votepipe.testing.pipeline import Pipeline
    from votepipe.testing.table import Case

_TABLES = (".votes.yaml", ".votes.yml", ".votes.json", ".votes.toml")
_used = pytest.StashKey[Any]()


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> "Iterator[Pipeline]":
    """The whole pipeline of this checkout, on a clock of its own, until the end of the test."""
    from votepipe.testing.pipeline import Pipeline

    with Pipeline() as pipeline:
        request.node.stash[_used] = pipeline
        yield pipeline


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show where the votes went when a test with a pipeline failed."""
    outcome: Any = yield
    report = outcome.get_result()
    pipeline = item.stash.get(_used, None)
    if pipeline is not None and report.when == "call" and report.failed:
        ways = "\n\n".join(str(way) for way in pipeline.trace.paths())
        report.sections.append(("The ways of the votes", ways or "No vote was written."))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take tables: files such as `slack.votes.yaml`."""
    if file_path.name.endswith(_TABLES):
        return Table.from_parent(parent, path=file_path)
    return None


class Table(pytest.File):
    """A file of records and the messages they make."""

    def collect(self) -> Iterable[pytest.Item]:
        """A test for each case."""
        from votepipe.testing import table

        for case in table.load(self.path):
            yield Row.from_parent(self, name=case.name, case=case)


class Row(pytest.Item):
    """One case of a table."""

    def __init__(self, *, case: "Case", **rest: Any) -> None:
        super().__init__(**rest)
        self._case = case

    def runtest(self) -> None:
        """Run it."""
        from votepipe.testing import table

        if problems := table.run(self._case):
            raise AssertionError("\n\n".join(problems))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What came out and what was expected, or a mistake in the table, without a stack trace."""
        from votepipe.testing import KitError

        if excinfo.errisinstance((AssertionError, KitError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the case stands."""
        return self.path, None, self.name
