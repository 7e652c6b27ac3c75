"""sinks/slack: wherever a function dies, each vote ends as it came to rest, where it belongs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.emulator.functions.crash_points import Step
from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

BOT = {"bot_token": "xoxb-1", "channel": "C1"}
MODES: dict[str, dict[str, Any]] = {
    "webhook": {"bot_token": None},
    "bot": BOT,
    "threads": BOT | {"threads": "true"},
}

# When, whose, in which article, and what: a kind with or without an answer, or "gone".
Writes = list[tuple[int, str, str, str]]
SHORT: dict[str, Writes] = {
    "two articles": [(0, "v1", "a", "up"), (1, "v1", "a", "down more"), (7, "v2", "b", "up")],
    "one article": [
        (0, "v1", "a", "up"),
        (3, "v2", "a", "down"),
        (260, "v1", "a", "up more"),
        (265, "v2", "a", "gone"),
    ],
}
# Long after one another or close together, but for the minute for which a crash holds one back.
GAPS = [0, 1, 5, 260]
histories = st.lists(
    st.tuples(
        st.sampled_from(GAPS),
        st.sampled_from(["v1", "v2", "v3"]),
        st.sampled_from(["up", "up more", "down", "gone"]),
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
        return [text for text in self.shown.values() if ": 👍" in text]

    def votes(self, name: str) -> list[str]:
        """The messages that show a vote, oldest first."""
        return [text for text in self.shown.values() if f"from {name}" in text]

    def above(self, text: str) -> str | None:
        """What stands above a message."""
        threads = [self.below.get(ts) for ts, shown in self.shown.items() if shown == text]
        return self.shown[threads[-1]] if threads and threads[-1] else None


class Played:
    """A history, what the channel then shows, and all steps on the way."""

    def __init__(self, writes: Writes, channel: Channel, steps: list[Step]) -> None:
        self.writes = writes
        self.channel = channel
        self.steps = steps

    def is_gone(self, name: str) -> bool:
        """Whether a vote was taken back in the end."""
        states = [state for _, whose, _, state in self.writes if whose == name]
        return states[-1:] == ["gone"]

    def is_behind_a_post(self, step: Step) -> bool:
        """Whether a crash at a step leaves a post of which nothing is remembered."""
        last = step if step.moment == "after" else self.steps[max(step.number - 1, 0)]
        return (last.function, last.moment, last.call) == ("SlackSink", "after", "POST slack")


@pytest.fixture(scope="module")
def play(slack_class: Any) -> Callable[..., Played]:
    """Write a history, with a crash at a step if one is named."""

    def play(mode: str, writes: Writes, crash_at: int | None = None) -> Played:
        with Pipeline(
            sinks=["settle", "slack", *(["tally"] if mode == "threads" else [])],
            settings={"slack": MODES[mode]},
        ) as pipeline:
            slack = slack_class(lambda: pipeline.simulation.now)
            pipeline.serve("slack", slack)
            if crash_at is not None:
                pipeline.crash_at(crash_at)
            now = 0
            for at, name, article, state in writes:
                pipeline.advance(seconds=at - now)
                now = at
                write(pipeline, name, article, state)
            pipeline.run_until_idle()
            assert pipeline.dead_letters() == []
            assert pipeline.nothing_lost()
            assert slack.limited == 0
            return Played(writes, Channel(slack), pipeline.steps_made)

    return play


def write(pipeline: Pipeline, name: str, article: str, state: str) -> None:
    keys = {"widgetId": "w", "voteId": name}
    if state == "gone":
        pipeline.remove(keys)
        return
    kind, _, more = state.partition(" ")
    answers = json.dumps({"q": more}) if more else {}
    facts = {"voteType": f"thumbs{kind}", "instanceOfJoy": article, "voter": name}
    pipeline.put(keys | facts | {"answers": answers})


def repeats(mode: str, found: Played, wanted: Played, step: Step) -> int:
    """How many messages there are twice, where each vote and each count ends as it should."""
    twice = 0
    for name, article in {name: article for _, name, article, _ in wanted.writes}.items():
        shown, usual = found.channel.votes(name), wanted.channel.votes(name)
        # One that was taken back in the meantime is shown once, or not at all.
        twice += max(len(shown) - max(len(usual), 1), 0)
        if mode == "webhook":
            # A state that a newer one overtakes while it is held back is not told.
            assert set(shown) <= set(usual), step
        if not wanted.is_gone(name):
            assert shown[-1:] == usual[-1:], step
        elif mode != "webhook" and shown and not wanted.is_behind_a_post(step):
            assert "withdrawn" in shown[-1], step
        if mode == "threads" and shown:
            above = found.channel.above(shown[-1])
            assert above, step
            assert above.startswith(f"_{article}_: "), step
    for text in wanted.channel.counts:
        counts = [each for each in found.channel.counts if each.startswith(text.partition(":")[0])]
        assert counts[-1] == text, step
        twice += len(counts) - 1
    return twice


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("webhook", "one article"),
        ("bot", "one article"),
        ("threads", "one article"),
        ("threads", "two articles"),
    ],
)
def test_a_crash_at_any_step_changes_nothing_but_for_one_repeat(
    play: Any, mode: str, name: str
) -> None:
    writes = SHORT[name]
    wanted = play(mode, writes)
    posts = []
    for step in wanted.steps:
        twice = repeats(mode, play(mode, writes, step.number), wanted, step)
        posts += [wanted.is_behind_a_post(step)] * twice

    assert posts
    assert all(posts)


@given(st.sampled_from(list(MODES)), histories, st.integers(0, 100_000))
def test_a_crash_anywhere_in_any_history_changes_nothing_but_for_one_repeat(
    play: Any, mode: str, history: list[tuple[int, str, str]], number: int
) -> None:
    at, writes = 0, list[tuple[int, str, str, str]]()
    for gap, name, state in history:
        at += gap
        writes.append((at, name, "b" if name == "v3" else "a", state))
    # Counts are looked up when a vote is shown, so that the next one shows what was late.
    writes += [(at + 260, "last-a", "a", "up"), (at + 260, "last-b", "b", "up")]
    wanted = play(mode, writes)
    step = wanted.steps[number % len(wanted.steps)]

    twice = repeats(mode, play(mode, writes, step.number), wanted, step)

    assert twice <= wanted.is_behind_a_post(step)
