"""votepipe/testing/loss_report.py.

Nothing is lost, and the report says what was when something is.
"""

import json
from collections.abc import Callable
from pathlib import Path

from votepipe import Event
from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}


def after_a_vote(pipeline: Pipeline) -> Pipeline:
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline


def test_a_delivered_vote_is_not_lost(chat: Pipeline) -> None:
    report = after_a_vote(chat).nothing_lost()

    assert report
    assert str(report) == "nothing lost of 1 votes"


def test_a_vote_that_waits_is_not_lost(chat: Pipeline) -> None:
    chat.answer("chat", retry_after=60)
    chat.put(VOTE)
    chat.advance(seconds=1)

    assert chat.nothing_lost()


def test_a_vote_whose_rule_tries_again_is_not_lost(chat: Pipeline) -> None:
    chat.fail("ChatQueue", times=5)
    chat.put(VOTE)
    chat.advance(seconds=1)

    assert chat.nothing_lost()


def test_a_vote_in_the_dead_letters_is_not_lost(chat: Pipeline) -> None:
    chat.answer("chat", status=404)

    assert after_a_vote(chat).nothing_lost()


def test_a_rejected_record_does_not_hide_the_last_valid_state(chat: Pipeline) -> None:
    after_a_vote(chat)
    chat.put(VOTE | {"voteType": "sideways"})
    chat.run_until_idle()

    assert [event["detail-type"] for event in chat.events()] == ["VoteCast", "VoteRejected"]
    assert chat.nothing_lost()


def test_a_message_that_vanishes_is_lost_and_its_path_is_shown(chat: Pipeline) -> None:
    chat.answer("chat", retry_after=60)
    chat.put(VOTE)
    chat.advance(seconds=1)
    queue = chat.mapping_of("chat").queue
    for message in queue.messages:
        queue.take_out(message)
    report = chat.nothing_lost()

    assert not report
    assert str(report).splitlines()[:2] == [
        "chat: Its last state was not delivered.",
        "vote one of widget docs",
    ]


def test_a_dead_letter_without_a_reason_is_lost(chat: Pipeline) -> None:
    after_a_vote(chat)
    (dead,) = chat.dead_letter_queues("chat")
    body = chat.models.rules["ChatRule"].matched[0]
    dead.send(json.dumps(body))

    assert "in the dead letters without a reason" in str(chat.nothing_lost())


def test_skipping_what_was_never_delivered_is_found_out(chat: Pipeline) -> None:
    chat.answer("chat", retry_after=60)
    chat.put(VOTE)
    chat.advance(seconds=1)
    # As if somebody had marked it without sending it.
    table = chat.models.tables["DeliveriesTable"]
    (item,) = table.items.values()
    (event,) = chat.events()
    table.put({**item, "sequence": {"S": Event.from_envelope(event).sort_key}})
    chat.run_until_idle()

    assert "was skipped, though it was never delivered" in str(chat.nothing_lost())


def test_a_pipe_without_dead_letters_loses_what_it_drops(
    run: Run, checkout: Callable[..., Path]
) -> None:
    root = checkout()
    content = json.loads((root / "template.yaml").read_text())
    stream = content["Resources"]["VotesPipe"]["Properties"]["SourceParameters"]
    del stream["DynamoDBStreamParameters"]["DeadLetterConfig"]
    (root / "template.yaml").write_text(json.dumps(content))
    pipeline = run(root)
    pipeline.fail("EnrichFunction", times=1000)

    assert "The pipe dropped a record" in str(after_a_vote(pipeline).nothing_lost())
