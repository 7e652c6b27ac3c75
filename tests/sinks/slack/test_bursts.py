"""sinks/slack: a newsletter goes out, and hundreds vote in a minute."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark of large bursts."""
    monkeypatch.syspath_prepend("bench")
    return importlib.import_module("burst")


@pytest.fixture
def burst(bench: Any) -> Callable[..., Any]:
    """Have people vote; it fails where a vote is in no message, in two, or in the wrong thread."""

    def burst(mode: str, articles: int, votes: int, seconds: float, looks: int = 0) -> Any:
        return bench.burst(mode, articles, votes, seconds=seconds, quiet=30, looks=looks)

    return burst


@pytest.mark.parametrize(
    ("mode", "articles", "mean"), [("webhook", 15, 3), ("bot", 1, 3), ("threads", 15, 6)]
)
def test_a_burst_keeps_the_rate_limit_and_accounts_for_every_vote(
    bench: Any, burst: Any, mode: str, articles: int, mean: float
) -> None:
    seen = burst(mode, articles, votes=400, seconds=48)

    received = bench.receives(seen.pipeline)
    assert seen.channel.limited == 0
    assert len(seen.channel.calls) < 130
    # With threads, a vote waits for the tally first.
    assert sum(received) / len(received) < mean


def test_where_votes_come_now_and_then_the_last_are_counted_above_too(
    bench: Any, burst: Any
) -> None:
    seen = burst("threads", 10, votes=100, seconds=120)

    _, above = bench.accounted(seen.channel)
    assert above.total() == 100


def test_in_a_burst_no_function_keeps_anything(burst: Any) -> None:
    seen = burst("threads", 15, votes=300, seconds=108, looks=6)

    for function, looks in seen.memory.items():
        # The last three come after all that is imported late.
        counts = [each.objects for each in looks[-3:]]
        assert max(counts) - min(counts) < 50, function  # of 100 votes or more


def test_without_anything_to_batch_the_queue_is_long_and_few_receives_are_wasted(
    bench: Any, burst: Any
) -> None:
    seen = burst("webhook", 200, votes=200, seconds=24)

    assert seen.channel.limited == 0
    assert len(seen.channel.calls) == 200
    assert max(bench.receives(seen.pipeline)) <= 5


def test_on_an_ordinary_day_each_vote_is_a_message(burst: Any) -> None:
    seen = burst("webhook", 2, votes=100, seconds=600)

    assert len(seen.channel.calls) == 100
