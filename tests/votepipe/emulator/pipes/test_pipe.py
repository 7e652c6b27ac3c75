"""votepipe/emulator/pipes/pipe.py: the stream, and the engine on virtual time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Pipeline, Unmodelled

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}


@pytest.fixture
def records(chat: Pipeline) -> list[dict[str, Any]]:
    """The records that come before the pipe."""
    kept: list[dict[str, Any]] = []
    pipe = chat.models.pipes["VotesPipe"]
    offer = pipe.offer
    pipe.offer = lambda given: (kept.extend(given), offer(given))[1]  # type: ignore[func-returns-value,method-assign]
    return kept


def changed(checkout: Checkout, **parameters: Any) -> Path:
    """A checkout whose pipe has these stream parameters."""
    root = checkout()
    template = json.loads((root / "template.yaml").read_text())
    pipe = template["Resources"]["VotesPipe"]["Properties"]
    pipe["SourceParameters"]["DynamoDBStreamParameters"] |= parameters
    (root / "template.yaml").write_text(json.dumps(template))
    return root


def test_a_record_is_as_a_pipe_delivers_it(chat: Pipeline, records: list[dict[str, Any]]) -> None:
    chat.put({"widgetId": "docs", "voteId": "one", "raw": b"\x00"})
    (record,) = records
    facts = record["dynamodb"]

    assert record["eventName"] == "INSERT"
    assert record["eventSourceARN"] == chat.resources.attribute("VotesTable", "StreamArn")
    assert facts["Keys"] == {"widgetId": {"S": "docs"}, "voteId": {"S": "one"}}
    assert facts["NewImage"]["raw"] == {"B": "AA=="}
    assert facts["ApproximateCreationDateTime"] == chat.now.timestamp()
    assert "OldImage" not in facts


def test_changes_carry_both_images_and_removals_the_old_one(
    chat: Pipeline, records: list[dict[str, Any]]
) -> None:
    chat.put(VOTE)
    chat.put(VOTE | {"voteType": "thumbsdown"})
    chat.remove(VOTE)
    _, change, removal = (record["dynamodb"] for record in records)

    assert change["OldImage"]["voteType"] == {"S": "thumbsup"}
    assert change["NewImage"]["voteType"] == {"S": "thumbsdown"}
    assert ("NewImage" in removal, "OldImage" in removal) == (False, True)


def test_sequence_numbers_rise(chat: Pipeline, records: list[dict[str, Any]]) -> None:
    for number in range(5):
        chat.put(VOTE | {"voteId": str(number)})
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]

    assert numbers == sorted(set(numbers))


def test_a_write_that_changes_nothing_makes_no_record(
    chat: Pipeline, records: list[dict[str, Any]]
) -> None:
    chat.put(VOTE)
    chat.put(VOTE)

    assert len(records) == 1


def test_a_deletion_by_time_to_live_says_so(chat: Pipeline, records: list[dict[str, Any]]) -> None:
    chat.put(VOTE)
    chat.expire(VOTE)

    assert records[1]["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }


def test_the_window_gathers_a_batch(run: Run, checkout: Checkout) -> None:
    pipeline = run(changed(checkout, MaximumBatchingWindowInSeconds=10))
    for number in range(3):
        pipeline.put(VOTE | {"voteId": str(number)})
        pipeline.advance(seconds=3)
    before = len(pipeline.events())
    pipeline.advance(seconds=1)

    assert (before, len(pipeline.events())) == (0, 3)


def test_records_that_are_too_old_go_to_the_dead_letters(run: Run, checkout: Checkout) -> None:
    pipeline = run(changed(checkout, MaximumRecordAgeInSeconds=60, MaximumRetryAttempts=-1))
    pipeline.fail("EnrichFunction", times=1000)
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    (letter,) = pipeline.dead_letters("VotesPipeDeadLetters")

    assert letter.reason == "RecordAgeExceeded"
    assert letter.body["dynamodb"]["NewImage"]["voteType"] == {"S": "thumbsup"}


def test_a_pipe_s_dead_letter_points_into_the_stream(run: Run, checkout: Checkout) -> None:
    pipeline = run(changed(checkout, MaximumRecordAgeInSeconds=60))
    pipeline.fail("EnrichFunction", times=1000)
    pipeline.fail("RecoverFunction", times=1000)
    pipeline.put(VOTE)
    pipeline.advance(minutes=5)
    (message,) = pipeline.models.queues["VotesPipePointers"].messages

    assert json.loads(message.body)["DDBStreamBatchInfo"]["batchSize"] == 1
    assert "thumbsup" not in message.body


def test_a_failing_batch_is_halved_until_the_bad_record_is_alone(chat: Pipeline) -> None:
    for number in range(4):
        chat.put(VOTE | {"voteId": str(number)})
    chat.fail("EnrichFunction", times=2)
    chat.run_until_idle()
    halved = [hop for hop in chat.trace.hops if hop.what == "bisected"]

    assert len(halved) == 4 + 2
    assert len(chat.sent("chat")) == 4


def test_records_that_come_while_the_pipe_is_at_work_wait(chat: Pipeline) -> None:
    chat.takes("EnrichFunction", seconds=5)
    chat.put(VOTE)
    chat.advance(seconds=1)
    chat.put(VOTE | {"voteId": "two"})
    busy = chat.models.pipes["VotesPipe"].idle
    chat.run_until_idle()

    assert busy is False
    assert [event["detail"]["vote"]["voteId"] for event in chat.events()] == ["one", "two"]
    assert chat.models.pipes["VotesPipe"].idle


def test_lanes_of_one_shard_work_at_one_time(run: Run, checkout: Checkout) -> None:
    """As one lane, a hundred votes at a second a batch of ten take ten seconds."""
    pipeline = run(changed(checkout, ParallelizationFactor=10))
    pipeline.takes("EnrichFunction", seconds=1)
    for number in range(100):
        pipeline.put(VOTE | {"voteId": str(number)})
    pipeline.advance(seconds=4)

    assert len(pipeline.events("VoteCast")) == 100


def test_a_stream_of_another_stack_s_table_may_feed_the_pipe(run: Run) -> None:
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/old/stream/2025-01-01T00:00:00.000"
    pipeline = run(parameters={"VoteStreamArn": arn})
    pipeline.put_records(json.loads(Path("events/stream/first-write.json").read_text()))
    pipeline.run_until_idle()

    assert [event["detail-type"] for event in pipeline.events()] == ["VoteCast"]


@pytest.mark.parametrize(
    ("action", "ends"),
    [("lambda:InvokeFunction", 1), ("events:PutEvents", 1), ("sqs:SendMessage", 0)],
)
def test_what_the_pipe_s_role_does_not_allow_fails(
    run: Run, checkout: Checkout, action: str, ends: int
) -> None:
    pipeline = run(without(checkout, action))
    pipeline.answer("chat", status=500)
    if action == "sqs:SendMessage":
        pipeline.fail("EnrichFunction", times=1000)
    pipeline.put(VOTE)
    pipeline.advance(hours=2)

    assert len(pipeline.dead_letters("VotesPipeDeadLetters")) == ends
    assert pipeline.sent("chat") == []


def test_a_pipe_that_may_not_read_its_stream_is_refused(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match="its role does not allow 'dynamodb:GetRecords'"):
        run(without(checkout, "dynamodb:GetRecords"))


def without(checkout: Checkout, action: str) -> Path:
    """A checkout whose pipe may not do this."""
    root = checkout()
    template = json.loads((root / "template.yaml").read_text())
    document = template["Resources"]["VotesPipePolicy"]["Properties"]["PolicyDocument"]
    for statement in document["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        statement["Action"] = [each for each in actions if each != action] or "none:Nothing"
    (root / "template.yaml").write_text(json.dumps(template))
    return root
