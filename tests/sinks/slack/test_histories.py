"""sinks/slack: whatever happens on the way, a channel shows each vote as it came to rest, once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

BOT = {"bot_token": "xoxb-1", "channel": "C1"}
WEBHOOK: dict[str, Any] = {"bot_token": None}
# A write every so many seconds; 0 takes the vote back.
Histories = list[list[int]]
histories = st.lists(
    st.lists(st.sampled_from([0, 3, 10, 20, 90]), min_size=1, max_size=5), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def channel(slack_class: Any) -> Any:
    """Make a pipeline with a strict Slack behind it, which is the second."""

    @contextmanager
    def make(mode: dict[str, Any], seed: int = 0, **more: Any) -> Iterator[tuple[Pipeline, Any]]:
        with Pipeline(
            sinks=["settle", "slack"],
            parameters={"QuietPeriodSeconds": "30"},
            settings={"slack": {**mode, **more}},
            seed=seed,
        ) as pipeline:
            slack = slack_class(lambda: pipeline.simulation.now)
            pipeline.serve("slack", slack)
            yield pipeline, slack

    return make


def live(pipeline: Pipeline, histories: Histories) -> dict[str, str]:
    """Write the histories of some votes; the answer of each vote at the end, "" if it is gone."""
    writes = []
    for number, gaps in enumerate(histories):
        at = number * 2.0
        for step, gap in enumerate(gaps):
            at += max(gap, 1)
            writes.append((at, f"v{number}", "" if gap == 0 else f"v{number} says {step}."))
    last, now, there = {}, 0.0, set()
    for at, name, answer in sorted(writes):
        pipeline.advance(seconds=at - now)
        now = at
        keys = {"widgetId": "docs", "voteId": name}
        if answer:
            vote = {**keys, "voteType": "thumbsup", "instanceOfJoy": name}
            pipeline.put({**vote, "answers": json.dumps({"q": answer})})
            there.add(name)
        elif name in there:
            pipeline.remove(keys)
            there.discard(name)
        last[name] = answer
    pipeline.run_until_idle()
    return last


def shown(slack: Any, name: str) -> list[str]:
    """What the channel shows of a vote."""
    return [text for text in slack.shown.values() if f"{name} says" in text]


def assert_shown_as_it_came_to_rest(slack: Any, last: dict[str, str]) -> None:
    """Each vote is one message in its final form, struck out if it was taken back."""
    for name, answer in last.items():
        messages = shown(slack, name)
        if answer:
            assert [answer in text for text in messages] == [True]
        else:
            assert len(messages) <= 1
        assert not any("may still change" in text for text in messages)
        assert all(bool(answer) != ("withdrawn" in text) for text in messages)


@given(histories=histories, seed=st.integers(0, 999))
def test_a_bot_shows_each_vote_once(channel: Any, histories: Histories, seed: int) -> None:
    with channel(BOT, seed) as (pipeline, slack):
        last = live(pipeline, histories)

        assert_shown_as_it_came_to_rest(slack, last)
        assert (slack.limited, pipeline.dead_letters()) == (0, [])


@given(histories=histories, seed=st.integers(0, 999))
def test_nothing_that_goes_wrong_changes_that(
    channel: Any, histories: Histories, seed: int
) -> None:
    with channel(BOT, seed) as (pipeline, slack):
        pipeline.duplicate(0.3, late=20)
        pipeline.reorder(seed)
        pipeline.latency(0, 0.4)
        pipeline.answer("slack", status=500, times=3)
        last = live(pipeline, histories)

        assert_shown_as_it_came_to_rest(slack, last)
        assert pipeline.dead_letters() == []


@given(histories=histories, seed=st.integers(0, 999))
def test_a_webhook_posts_each_settled_state_once(
    channel: Any, histories: Histories, seed: int
) -> None:
    with channel(WEBHOOK, seed) as (pipeline, slack):
        pipeline.duplicate(0.3, late=20)
        pipeline.reorder(seed)
        live(pipeline, histories)

        assert len(slack.calls) == len(pipeline.events("VoteSettled"))
        assert (slack.limited, pipeline.dead_letters()) == (0, [])


def test_a_message_deleted_in_slack_stays_away(channel: Any) -> None:
    with channel(BOT) as (pipeline, slack):
        vote = {"widgetId": "docs", "voteId": "v0", "voteType": "thumbsup", "answers": {}}
        pipeline.put(vote)
        pipeline.advance(seconds=5)
        slack.shown.clear()
        for number in range(3):
            pipeline.put({**vote, "answers": {"q": str(number)}})
            pipeline.advance(minutes=2)

        assert slack.methods == ["chat.postMessage"]
        assert pipeline.dead_letters() == []


def test_what_slack_asks_to_wait_is_waited(channel: Any) -> None:
    with channel(BOT) as (pipeline, slack):
        pipeline.answer("slack", retry_after=20)
        for number in range(3):
            pipeline.put({"widgetId": "w", "voteId": f"v{number}", "voteType": "thumbsup"})
        pipeline.advance(seconds=19)

        assert slack.calls == []
        pipeline.run_until_idle()
        assert len(slack.calls) >= 3
