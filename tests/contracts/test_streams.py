"""What the pipe runner relies on in MiniStack: streams, invocations, PutEvents; and known gaps."""

import io
import json
import zipfile
from itertools import count

import pytest
from botocore.exceptions import ClientError

NAMES = (f"thing{number}" for number in count(1))


class Table:
    """A table of the test's own, and its stream."""

    def __init__(self, local_aws):
        self.name = next(NAMES)
        self.dynamodb = local_aws.client("dynamodb")
        self.streams = local_aws.client("dynamodbstreams")
        self.create()

    def create(self):
        self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.arn = self.dynamodb.describe_table(TableName=self.name)["Table"]["LatestStreamArn"]

    def put(self, *ids, **attributes):
        for each in ids:
            self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": each}, **attributes})

    def shard(self):
        (shard,) = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        return shard["ShardId"]

    def iterator(self, kind="TRIM_HORIZON", **where):
        return self.streams.get_shard_iterator(
            StreamArn=self.arn, ShardId=self.shard(), ShardIteratorType=kind, **where
        )["ShardIterator"]

    def read(self, iterator=None, **limit):
        return self.streams.get_records(ShardIterator=iterator or self.iterator(), **limit)

    def records(self, iterator=None):
        return [each["dynamodb"] for each in self.read(iterator)["Records"]]


@pytest.fixture
def table(local_aws):
    return Table(local_aws)


def ids(records):
    return [each["Keys"]["id"]["S"] for each in records]


class TestStream:
    def test_a_new_stream_has_one_shard_without_a_parent(self, table):
        description = table.streams.describe_stream(StreamArn=table.arn)["StreamDescription"]

        assert [each.get("ParentShardId") for each in description["Shards"]] == [None]

    def test_it_is_read_from_its_oldest_record(self, table):
        table.put("a", "b")

        assert ids(table.records()) == ["a", "b"]

    def test_it_is_read_from_right_after_a_record(self, table):
        table.put("a", "b", "c")
        sequence = table.records()[1]["SequenceNumber"]

        after = table.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber=sequence)

        assert ids(table.records(after)) == ["c"]

    def test_the_newest_position_skips_what_is_there(self, table):
        table.put("a")
        latest = table.iterator("LATEST")
        table.put("b")

        assert ids(table.records(latest)) == ["b"]

    def test_an_iterator_leads_to_the_next(self, table):
        table.put("a", "b", "c")

        first = table.read(Limit=2)
        table.put("d")

        assert ids(table.records(first["NextShardIterator"])) == ["c", "d"]

    def test_an_unknown_place_is_refused_as_trimmed(self, table):
        table.put("a")

        with pytest.raises(ClientError) as refused:
            table.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber="1" * 30)
        assert refused.value.response["Error"]["Code"] == "TrimmedDataAccessException"

    def test_sequence_numbers_grow_as_integers_in_the_order_of_writes(self, table):
        table.put(*map(str, range(50)))

        numbers = [int(each["SequenceNumber"]) for each in table.records()]

        assert numbers == sorted(set(numbers))

    def test_a_record_has_the_same_id_whenever_it_is_read(self, table):
        table.put("a", "b")

        first, second = ([each["eventID"] for each in table.read()["Records"]] for _ in range(2))

        assert first == second
        assert len(set(first)) == 2

    def test_writes_come_with_both_images_and_their_names(self, table):
        table.put("a", n={"N": "1"})
        table.put("a", n={"N": "2"})
        table.dynamodb.delete_item(TableName=table.name, Key={"id": {"S": "a"}})

        records = table.read()["Records"]

        one, two = ({"id": {"S": "a"}, "n": {"N": each}} for each in "12")
        assert [
            (each["eventName"], each["dynamodb"].get("OldImage"), each["dynamodb"].get("NewImage"))
            for each in records
        ] == [("INSERT", None, one), ("MODIFY", one, two), ("REMOVE", two, None)]

    def test_a_write_that_changes_nothing_makes_no_record(self, table):
        table.put("a", "a")

        assert ids(table.records()) == ["a"]

    def test_binary_values_arrive_whole(self, table):
        table.put("a", b={"B": b"\x00\xff"}, bs={"BS": [b"x"]})

        (record,) = table.records()

        assert record["NewImage"]["b"] == {"B": b"\x00\xff"}
        assert record["NewImage"]["bs"] == {"BS": [b"x"]}

    def test_a_table_made_again_has_another_stream_and_the_old_one_ends(self, table):
        table.put("a")
        iterator, old = table.iterator(), table.arn
        table.dynamodb.delete_table(TableName=table.name)

        table.create()

        last = table.read(iterator)
        assert table.arn != old
        assert (
            ids([each["dynamodb"] for each in last["Records"]]),
            "NextShardIterator" in last,
        ) == (["a"], False)


