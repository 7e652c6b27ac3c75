"""votepipe/emulator/functions/crash_points.py: crashes before and after each call."""

from collections.abc import Callable

import pytest

from votepipe.emulator.functions.crash_points import distinct
from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}

STEPS = [
    "step 0: ChatSink before secretsmanager.GetSecretValue (settings)",
    "step 1: ChatSink after secretsmanager.GetSecretValue (settings)",
    "step 2: ChatSink before dynamodb.UpdateItem (lease)",
    "step 3: ChatSink after dynamodb.UpdateItem (lease)",
    "step 4: ChatSink before POST chat (deliver)",
    "step 5: ChatSink after POST chat (deliver)",
    "step 6: ChatSink before dynamodb.UpdateItem (mark)",
    "step 7: ChatSink after dynamodb.UpdateItem (mark)",
]


def after_a_vote(pipeline: Pipeline) -> Pipeline:
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline


def test_each_call_has_a_step_before_and_one_after_it(chat: Pipeline) -> None:
    assert [str(step) for step in after_a_vote(chat).steps_made] == STEPS


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_vote_survives_a_crash_at_every_step(run: Run, number: int) -> None:
    pipeline = run()
    pipeline.crash_at(number)
    after_a_vote(pipeline)
    texts = [message.text for message in pipeline.sent("chat")]
    # Between send and mark nobody can know: the message comes twice.
    expected = 2 if number in (5, 6) else 1

    assert texts == ["one thumbsup"] * expected
    assert pipeline.nothing_lost(), str(pipeline.nothing_lost())


def test_a_crash_before_a_call_is_one_after_the_call_before_it(run: Run) -> None:
    steps = after_a_vote(run()).steps_made
    seen = []
    for step in steps:
        pipeline = run()
        pipeline.crash_at(step.number)
        after_a_vote(pipeline)
        seen.append(str(pipeline.trace))

    assert [step.number for step in distinct(steps)] == [0, 1, 3, 5, 7]
    assert [seen[number] == seen[number - 1] for number in (2, 4, 6)] == [True] * 3
    # Before the message is sent, between send and mark, and after that.
    assert len(set(seen)) == 3


def test_after_a_crash_the_message_shows_when_its_visibility_ends(chat: Pipeline) -> None:
    chat.crash_at(2)
    after_a_vote(chat)
    visibility = chat.mapping_of("chat").queue.visibility
    received = [hop.at for hop in chat.trace.hops if hop.what == "received"]

    assert received == [0, visibility]


def test_a_crash_loses_the_process_and_no_code_of_it_runs_on(chat: Pipeline) -> None:
    chat.crash_at(2)
    after_a_vote(chat)

    # The second process asks for its settings again.
    assert [step.part for step in chat.steps_made if step.moment == "before"] == [
        "settings", "lease", "settings", "lease", "deliver", "mark",
    ]  # fmt: skip


def test_a_crash_can_be_asked_for_between_two_parts(chat: Pipeline) -> None:
    chat.crash_between("deliver", "mark", times=2)
    after_a_vote(chat)

    assert len(chat.sent("chat")) == 3


def test_parts_that_do_not_follow_each_other_do_not_crash(chat: Pipeline) -> None:
    chat.crash_between("mark", "deliver")
    after_a_vote(chat)

    assert len(chat.sent("chat")) == 1
