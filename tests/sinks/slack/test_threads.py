"""sinks/slack/threads.py: one message for each article, with live counts, and its votes below."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.testing import Pipeline

THREADS = {"bot_token": "xoxb-1", "channel": "C1", "threads": "true"}


class Run:
    """A pipeline with a strict Slack, and what stands in its channel."""

    def __init__(self, slack_class: Any, seed: int = 0, **more: Any) -> None:
        self.pipeline = Pipeline(
            sinks=["settle", "slack", "tally"],
            parameters={"QuietPeriodSeconds": "30"},
            settings={"slack": {**THREADS, **more}},
            seed=seed,
        )
        self.slack = slack_class(lambda: self.pipeline.simulation.now)
        self.pipeline.serve("slack", self.slack)

    def put(self, vote: str, article: str = "a", kind: str = "thumbsup", answer: str = "") -> None:
        answers = json.dumps({"q": answer}) if answer else {}
        keys = {"widgetId": "w", "voteId": vote, "instanceOfJoy": article}
        self.pipeline.put({**keys, "voteType": kind, "answers": answers})

    @property
    def parents(self) -> list[str]:
        """What the messages say that are in the channel itself."""
        return [text for ts, text in self.slack.shown.items() if ts not in self.replies]

    @property
    def replies(self) -> dict[str, str]:
        """The time stamps of messages below others, and of which."""
        posted = [body for method, body in self.slack.calls]
        return {
            f"{number}.000100": body["thread_ts"]
            for number, body in enumerate(posted, 1)
            if "thread_ts" in body
        }


@pytest.fixture
def run(slack_class: Any) -> Iterator[Run]:
    made = Run(slack_class)
    yield made
    made.pipeline.close()


def test_votes_stand_below_one_message_with_counts(run: Run) -> None:
    run.put("v1")
    run.pipeline.advance(minutes=2)
    run.put("v2", kind="thumbsdown", answer="x")
    run.pipeline.run_until_idle()

    assert run.parents == ["_a_: 👍 1 · 👎 1 · 1 with answers"]
    assert set(run.replies.values()) == {"1.000100"}
    assert len(run.replies) == 2


def test_each_article_has_its_own(run: Run) -> None:
    run.put("v1", "a")
    run.put("v2", "b")
    run.pipeline.run_until_idle()

    assert sorted(run.parents) == [
        "_a_: 👍 1 · 👎 0 · 0 with answers",
        "_b_: 👍 1 · 👎 0 · 0 with answers",
    ]


def test_a_change_of_mind_and_a_withdrawal_correct_the_counts(run: Run) -> None:
    run.put("v1")
    run.put("v2")
    run.pipeline.advance(minutes=2)
    run.put("v1", kind="thumbsdown")
    run.pipeline.advance(minutes=2)
    run.pipeline.remove({"widgetId": "w", "voteId": "v2"})
    run.pipeline.advance(minutes=2)
    run.put("v3", kind="thumbsdown")
    run.pipeline.run_until_idle()

    assert run.parents == ["_a_: 👍 0 · 👎 2 · 0 with answers"]


def test_a_parent_that_was_deleted_is_posted_once_more(run: Run) -> None:
    run.put("v1")
    run.pipeline.advance(minutes=2)
    run.slack.shown.clear()
    run.put("v2")
    run.pipeline.run_until_idle()

    assert run.parents == ["_a_: 👍 2 · 👎 0 · 0 with answers"]


@given(
    kinds=st.lists(st.sampled_from(["thumbsup", "thumbsdown"]), min_size=1, max_size=12),
    seed=st.integers(0, 99),
)
def test_the_counts_are_right_whatever_happens(
    slack_class: Any, kinds: list[str], seed: int
) -> None:
    run = Run(slack_class, seed)
    try:
        run.pipeline.duplicate(0.3, late=10)
        run.pipeline.reorder(seed)
        for number, kind in enumerate(kinds):
            run.put(f"v{number}", kind="thumbsup")
            run.pipeline.advance(seconds=seed % 7)
            run.put(f"v{number}", kind=kind)
        run.pipeline.run_until_idle()

        up = kinds.count("thumbsup")
        assert run.parents == [f"_a_: 👍 {up} · 👎 {len(kinds) - up} · 0 with answers"]
        assert run.slack.limited == 0
        assert run.pipeline.dead_letters() == []
    finally:
        run.pipeline.close()


@pytest.mark.slow
def test_in_a_burst_the_many_stand_below_as_well(run: Run) -> None:
    for number in range(200):
        run.put(f"v{number}")
        run.pipeline.advance(seconds=0.12)
    run.pipeline.run_until_idle()

    assert run.parents == ["_a_: 👍 200 · 👎 0 · 0 with answers"]
    assert run.slack.limited == 0
    assert len(run.slack.calls) < 80
