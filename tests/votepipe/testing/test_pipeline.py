"""votepipe/testing/pipeline.py."""

import gc
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from votepipe.model import times
from votepipe.testing import KitError, Pipeline
from votepipe.testing.client import attributes

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
ANSWER = VOTE | {"answers": '{"field_1": "more"}'}

Run = Callable[..., Pipeline]


def story(pipeline: Pipeline) -> None:
    """Some of everything, with things that go wrong."""
    pipeline.fail("EnrichFunction", times=2)
    pipeline.answer("chat", status=503, times=2)
    pipeline.duplicate(0.5)
    pipeline.reorder(7)
    pipeline.latency(0.1, 2)
    for number in range(5):
        pipeline.put(VOTE | {"voteId": f"v{number}"})
        pipeline.put(ANSWER | {"voteId": f"v{number}"})
        pipeline.advance(seconds=1)
    pipeline.run_until_idle()


def test_a_vote_becomes_messages(chat: Pipeline) -> None:
    chat.put(VOTE)
    chat.put(ANSWER)
    chat.advance(minutes=3)

    assert [message.text for message in chat.sent("chat")] == ["one thumbsup", "one thumbsup more"]
    assert chat.nothing_lost()


def test_nothing_happens_before_time_passes(chat: Pipeline) -> None:
    chat.put(VOTE)

    assert chat.sent("chat") == []


def test_attribute_values_are_taken_as_they_are(chat: Pipeline) -> None:
    chat.put({name: {"S": value} for name, value in VOTE.items() if isinstance(value, str)})
    chat.run_until_idle()

    assert [message.text for message in chat.sent("chat")] == ["one thumbsup"]


def test_plain_values_are_written_as_boto3_writes_them() -> None:
    assert attributes({"text": "a", "number": 1, "map": {"flag": True}}) == {
        "text": {"S": "a"},
        "number": {"N": "1"},
        "map": {"M": {"flag": {"BOOL": True}}},
    }


def test_a_removed_vote_is_withdrawn(chat: Pipeline) -> None:
    chat.put(VOTE)
    chat.remove(VOTE)
    chat.run_until_idle()

    assert [event["detail-type"] for event in chat.events()] == ["VoteCast", "VoteWithdrawn"]


def test_an_expired_vote_makes_no_event(chat: Pipeline) -> None:
    chat.put(VOTE)
    chat.expire(VOTE)
    chat.run_until_idle()

    assert [event["detail-type"] for event in chat.events()] == ["VoteCast"]


def test_stream_records_can_be_put_as_they_are(chat: Pipeline) -> None:
    chat.put_records(json.loads(Path("events/stream/story.json").read_text()))
    chat.run_until_idle()

    assert len(chat.events()) == 4
    assert len(chat.items("VotesTable")) == 1  # as it stands after the last of them


@pytest.mark.parametrize("times", range(3))
def test_the_same_seed_gives_the_same_trace_byte_for_byte(run: Run, times: int) -> None:
    first, second = run(seed=times), run(seed=times)
    for pipeline in (first, second):
        story(pipeline)

    assert str(first.trace).encode() == str(second.trace).encode()
    assert [message.at for message in first.sent("chat")] == [
        message.at for message in second.sent("chat")
    ]


def test_another_seed_gives_other_ids(run: Run) -> None:
    first, second = run(seed=1), run(seed=2)
    for pipeline in (first, second):
        pipeline.put(VOTE)
        pipeline.run_until_idle()

    assert first.events()[0]["id"] != second.events()[0]["id"]


def test_time_begins_where_it_is_told_to(run: Run) -> None:
    start = datetime(2030, 5, 1, tzinfo=UTC)
    pipeline = run(start=start)
    pipeline.advance(hours=1, minutes=1, seconds=1)

    assert (pipeline.now - start).total_seconds() == 3661


def test_the_library_s_clock_is_the_pipeline_s_while_it_is_open(plain: Path) -> None:
    before = times.now
    with Pipeline(plain) as pipeline:
        pipeline.advance(hours=5)
        within = times.now()

    assert within == pipeline.now.timestamp()
    assert times.now is before


