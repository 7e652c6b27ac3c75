"""votepipe/aws/recovery.py: what the pipe gave up, kept while the stream still has it."""

import json
from pathlib import Path
from typing import Any

import pytest

from votepipe.aws import recovery
from votepipe.emulator.functions.function import FunctionError
from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
WAIT = {"times": 100_000}


def kept(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The records among the pipe's dead letters."""
    return [letter.body["dynamodb"] for letter in pipeline.dead_letters("VotesPipeDeadLetters")]


def vote(number: int) -> dict[str, Any]:
    return VOTE | {"voteId": f"v{number}"}


def test_what_the_pipe_gave_up_is_kept_as_it_was_piped(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", **WAIT)
    chat.put(VOTE | {"raw": b"\x00"})
    chat.put(VOTE | {"raw": b"\x00", "voteType": "thumbsdown"})
    chat.advance(hours=2)
    cast, changed = chat.dead_letters("VotesPipeDeadLetters")

    assert chat.waiting("VotesPipePointers") == 0
    assert (cast.reason, changed.reason) == ("RecordAgeExceeded",) * 2
    assert cast.vote_key.key == ("docs", "one")
    assert changed.body["eventName"] == "MODIFY"
    assert changed.body["eventSourceARN"] == chat.resources.attribute("VotesTable", "StreamArn")
    facts = changed.body["dynamodb"]
    assert facts["OldImage"]["voteType"] == {"S": "thumbsup"}
    assert facts["NewImage"] == {
        "widgetId": {"S": "docs"},
        "voteId": {"S": "one"},
        "voteType": {"S": "thumbsdown"},
        "answers": {"M": {}},
        "raw": {"B": "AA=="},
    }
    assert facts["ApproximateCreationDateTime"] == chat.now.timestamp() - 7200
    assert chat.nothing_lost()


def test_a_deletion_by_time_to_live_still_says_so(chat: Pipeline) -> None:
    chat.put(VOTE)
    chat.expire(VOTE)
    stream = chat.models.streams["VotesTable"]
    _, expired = stream.kept

    records, missing = read(chat, expired)

    assert missing == ""
    assert records[0]["userIdentity"] == expired["userIdentity"]


def read(chat: Pipeline, first: Any, last: Any = None) -> tuple[list[recovery.Record], str]:
    """What the function reads of a range."""
    batch = {
        "streamArn": first["eventSourceARN"],
        "shardId": "shardId-00000000000000000001-kit",
        "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
        "endSequenceNumber": (last or first)["dynamodb"]["SequenceNumber"],
    }
    return recovery.read(chat.client("dynamodbstreams"), batch)


def test_a_range_is_read_to_its_end_over_pages(
    chat: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("votepipe.emulator.dynamodb.streams.PAGE", 2)
    for number in range(8):
        chat.put(vote(number))
    stream = chat.models.streams["VotesTable"].kept

    records, missing = read(chat, stream[1], stream[6])

    assert [each["eventID"] for each in records] == [each["eventID"] for each in stream[1:7]]
    assert missing == ""


def test_what_the_stream_has_forgotten_stays_a_pointer(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", **WAIT)
    chat.fail("RecoverFunction", **WAIT)
    chat.put(VOTE)
    chat.advance(hours=1, seconds=60)
    (message,) = chat.models.queues["VotesPipePointers"].messages
    chat.heal()
    chat.advance(hours=24)
    chat.invoke("RecoverFunction", {"Records": [{"body": message.body}]})
    letters = chat.dead_letters("VotesPipeDeadLetters")

    assert [letter.reason for letter in letters if "DDBStreamBatchInfo" in letter.body] == [
        "RecordAgeExceeded; the stream no longer has these records, or not all of them"
    ]
    assert chat.lines("RecoverFunction")[-1]["records"] == 0


def test_what_cannot_be_read_for_an_hour_is_a_dead_letter_all_the_same(chat: Pipeline) -> None:
    chat.fail("EnrichFunction", **WAIT)
    chat.fail("RecoverFunction", **WAIT)
    chat.put(VOTE)
    chat.advance(hours=1, minutes=50)
    early = chat.dead_letters("VotesPipeDeadLetters")
    chat.advance(minutes=20)
    (letter,) = chat.dead_letters("VotesPipeDeadLetters")

    assert early == []
    assert letter.body["DDBStreamBatchInfo"]["batchSize"] == 1
    assert letter.reason == "RecordAgeExceeded"


@pytest.mark.parametrize(
    ("old", "new", "images", "said"),
    [
        (150_000, 150_000, {"OldImage", "NewImage"}, ""),
        (390_000, 160_000, {"NewImage"}, "OldImage"),
        (390_000, 390_000, set(), "NewImage"),
    ],
)
def test_a_record_loses_the_images_that_no_message_takes(
    chat: Pipeline, old: int, new: int, images: set[str], said: str
) -> None:
    # Each takes three times its bytes in JSON without other characters than ASCII's.
    chat.fail("EnrichFunction", **WAIT)
    chat.put(VOTE | {"more": "ž" * (old // 2)})
    chat.put(VOTE | {"more": "č" * (new // 2)})
    chat.advance(hours=2)
    letter = chat.dead_letters("VotesPipeDeadLetters")[1]

    assert letter.body["dynamodb"].keys() & {"OldImage", "NewImage"} == images
    assert said in letter.reason
    assert letter.body["dynamodb"]["Keys"]["voteId"] == {"S": "one"}


@pytest.mark.parametrize("action", ["dynamodb:GetRecords", "dynamodb:GetShardIterator"])
def test_a_missing_right_is_tried_again(run: Any, checkout: Any, action: str) -> None:
    root: Path = checkout()
    template = (root / "template.yaml").read_text()
    before, marker, after = template.partition('"RecoverRole"')
    (root / "template.yaml").write_text(before + marker + after.replace(action, "none:Nothing", 1))
    pipeline = run(root)
    pipeline.fail("EnrichFunction", **WAIT)
    pipeline.put(VOTE)
    pipeline.advance(hours=1, minutes=30)

    assert pipeline.waiting("VotesPipePointers") == 1


@pytest.mark.parametrize("what", ["EnrichFunction", "VotesBus"])
def test_an_outage_of_a_quarter_of_an_hour_makes_no_dead_letter(chat: Pipeline, what: str) -> None:
    if what == "VotesBus":
        chat.put_events_fails(**WAIT)
    else:
        chat.fail(what, **WAIT)
    for number in range(30):
        chat.put(vote(number))
        chat.advance(seconds=30)
    chat.heal()
    chat.run_until_idle()

    assert chat.dead_letters() == []
    assert len(chat.sent("chat")) == 30
    assert chat.nothing_lost()


def poison(pipeline: Pipeline, vote_id: str) -> None:
    """Have the enrichment fail for each batch with this vote."""
    function = pipeline.models.functions["EnrichFunction"]
    invoke = function.invoke

    def fails(records: Any) -> Any:
        if f'"{vote_id}"' in json.dumps(records):
            raise FunctionError("Runtime exited")
        return invoke(records)

    function.invoke = fails  # type: ignore[method-assign]


def test_a_record_that_never_passes_holds_its_shard_for_an_hour_at_most(chat: Pipeline) -> None:
    poison(chat, "v5")
    for number in range(60):
        chat.put(vote(number))
        chat.advance(minutes=1)
    blocked = len(chat.sent("chat"))
    # Written at 5 min, and 30 s is the longest wait between two attempts of the kit's pipe.
    chat.advance(minutes=5, seconds=31)

    assert blocked == 5
    assert len(chat.sent("chat")) == 59
    assert [each["Keys"]["voteId"]["S"] for each in kept(chat)] == ["v5"]
    assert chat.nothing_lost()