FUNCTION = """
def handler(event, context):
    print("called")
    return {"raise": raising, "echo": lambda: event, "none": lambda: None}[event[0]]()

def raising():
    raise KeyError("text of the error")
"""


@pytest.fixture(scope="module")
def invoke(local_aws):
    """Invoke a function that echoes, raises or returns None; returns status, error and answer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    client = local_aws.client("lambda")
    client.create_function(
        FunctionName="contract",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )

    def call(*event):
        answer = client.invoke(FunctionName="contract", Payload=json.dumps(event))
        return (
            answer["StatusCode"],
            answer.get("FunctionError"),
            json.loads(answer["Payload"].read()),
        )

    return call


class TestInvoke:
    def test_a_function_gets_the_bare_array(self, invoke):
        assert invoke("echo", {"a": [1.5, None, "ž"]}) == (
            200,
            None,
            ["echo", {"a": [1.5, None, "ž"]}],
        )

    def test_none_is_answered_as_null(self, invoke):
        assert invoke("none") == (200, None, None)

    def test_a_function_that_raises_is_said_to_have_failed(self, invoke):
        status, error, _ = invoke("raise")

        assert (status, error) == (200, "Unhandled")

    def test_a_function_works_again_after_it_raised(self, invoke):
        invoke("raise")

        assert invoke("echo")[1:] == (None, ["echo"])

    def test_a_missing_function_is_refused(self, local_aws):
        with pytest.raises(ClientError) as refused:
            local_aws.client("lambda").invoke(FunctionName="absent", Payload=b"[]")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.fixture
def bus(local_aws):
    """A bus with a queue behind it: put entries, and take what the queue got."""

    class Bus:
        def __init__(self):
            self.events = local_aws.client("events")
            self.sqs = local_aws.client("sqs")
            self.arn = self.events.create_event_bus(Name=next(NAMES))["EventBusArn"]
            name = self.arn.split("/")[-1]
            self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
            queue_arn = self.sqs.get_queue_attributes(
                QueueUrl=self.queue, AttributeNames=["QueueArn"]
            )["Attributes"]["QueueArn"]
            pattern = json.dumps({"detail": {"eventID": [{"exists": True}]}})
            self.events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
            self.events.put_targets(
                Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": queue_arn}]
            )

        def put(self, *sources, **more):
            return self.events.put_events(
                Entries=[
                    {
                        "EventBusName": self.arn,
                        "Source": source,
                        "DetailType": "VoteCast",
                        "Detail": '{"eventID": "e1"}',
                        **more,
                    }
                    for source in sources
                ]
            )["Entries"]

        def arrived(self):
            got = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            return [json.loads(each["Body"]) for each in got.get("Messages", [])]

    return Bus()


class TestPutEvents:
    def test_a_bus_may_be_named_by_its_arn(self, bus):
        (result,) = bus.put("votepipe")

        (event,) = bus.arrived()
        assert event["id"] == result["EventId"]
        assert (event["source"], event["detail-type"], event["detail"]) == (
            "votepipe",
            "VoteCast",
            {"eventID": "e1"},
        )

    def test_one_entry_can_fail_alone(self, bus):
        refused, result = bus.put("aws.votes", "votepipe")

        assert refused["ErrorCode"] == "NotAuthorizedForSourceException"
        assert [each["id"] for each in bus.arrived()] == [result["EventId"]]

    def test_more_than_ten_entries_are_refused(self, bus):
        with pytest.raises(ClientError):
            bus.put(*["votepipe"] * 11)

    def test_events_to_an_absent_bus_are_accepted_and_gone_as_on_aws(self, bus):
        (result,) = bus.put("votepipe", EventBusName="absent")

        assert "ErrorCode" not in result

    def test_gap_the_time_of_an_entry_is_ignored(self, bus):
        bus.put("votepipe", Time="2026-01-04T10:00:00Z")

        (event,) = bus.arrived()
        assert event["time"] != "2026-01-04T10:00:00Z"


def test_a_queue_is_found_by_name_and_account(local_aws):
    sqs = local_aws.client("sqs")
    created = sqs.create_queue(QueueName="contract-letters")["QueueUrl"]

    found = sqs.get_queue_url(QueueName="contract-letters", QueueOwnerAWSAccountId="000000000000")

    assert found["QueueUrl"] == created


def test_gap_a_described_pipe_lacks_its_parameters(local_aws, table, bus):
    pipes = local_aws.client("pipes")
    made = pipes.create_pipe(
        Name=next(NAMES),
        RoleArn="arn:aws:iam::000000000000:role/any",
        Source=table.arn,
        SourceParameters={"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"}},
        Target=bus.arn,
        DesiredState="STOPPED",
    )

    facts = pipes.describe_pipe(Name=made["Name"])

    assert facts["CurrentState"] == "STOPPED"
    assert "SourceParameters" not in facts
