"""The whole pipeline: whatever goes wrong, in whatever order, no vote's last state is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votepipe.testing import Pipeline

VOTES = st.sampled_from(["a", "b", "c"])
STATES = st.sampled_from(["up", "down", "invalid", "answer 1", "answer 2", "gone"])
ANSWERS = st.sampled_from(
    [
        {"status": 500},
        {"status": 404},
        {"retry_after": 20},
        {"disconnect": True},
        {"disconnect": True, "arrives": True},
        {"timeout": True},
        {"timeout": True, "arrives": True},
        {"takes": 20},
    ]
)
TIMES = st.integers(1, 4)
# What happens to a pipeline: one of ACTS below, and what it gets.
ACTIONS = st.one_of(
    st.tuples(st.just("write"), VOTES, STATES),
    st.tuples(st.just("write"), VOTES, STATES),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1, 10, 100, 400])),
    st.tuples(st.just("answer"), ANSWERS, TIMES),
    st.tuples(st.just("fail"), st.sampled_from(["EnrichFunction", "ChatSink", "ChatQueue"]), TIMES),
    st.tuples(st.just("throttle"), st.sampled_from(["EnrichFunction", "ChatSink"]), TIMES),
    st.tuples(st.just("refuse"), st.sampled_from([None, 1]), TIMES),
    st.tuples(st.just("crash"), st.integers(0, 30)),
    st.tuples(st.just("duplicate"), st.sampled_from([0.5, 1.0]), st.sampled_from([0, 30, 500])),
    st.tuples(st.just("reorder"), st.integers(0, 9)),
    st.tuples(st.just("latency"), st.sampled_from([0, 1, 5])),
)


def stored(vote: str, state: str) -> dict[str, Any]:
    kind = {"down": "thumbsdown", "invalid": "sideways"}.get(state, "thumbsup")
    answers = json.dumps({"field": state}) if state.startswith("answer") else {}
    return {"widgetId": "docs", "voteId": vote, "voteType": kind, "answers": answers}


def do(pipeline: Pipeline, action: tuple[Any, ...]) -> None:
    name, *given = action
    ACTS[name](pipeline, *given)


def write(pipeline: Pipeline, vote: str, state: str) -> None:
    if state == "gone":
        pipeline.remove(stored(vote, "up"))
    else:
        pipeline.put(stored(vote, state))


ACTS: dict[str, Any] = {
    "write": write,
    "wait": lambda pipeline, seconds: pipeline.advance(seconds=seconds),
    "answer": lambda pipeline, answer, times: pipeline.answer("chat", times=times, **answer),
    "fail": lambda pipeline, name, times: pipeline.fail(name, times=times),
    "throttle": lambda pipeline, name, times: pipeline.throttle(name, times=times),
    "refuse": lambda pipeline, entries, times: pipeline.put_events_fails(
        entries=entries, times=times
    ),
    "crash": lambda pipeline, steps: pipeline.crash_at(len(pipeline.steps_made) + steps),
    "duplicate": lambda pipeline, share, late: pipeline.duplicate(share, late=late),
    "reorder": lambda pipeline, seed: pipeline.reorder(seed),
    "latency": lambda pipeline, most: pipeline.latency(0, most),
}


def last_events(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    """The newest event of each vote that the chat sink subscribes to."""
    last: dict[str, dict[str, Any]] = {}
    for event in [*pipeline.events("VoteCast"), *pipeline.events("VoteChanged")]:
        detail = event["detail"]
        vote = detail["vote"]["voteId"]
        if vote not in last or int(last[vote]["sequence"]) < int(detail["sequence"]):
            last[vote] = detail
    return last


def text_of(detail: dict[str, Any]) -> str:
    answers = ", ".join(detail["vote"]["answers"].values())
    return f"{detail['vote']['voteId']} {detail['vote']['voteType']} {answers}".strip()


@pytest.fixture(scope="module")
def root(plain: Path) -> Path:
    return plain


@settings(max_examples=250, deadline=None)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=25), seed=st.integers(0, 3))
def test_every_last_state_is_delivered_or_lies_in_the_dead_letters(
    root: Path, actions: list[tuple[Any, ...]], seed: int
) -> None:
    with Pipeline(root, seed=seed) as pipeline:
        for action in actions:
            do(pipeline, action)
        pipeline.heal()
        pipeline.run_until_idle()
        buried = {letter.vote_key.event for letter in pipeline.dead_letters("chat")}
        sent = [message.text for message in pipeline.sent("chat")]

        assert pipeline.nothing_lost(), str(pipeline.nothing_lost())
        assert all(letter.reason for letter in pipeline.dead_letters())
        assert pipeline.waiting("chat") == 0
        for vote, detail in last_events(pipeline).items():
            messages = [text for text in sent if text.split()[0] == vote]
            if detail["eventID"] not in buried:
                assert messages[-1] == text_of(detail), str(pipeline.way(vote))
