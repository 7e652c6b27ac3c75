"""votepipe/emulator/pipes/records.py: what is held of a record, and the dead letter's pointer."""

from votepipe.emulator.pipes.records import Held, keys_of, pointer


def test_the_pointer_says_where_the_records_are(make):
    lost = [
        Held.of(make.record(7, created=make.start + 0.5), arrived=make.start),
        Held.of(make.record(9, created=make.start + 2), arrived=make.start),
    ]

    message = pointer(make.pipe, "shard-1", lost, "RetryAttemptsExhausted", make.start + 60.25)

    assert message == {
        "context": {
            "partnerResourceArn": "arn:aws:pipes:eu-west-1:123456789012:pipe/votes",
            "condition": "RetryAttemptsExhausted",
        },
        "version": "1.0",
        "timestamp": "2026-01-04T10:01:00.250Z",
        "DDBStreamBatchInfo": {
            "shardId": "shard-1",
            "startSequenceNumber": "7",
            "endSequenceNumber": "9",
            "approximateArrivalOfFirstRecord": "2026-01-04T10:00:00.500Z",
            "approximateArrivalOfLastRecord": "2026-01-04T10:00:02.000Z",
            "batchSize": 2,
            "streamArn": make.pipe.stream_arn,
        },
    }


def test_keys_come_without_their_types(make):
    record = make.record(1)
    record["dynamodb"]["Keys"]["n"] = {"N": "1.0"}

    assert keys_of(record) == {"widgetId": "w", "voteId": "v1", "n": "1.0"}


def test_a_record_without_a_time_is_as_old_as_its_arrival(make):
    record = make.record(1)
    del record["dynamodb"]["ApproximateCreationDateTime"]

    assert Held.of(record, arrived=5.0).created == 5.0


def test_a_records_size_counts_bytes(make):
    short = Held.of(make.record(1, text=""), arrived=0).size

    assert Held.of(make.record(1, text="x" * 100), arrived=0).size == short + 100
