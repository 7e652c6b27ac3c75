"""votepipe/dev/operations/demo.py: the story goes through the real code, and nothing is sent."""

import sys
from typing import Any

import pytest

from votepipe import enricher, enrichment
from votepipe.dev.operations import demo
from votepipe.enrichment.run import Enriching


def test_the_story_ends_in_one_message() -> None:
    lines = list(demo.lines())

    assert any("→ VoteCast" in line for line in lines)
    assert any("→ VoteSettled" in line for line in lines)
    assert len([line for line in lines if line.startswith("  → slack  ")]) == 1
    assert lines[-1].endswith(", 1 message")


def test_it_has_no_log_lines(capsys) -> None:
    list(demo.lines())

    assert capsys.readouterr().out == ""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Enrich with one function that fails, required or not."""

    def enrich(vote: Any) -> Any:
        sys.stdout.write("its own words\n")
        return {}[vote.voter]

    enrich.__module__ = "enrichers.mood"

    def use(*, required: bool) -> None:
        mark = enricher(adds={}, required=required)
        monkeypatch.setattr(enrichment, "ENRICHING", Enriching([mark(enrich).enricher]))

    line = enrich.__code__.co_firstlineno + 2
    return use, f"KeyError in enrichers/mood.py, line {line}."


def test_an_enricher_that_is_left_out_is_named_with_its_error_and_line(broken) -> None:
    use, why = broken
    use(required=False)

    lines = list(demo.lines())

    assert lines[1] == f"  ! enricher mood left out: {why}"
    assert lines[-1].endswith(", 1 message")


def test_one_that_is_required_rejects_the_votes(broken) -> None:
    use, why = broken
    use(required=True)

    lines = list(demo.lines())

    assert lines[0] == f"INSERT  → VoteRejected  enrichment.mood: {why}"
    assert lines[-1] == "4 writes, 4 events, 0 messages"