def test_a_pipeline_that_does_not_come_to_rest_says_so(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", times=10_000)
    chat.put(VOTE)

    with pytest.raises(KitError, match="After 60 s something is still to do"):
        chat.run_until_idle(within=60)


def test_settings_can_be_given(run: Run) -> None:
    pipeline = run(settings={"chat": {"sign": "★"}})
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert [message.text for message in pipeline.sent("chat")] == ["★one thumbsup"]


def test_a_sink_without_its_setting_says_so_in_its_dead_letters(run: Run) -> None:
    pipeline = run(settings={"chat": {"url": None}})
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert (
        "Secret 'url' (Address of the room) has no value" in pipeline.dead_letters("chat")[0].reason
    )


@pytest.fixture(scope="module")
def with_a_token(checkout: Callable[..., Path], plain: Path) -> Path:
    """The chat sink, which needs a token, too."""
    token = '    token: Secret = setting("Bot token", example="xoxb-1")\n    url:'
    source = (plain / "sinks/chat.py").read_text()
    return checkout({"chat": source.replace("    url:", token)})


def test_a_secret_that_the_test_does_not_give_is_missing(run: Run, with_a_token: Path) -> None:
    pipeline = run(with_a_token)
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    (letter,) = pipeline.dead_letters("chat")
    assert letter.reason == (
        "'chat' cannot run. Secret 'token' (Bot token) has no value. Run: votepipe secret set chat"
    )


@pytest.mark.parametrize("asked", [{"fill_secrets": True}, {"settings": {"chat": {"token": "t"}}}])
def test_a_secret_is_there_when_it_is_given_or_asked_for(
    run: Run, with_a_token: Path, asked: dict[str, Any]
) -> None:
    pipeline = run(with_a_token, **asked)
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert len(pipeline.sent("chat")) == 1


def test_unknown_settings_are_refused(run: Run) -> None:
    with pytest.raises(KitError, match="Plugin 'chat' has no setting 'colour'"):
        run(settings={"chat": {"colour": "red"}})


def test_only_the_sinks_that_are_asked_for_run(run: Run) -> None:
    pipeline = run(sinks=[])
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    with pytest.raises(KitError, match=r"No sink 'chat' runs here. There are: none"):
        pipeline.sent("chat")


def test_a_sink_that_is_off_gets_no_event_takes_none_and_asks_for_no_secret(run: Run) -> None:
    pipeline = run(parameters={"ChatEnabled": "false"})
    queue = pipeline.models.queues["ChatQueue"]
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert (len(pipeline.events()), queue.messages, pipeline.dead_letters()) == (1, [], [])

    pipeline.client("sqs").send_message(QueueUrl=queue.url, MessageBody="{}")
    pipeline.run_until_idle()

    assert len(queue.messages) == 1
    assert pipeline.dead_letters() == []
    assert pipeline.models.secrets.values == {}
    assert {step.function for step in pipeline.steps_made} <= {"EnrichFunction"}
    assert pipeline.nothing_lost()


def test_a_sink_that_is_named_is_on_whatever_its_default(
    run: Run, plain: Path, checkout: Callable[..., Path]
) -> None:
    source = (plain / "sinks" / "chat.py").read_text()
    off = checkout({"chat": source.replace("max_attempts=5", "enabled=False")})
    pipeline = run(off, sinks=["chat"])
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert len(pipeline.sent("chat")) == 1


def test_a_function_can_be_called_by_itself(chat: Pipeline) -> None:
    chat.takes("EnrichFunction", seconds=2)
    started = chat.now
    answer = chat.invoke("EnrichFunction", [])

    assert (answer, (chat.now - started).total_seconds()) == ([], 2)


def test_a_client_of_the_test_s_own_asks_the_pipeline(chat: Pipeline) -> None:
    name = chat.resources.name("VotesTable")
    chat.client("dynamodb").put_item(TableName=name, Item=attributes(VOTE))
    chat.run_until_idle()

    assert [message.text for message in chat.sent("chat")] == ["one thumbsup"]


def test_the_shipped_sinks_run() -> None:
    with Pipeline(fill_secrets=True) as pipeline:
        pipeline.put(VOTE)
        pipeline.run_until_idle()

        assert pipeline.nothing_lost(), str(pipeline.nothing_lost())
        assert {letter.queue for letter in pipeline.dead_letters()} <= {"EmailDeadLetters"}


def test_pipelines_may_close_in_any_order(plain: Path) -> None:
    real, pace = times.now, gc.get_threshold()
    days = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3))
    first, second, third = (Pipeline(plain, start=day) for day in days)

    seen = [times.now()]
    for pipeline in (second, third, first):
        pipeline.close()
        seen.append(times.now())

    assert seen[:3] == [each.simulation.now for each in (third, third, first)]
    assert times.now is real
    assert gc.get_threshold() == pace


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (4.5, {"N": "4.5"}),
        ([0.1, -0.0, 1e21], {"L": [{"N": "0.1"}, {"N": "0"}, {"N": "1E+21"}]}),
        (
            {1: "a", 2.5: "b", None: "c"},
            {"M": {"1": {"S": "a"}, "2.5": {"S": "b"}, "null": {"S": "c"}}},
        ),
        (datetime(2026, 1, 4, 10, 0, 3), {"S": "2026-01-04T10:00:03.000Z"}),
        (date(2026, 1, 4), {"S": "2026-01-04"}),
    ],
)
def test_values_are_stored_as_javascript_stores_them(
    chat: Pipeline, value: Any, stored: Any
) -> None:
    chat.put(VOTE | {"answers": {"x": value}})

    assert chat.items("VotesTable")[0]["answers"]["M"]["x"] == stored


def test_a_vote_with_a_fraction_is_cast(chat: Pipeline) -> None:
    chat.put(VOTE | {"answers": {"rate": 4.5}})
    chat.advance(minutes=3)

    (cast,) = chat.events("VoteCast")
    assert cast["detail"]["vote"]["answers"] == {"rate": 4.5}


@pytest.mark.parametrize("value", [float("nan"), object(), 10**40 + 1])
def test_what_no_table_holds_is_refused_by_its_attribute(chat: Pipeline, value: Any) -> None:
    with pytest.raises(KitError, match="'note' cannot be stored"):
        chat.put(VOTE | {"note": value})
