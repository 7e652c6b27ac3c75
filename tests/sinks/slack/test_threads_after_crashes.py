"""sinks/slack/threads.py: wherever a function dies, counts and votes end right below each other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.testing import Pipeline
from votepipe.testing.steps import Step

SETTINGS = {"bot_token": "xoxb-1", "channel": "C1", "threads": "true"}

# When, whose, in which article, and what: a kind with or without an answer, or "gone".
Writes = list[tuple[int, str, str, str]]
SHORT: Writes = [(0, "v1", "a", "up"), (5, "v1", "a", "down more"), (7, "v2", "b", "up")]
STATES = ["up", "up more", "down", "gone"]
# Long after one another or close together, but for the minute for which a crash holds one back.
GAPS = [0, 1, 5, 260]
histories = st.lists(
    st.tuples(
        st.sampled_from(GAPS),
        st.sampled_from(["v1", "v2", "v3"]),
        st.sampled_from(STATES),
    ),
    min_size=1,
    max_size=6,
)


class Channel:
    """What a channel shows after a history: messages by time stamp, those below by thread."""

    def __init__(self, slack: Any) -> None:
        self.shown: dict[str, str] = dict(slack.shown)
        posts = {f"{number}.000100": body for number, (_, body) in enumerate(slack.calls, 1)}
        self.below = {ts: body["thread_ts"] for ts, body in posts.items() if "thread_ts" in body}

    @property
    def counts(self) -> list[str]:
        """The messages above votes, oldest first."""
        return [text for ts, text in self.shown.items() if ts not in self.below]

    def votes(self, name: str) -> list[tuple[str, str]]:
        """The messages that show a vote, oldest first, each with what stands above it."""
        return [
            (text, self.shown[self.below[ts]])
            for ts, text in self.shown.items()
            if ts in self.below and f"from {name}" in text
        ]


@pytest.fixture(scope="module")
def play(slack_class: Any) -> Callable[..., tuple[Channel, list[Step]]]:
    """Write a history, with a crash at a step; what the channel then shows, and all steps."""

    def play(writes: Writes, crash_at: int | None = None) -> tuple[Channel, list[Step]]:
        with Pipeline(
            sinks=["settle", "slack", "tally"],
            parameters={"QuietPeriodSeconds": "70"},
            settings={"slack": SETTINGS},
        ) as pipeline:
            slack = slack_class(lambda: pipeline.world.now)
            pipeline.serve("slack", slack)
            if crash_at is not None:
                pipeline.crash_at(crash_at)
            now = 0
            for at, name, article, state in writes:
                pipeline.advance(seconds=at - now)
                now = at
                keys = {"widgetId": "w", "voteId": name}
                if state == "gone":
                    pipeline.remove(keys)
                    continue
                kind, _, more = state.partition(" ")
                pipeline.put(
                    {
                        **keys,
                        "voteType": f"thumbs{kind}",
                        "instanceOfJoy": article,
                        "voter": name,
                        "answers": json.dumps({"q": more}) if more else {},
                    }
                )
            pipeline.run_until_idle()
            assert pipeline.dead_letters() == []
            assert pipeline.nothing_lost()
            return Channel(slack), pipeline.steps_made

    return play


def assert_the_same_but_for_repeats(found: Channel, wanted: Channel, step: Step) -> None:
    """Each vote and each count ends as it would have; what is there twice was sent by `step`."""
    repeats = 0
    for name in ("v1", "v2", "v3", "last-a", "last-b"):
        messages, usual = found.votes(name), wanted.votes(name)
        gone = all("withdrawn" in text for text, _ in usual)
        if gone and (not messages or cut_off_behind_a_post(step)):
            continue  # taken back before it could be shown, or before it was known to be
        assert [text for text, _ in messages[-1:]] == [text for text, _ in usual], step
        repeats += len(messages) - len(usual)
    # A second message above votes is the one whose counts are kept up.
    for text in wanted.counts:
        article = text.partition(":")[0]
        mine = [count for count in found.counts if count.startswith(article)]
        assert mine[-1] == text, step
        repeats += len(mine) - 1
    assert repeats <= cut_off_behind_a_post(step), step


def cut_off_behind_a_post(step: Step) -> bool:
    """Whether a crash at this step leaves a post of which nothing is remembered."""
    if step.function != "SlackSink":
        return False
    return (step.moment, step.call.partition(" ")[0]) in (
        ("after", "POST"),
        ("before", "dynamodb.UpdateItem"),
    )


def test_a_crash_at_any_step_of_a_short_history_changes_nothing(play: Any) -> None:
    wanted, steps = play(SHORT)
    for step in steps:
        if step.function != "SettleSink":
            assert_the_same_but_for_repeats(play(SHORT, step.number)[0], wanted, step)


@given(histories, st.integers(0, 100_000))
def test_a_crash_anywhere_in_any_history_changes_nothing(
    play: Any, history: list[tuple[int, str, str]], number: int
) -> None:
    at, writes = 0, list[tuple[int, str, str, str]]()
    for gap, name, state in history:
        at += gap
        writes.append((at, name, {"v1": "a", "v2": "a", "v3": "b"}[name], state))
    # Counts are looked up when a vote is shown, so that the next one shows what was late.
    writes += [(at + 260, "last-a", "a", "up"), (at + 260, "last-b", "b", "up")]
    wanted, steps = play(writes)
    step = steps[number % len(steps)]

    assert_the_same_but_for_repeats(play(writes, step.number)[0], wanted, step)
