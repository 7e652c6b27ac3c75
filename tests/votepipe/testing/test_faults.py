"""votepipe/testing/pipeline.py: things that go wrong, and that nothing is lost by them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Answer, KitError, Pipeline

Run = Callable[..., Pipeline]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
ONE = ["one thumbsup"]


def after_a_vote(pipeline: Pipeline) -> list[str]:
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return [message.text for message in pipeline.sent("chat")]


def seconds(pipeline: Pipeline) -> float:
    return pipeline.trace.hops[-1].at


def test_enrichment_that_fails_is_tried_again(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", times=3)

    assert after_a_vote(chat) == ONE
    assert seconds(chat) == 0.5 + 1 + 2


def test_enrichment_that_goes_on_failing_ends_in_the_pipe_s_dead_letters(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", times=1000)

    assert after_a_vote(chat) == []
    assert [letter.reason for letter in chat.dead_letters("VotesPipeDeadLetters")] == [
        "RecordAgeExceeded"
    ]
    assert chat.nothing_lost()


MOOD = '"""Add a mood."""\nfrom votepipe import enricher\n\n@enricher(adds={})\n'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return {}[vote.vote_id]", "KeyError in enrichers/mood.py, line 6."),
        ("import time; time.sleep(2)", "It took longer than 0.5 s."),
    ],
)
def test_an_enricher_that_is_left_out_is_on_the_vote_s_path(
    checkout: Callable[..., Path], run: Run, body: str, why: str
) -> None:
    root = checkout()
    (root / "enrichers" / "mood.py").write_text(f"{MOOD}def enrich(vote):\n    {body}\n")
    pipeline = run(root)

    assert after_a_vote(pipeline) == ONE
    (left_out,) = [hop for hop in pipeline.way("one").hops if hop.what == "left out"]
    assert (left_out.where, left_out.facts) == ("EnrichFunction", {"enricher": "mood", "why": why})


def test_a_throttled_enrichment_does_not_use_up_its_tries(chat: Pipeline) -> None:
    chat.throttle("EnrichFunction", times=15)

    assert after_a_vote(chat) == ONE


def test_a_throttled_table_has_the_message_tried_again(chat: Pipeline) -> None:
    chat.throttle("DeliveriesTable", times=2)

    assert after_a_vote(chat) == ONE
    reasons = [line["why"] for line in chat.lines("ChatSink") if line["outcome"] == "retried"]
    assert reasons == ["The deliveries table answered 'ThrottlingException'."] * 2


def test_a_table_that_stays_throttled_is_the_reason_in_the_dead_letters(chat: Pipeline) -> None:
    chat.throttle("DeliveriesTable", times=1000)

    assert after_a_vote(chat) == []
    assert [letter.reason for letter in chat.dead_letters("chat")] == [
        "The deliveries table answered 'ThrottlingException'. Receive 50 was the last."
    ]
    assert chat.nothing_lost()


def test_a_sink_that_fails_is_called_again_when_its_message_shows(chat: Pipeline) -> None:
    chat.fail("ChatSink", times=2)

    assert after_a_vote(chat) == ONE
    assert seconds(chat) == 2 * chat.mapping_of("chat").queue.visibility


def test_a_sink_that_goes_on_failing_ends_in_its_dead_letters(chat: Pipeline) -> None:
    chat.fail("ChatSink", times=100)

    assert after_a_vote(chat) == []
    assert re.fullmatch(r"It was received \d+ times\.", chat.dead_letters("chat")[0].reason)
    assert chat.nothing_lost()


def test_a_queue_that_does_not_answer_is_sent_to_again(chat: Pipeline) -> None:
    chat.fail("ChatQueue", times=5)

    assert after_a_vote(chat) == ONE


@pytest.mark.parametrize("entries", [None, 1])
def test_a_bus_that_refuses_entries_gets_them_again(chat: Pipeline, entries: int | None) -> None:
    chat.put_events_fails(entries=entries, times=2)
    chat.put(VOTE | {"voteId": "two"})

    assert sorted(after_a_vote(chat)) == ["one thumbsup", "two thumbsup"]


def test_duplicates_make_one_message(chat: Pipeline) -> None:
    chat.duplicate()

    assert after_a_vote(chat) == ONE
    assert sum(hop.what == "received" for hop in chat.trace.hops) == 2


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        ({"status": 500}, 1),
        ({"retry_after": 45}, 45),
        ({"status": 503, "retry_after": 20}, 20),
        ({"disconnect": True}, 1),
        ({"timeout": True}, 11),
    ],
)
def test_a_receiver_that_fails_gets_the_message_later(
    chat: Pipeline, answer: dict[str, Any], wait: float
) -> None:
    chat.answer("chat", **answer)

    assert after_a_vote(chat) == ONE
    # The library spreads what it tries again over a second.
    assert wait <= seconds(chat) <= wait + 1


def test_a_receiver_that_refuses_gets_it_once(chat: Pipeline) -> None:
    chat.answer("chat", status=404)

    assert after_a_vote(chat) == []
    assert len(chat.attempts("chat")) == 1
    assert chat.dead_letters("chat")[0].reason.startswith("127.0.0.1 answered 404 Not Found.")


def test_an_answer_that_got_lost_makes_the_message_come_twice(chat: Pipeline) -> None:
    chat.answer("chat", timeout=True, arrives=True)

    assert after_a_vote(chat) == ONE * 2


def test_a_receiver_may_behave_by_a_function(chat: Pipeline) -> None:
    chat.serve("chat", lambda request: Answer(status=200 if b"one" in request.content else 404))

    assert after_a_vote(chat) == ONE


def test_a_receiver_may_take_its_time(chat: Pipeline) -> None:
    chat.answer("chat", takes=3)

    assert after_a_vote(chat) == ONE
    assert seconds(chat) == 3


def test_a_function_may_take_its_time(chat: Pipeline) -> None:
    chat.takes("ChatSink", seconds=2)
    chat.takes("EnrichFunction", seconds=1)

    assert after_a_vote(chat) == ONE
    assert seconds(chat) == 3


def test_a_function_that_takes_longer_than_its_time_out_fails(chat: Pipeline) -> None:
    chat.takes("ChatSink", seconds=61)

    assert after_a_vote(chat) == []
    assert len(chat.dead_letters("chat")) == 1


def test_functions_take_turns_when_their_calls_take_time(chat: Pipeline) -> None:
    chat.latency(1)
    for number in range(11):
        chat.put(VOTE | {"voteId": str(number)})
    chat.run_until_idle()
    functions = [step.call for step in chat.steps_made]

    # Two batches are under way at once: their first calls both come before any second one.
    assert functions[:2] == ["secretsmanager.GetSecretValue"] * 2
    assert len(chat.sent("chat")) == 11


def test_a_lease_keeps_two_from_sending_one_message(chat: Pipeline) -> None:
    chat.latency(1)
    chat.duplicate()

    assert after_a_vote(chat) == ONE


def test_order_can_be_left_to_chance(run: Run) -> None:
    pipeline = run(sinks=["chat"])
    pipeline.reorder(3)
    for number in range(8):
        pipeline.put(VOTE | {"voteId": str(number)})
    pipeline.run_until_idle()
    texts = [message.text for message in pipeline.sent("chat")]

    assert sorted(texts) == [f"{number} thumbsup" for number in range(8)] != texts


def test_a_permission_that_is_missing_is_the_reason_in_the_dead_letters(chat: Pipeline) -> None:
    chat.deny("ChatSink", "dynamodb:UpdateItem")

    assert after_a_vote(chat) == []
    (letter,) = chat.dead_letters("chat")
    assert "dynamodb:UpdateItem" in letter.reason


def test_a_pipe_without_a_permission_goes_on_when_it_has_it(chat: Pipeline) -> None:
    chat.deny("VotesPipe", "events:PutEvents")
    chat.put(VOTE)
    chat.advance(minutes=20)
    assert chat.events() == []
    chat.heal()
    chat.run_until_idle()

    assert [message.text for message in chat.sent("chat")] == ONE


def test_functions_can_go_on_in_new_processes(chat: Pipeline) -> None:
    def cold_starts() -> int:
        return sum("GetSecretValue" in step.call for step in chat.steps_made)

    after_a_vote(chat)
    chat.put(VOTE | {"voteId": "two"})
    chat.run_until_idle()
    warm = cold_starts()
    chat.restart()
    chat.put(VOTE | {"voteId": "three"})
    chat.run_until_idle()

    assert (warm, cold_starts()) == (2, 4)
    assert len(chat.sent("chat")) == 3


def test_all_faults_can_be_ended(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", times=9)
    chat.answer("chat", status=500, times=9)
    chat.crash_at(0)
    chat.duplicate()
    chat.deny("ChatSink", "dynamodb:UpdateItem")
    chat.heal()

    assert after_a_vote(chat) == ONE
    assert seconds(chat) == 0


def test_dead_letters_can_be_moved_back(chat: Pipeline) -> None:
    chat.answer("chat", status=404)
    after_a_vote(chat)
    chat.redrive("chat")
    chat.run_until_idle()

    assert [message.text for message in chat.sent("chat")] == ONE
    assert chat.dead_letters("chat") == []


def test_dead_letters_of_a_pipe_cannot_be_moved_back(chat: Pipeline) -> None:
    with pytest.raises(KitError, match="no dead letters that came from a sink's queue"):
        chat.redrive("VotesPipeDeadLetters")


def test_an_archive_can_be_replayed_to_chosen_rules(
    run: Run, checkout: Callable[..., Path]
) -> None:
    archive = {
        "Type": "AWS::Events::Archive",
        "Properties": {"SourceArn": {"Fn::GetAtt": ["VotesBus", "Arn"]}},
    }
    pipeline = run(checkout(more={"Kept": archive}))
    after_a_vote(pipeline)
    pipeline.replay(rules=["ChatRule"])
    pipeline.run_until_idle()

    assert [event.get("replay-name") for event in pipeline.events()] == [None, "replay"]
    assert [hop.facts.get("type") for hop in pipeline.trace.hops if hop.what == "matched"] == [
        "VoteCast", "VoteCast",
    ]  # fmt: skip


def test_without_an_archive_nothing_can_be_replayed(chat: Pipeline) -> None:
    with pytest.raises(KitError, match="has no archive"):
        chat.replay(archive="None")


def test_a_name_that_is_not_there_is_refused(chat: Pipeline) -> None:
    with pytest.raises(
        KitError, match=r"no function or queue 'ChatSnik'. Did you mean 'ChatSink'?"
    ):
        chat.fail("ChatSnik")


@pytest.mark.parametrize("name", ["chta", "Chat", "settle"])
def test_a_receiver_that_no_running_sink_posts_to_is_refused(chat: Pipeline, name: str) -> None:
    for misspelt in (chat.answer, lambda name: chat.serve(name, lambda _: Answer())):
        with pytest.raises(KitError, match=f"No sink '{name}' runs here. "):
            misspelt(name)


@pytest.mark.parametrize(
    ("name", "hint"), [("chta", "Did you mean 'chat'?"), ("settle", "There are: chat.")]
)
def test_a_pipeline_of_unknown_sinks_is_refused(run: Run, name: str, hint: str) -> None:
    with pytest.raises(KitError) as refused:
        run(sinks=["chat", name])

    assert str(refused.value) == f"There is no sink '{name}'. {hint}"
