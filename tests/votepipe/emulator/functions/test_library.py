"""votepipe/emulator/functions/library.py: the library's own globals and threads in a process."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from votepipe.aws import secrets
from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}

ENRICHER = '''"""Add how long it took."""

import time
from typing import Any

from votepipe import Vote, enricher


@enricher(adds={"type": "object"}, timeout=2)
def enrich(vote: Vote) -> dict[str, Any]:
    time.sleep(SECONDS)
    return {"waited": True}
'''


def enriched(run: Run, checkout: Callable[..., Path], seconds: float) -> object:
    root = checkout()
    (root / "enrichers" / "slow.py").write_text(ENRICHER.replace("SECONDS", str(seconds)))
    pipeline = run(root)
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline.events()[0]["detail"]["enrichment"]


def test_the_checkout_s_enrichers_run(run: Run, checkout: Callable[..., Path]) -> None:
    assert enriched(run, checkout, 1) == {"slow": {"waited": True}}


def test_an_enricher_that_takes_too_long_is_left_out(
    run: Run, checkout: Callable[..., Path]
) -> None:
    assert enriched(run, checkout, 3) == {}


def test_nor_does_it_hold_up_the_next_votes(run: Run, checkout: Callable[..., Path]) -> None:
    root = checkout()
    (root / "enrichers" / "slow.py").write_text(ENRICHER.replace("SECONDS", "3"))
    pipeline = run(root)
    for number in range(5):
        pipeline.put(VOTE | {"voteId": str(number)})
    pipeline.run_until_idle()

    assert [event["detail"]["enrichment"] for event in pipeline.events()] == [{}] * 5


def test_secrets_that_a_process_keeps_are_its_own(chat: Pipeline) -> None:
    before = dict(secrets._kept)
    chat.put(VOTE)
    chat.run_until_idle()

    assert secrets._kept == before
    assert any(step.part == "settings" for step in chat.steps_made)


def test_secrets_are_read_again_when_they_are_old(chat: Pipeline) -> None:
    for number in range(2):
        chat.put(VOTE | {"voteId": str(number)})
        chat.advance(minutes=6)
    calls = [step for step in chat.steps_made if step.part == "settings"]

    assert len(calls) == 2 * 2


@pytest.mark.parametrize("votes", [5])
def test_no_thread_is_left_behind(run: Run, votes: int) -> None:
    before = set(threading.enumerate())
    pipeline = run()
    for number in range(votes):
        pipeline.put(VOTE | {"voteId": str(number)})
    pipeline.run_until_idle()
    pipeline.close()

    assert set(threading.enumerate()) <= before
