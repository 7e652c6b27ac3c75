"""votepipe/testing/pipeline.py and messages.py: what a test sees."""

from collections.abc import Callable

import pytest

from votepipe.emulator.http.receiver import Request
from votepipe.testing import KitError, Pipeline
from votepipe.testing.messages import Message

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}


@pytest.fixture
def it(run: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline after one vote, whose first message was not taken."""
    pipeline = run()
    pipeline.answer("chat", status=500)
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline


def message(content: bytes) -> Message:
    request = Request(method="POST", path="/chat", headers={}, content=content)
    return Message(sink="chat", at=0, request=request, status=200, accepted=True, events=None)


def test_sent_is_what_was_taken_and_attempts_is_everything(it: Pipeline) -> None:
    assert [attempt.status for attempt in it.attempts("chat")] == [500, 200]
    assert [sent.status for sent in it.sent("chat")] == [200]


def test_a_message_knows_its_event_and_its_time(it: Pipeline) -> None:
    (sent,) = it.sent("chat")

    assert sent.event is not None
    assert (sent.event.type, sent.vote_key.vote) == ("VoteCast", "one")
    assert sent.at == it.now.timestamp()
    assert sent.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"text": "a", "content": "b"}', "a"),
        (b'{"content": "b"}', "b"),
        (b'{"blocks": []}', ""),
        (b"plain", "plain"),
        (b"[1, 2]", "[1, 2]"),
    ],
)
def test_the_text_of_a_message_is_what_a_person_reads(content: bytes, text: str) -> None:
    assert message(content).text == text


def test_events_can_be_asked_for_by_type(it: Pipeline) -> None:
    assert len(it.events("VoteCast")) == 1
    assert it.events("VoteChanged") == []


def test_what_a_function_logged_can_be_read(it: Pipeline) -> None:
    assert [line["outcome"] for line in it.lines("ChatSink")] == ["retried", "delivered"]


def test_items_of_a_table_can_be_read(it: Pipeline) -> None:
    assert [item["voteId"] for item in it.items("VotesTable")] == [{"S": "one"}]


def test_messages_that_wait_are_counted(it: Pipeline) -> None:
    it.answer("chat", retry_after=60)
    it.put(VOTE | {"voteId": "two"})
    it.advance(seconds=30)

    assert it.waiting("chat") == 1


def test_a_way_is_found_by_the_vote_or_its_id(it: Pipeline) -> None:
    assert it.way(VOTE).hops == it.way("one").hops == it.way("one", "docs").hops
    assert str(it.way(VOTE)).splitlines()[-1] == "  stopped at ChatQueue: delivered"


def test_a_message_ends_with_its_outcome(it: Pipeline) -> None:
    gone = VOTE | {"voteId": "two"}
    it.answer("chat", status=404)
    it.put(gone)
    it.run_until_idle()

    ends = [hop.what for vote in (VOTE, gone) for hop in it.way(vote).hops[-1:]]
    assert ends == ["delivered", "undeliverable"]


def test_a_sink_that_does_not_run_is_refused(it: Pipeline) -> None:
    with pytest.raises(KitError, match=r"No sink 'chta' runs here. Did you mean 'chat'?"):
        it.sent("chta")


def test_dead_letters_are_found_by_sink_by_queue_or_all(it: Pipeline) -> None:
    it.answer("chat", status=404)
    it.put(VOTE | {"voteId": "two"})
    it.run_until_idle()
    by_sink, by_queue, everything = (
        it.dead_letters(name) for name in ("chat", "ChatDeadLetters", None)
    )

    assert by_sink == by_queue == everything
    assert by_sink[0].vote_key.vote == "two"
    assert by_sink[0].attributes["sink"] == "chat"
