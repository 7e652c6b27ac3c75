"""sinks/slack: whatever happens, crashes included, a channel shows each vote as it came to rest."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.emulator.functions.crash_points import Step
from votepipe.testing import Pipeline

pytestmark = pytest.mark.slow

SETTLED = {"bot_token": "xoxb-1", "channel": "C1"}
BOT = SETTLED | {"live": "true"}
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


MODES: dict[str, dict[str, Any]] = {
    "webhook": {"bot_token": None},
    "bot": SETTLED,
    "live bot": BOT,
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
crashed_histories = st.lists(
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
            # A state is not shown if a newer one overtakes it while a crash delays it.
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


def is_shown_elsewhere(mode: str, name: str, step: Step) -> bool:
    """Whether another case crashes at such a step, so that this one does in `make chaos` alone.

    What settles and counts is the same in all modes: threads show it. What two articles change is
    what Slack is sent and what is remembered of it.
    """
    if name == "two articles":
        return (step.function, step.part) not in {("SlackSink", "deliver"), ("SlackSink", "mark")}
    return mode != "threads" and step.function != "SlackSink"


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("webhook", "one article"),
        ("bot", "one article"),
        ("live bot", "one article"),
        ("threads", "one article"),
        ("threads", "two articles"),
    ],
)
def test_a_crash_at_any_step_changes_nothing_but_for_one_repeat(
    play: Any, crash_points: Any, mode: str, name: str
) -> None:
    # With threads, what a crash delays is in the counts that the next vote brings.
    articles = sorted({article for _, _, article, _ in SHORT[name]}) if mode == "threads" else ()
    writes = [*SHORT[name], *((600, f"last-{each}", each, "up") for each in articles)]
    wanted = play(mode, writes)
    posts = []
    for step in crash_points(wanted.steps, lambda step: is_shown_elsewhere(mode, name, step)):
        twice = repeats(mode, play(mode, writes, step.number), wanted, step)
        posts += [wanted.is_behind_a_post(step)] * twice

    assert posts
    assert all(posts)


@given(st.sampled_from(list(MODES)), crashed_histories, st.integers(0, 100_000))
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
