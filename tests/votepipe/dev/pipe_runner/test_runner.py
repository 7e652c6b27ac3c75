"""votepipe/dev/pipe_runner/runner.py: the real process against a deployed pipe, killed included."""

import json
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from votepipe.dev.operations.deployment import LocalSession
from votepipe.emulator.simulation.jsontext import parsed

QUICK = {"Delay": 0.1, "MaxAttempts": 300}
STACKS = count(1)
# Fails as often as the file says; always for a record whose text is 'poison'.
FUNCTION = """
import os
from pathlib import Path

def handler(records, context):
    print(len(records))
    failures = Path(os.environ["FAILURES"])
    left = int(failures.read_text())
    if left:
        failures.write_text(str(left - 1))
        raise RuntimeError("on demand")
    if any("poison" in str(record) for record in records):
        raise RuntimeError("poison")
    return [
        {"eventID": record["eventID"], "type": record["eventName"], "time": "2026-01-04T10:00:00Z",
         "vote": record["dynamodb"]["Keys"]["voteId"]["S"]}
        for record in records
    ]
"""
TEMPLATE = json.loads((Path(__file__).parent / "stack.json").read_text())
TEMPLATE["Resources"]["Function"]["Properties"]["Code"]["ZipFile"] = FUNCTION
WRITES = ["INSERT", "MODIFY"]


class Local:
    """A deployed stack with a pipe, and the runners that a test starts for it."""

    def __init__(self, ministack, folder):
        self.folder = folder
        self.name = f"votes{next(STACKS)}"
        self.failures = folder / "failures"
        self.failures.write_text("0")
        self.environment = ministack.environment()
        self.session = LocalSession(ministack.endpoint)
        self.cloudformation = self.session.client("cloudformation")
        self.dynamodb = self.session.client("dynamodb")
        self.sqs = self.session.client("sqs")
        self.runners = []

    def deploy(self, event_names=WRITES, *, again=False):
        """Create or update the stack, with a pipe that lets these events through."""
        given = {"Pattern": json.dumps({"eventName": event_names}), "Failures": str(self.failures)}
        call = self.cloudformation.update_stack if again else self.cloudformation.create_stack
        call(
            StackName=self.name,
            TemplateBody=json.dumps(TEMPLATE),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
            ],
        )
        waiter = f"stack_{'update' if again else 'create'}_complete"
        self.cloudformation.get_waiter(waiter).wait(StackName=self.name, WaiterConfig=QUICK)
        listed = self.cloudformation.list_stack_resources(StackName=self.name)
        self.ids = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in listed["StackResourceSummaries"]
        }

    def start(self, stack=None):
        """Start a runner; what it prints is in the files beside the checkpoints."""
        command = [sys.executable, "-m", "votepipe.dev.pipe_runner.runner"]
        arguments = ["--stack", stack or self.name, "--state", str(self.folder / "state")]
        with (self.folder / "hops").open("ab") as hops, (self.folder / "words").open("ab") as words:
            runner = subprocess.Popen(
                [*command, *arguments],
                env={"PATH": "/usr/bin:/bin", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=hops,
                stderr=words,
            )
        self.runners.append(runner)
        return runner

    def stop(self):
        for runner in self.runners:
            runner.kill()
            runner.wait()

    def hops(self, *names):
        lines = (self.folder / "hops").read_text().splitlines()
        # One that was killed may leave half a line, which the next one goes on.
        hops = [found for line in lines if (found := parsed(line)) is not None]
        return [each for each in hops if each["hop"] in names]

    def words(self):
        return (self.folder / "words").read_text()

    def vote(self, *votes, **attributes):
        for vote in votes:
            self.dynamodb.put_item(
                TableName=self.ids["Table"],
                Item={"widgetId": {"S": "w"}, "voteId": {"S": vote}, **attributes},
            )

    def messages(self, queue):
        """All bodies in a queue, taken out of it."""
        found = []
        while batch := self.sqs.receive_message(
            QueueUrl=self.ids[queue], MaxNumberOfMessages=10
        ).get("Messages"):
            found += [json.loads(each["Body"]) for each in batch]
            for each in batch:
                self.sqs.delete_message(
                    QueueUrl=self.ids[queue], ReceiptHandle=each["ReceiptHandle"]
                )
        return found

    def arrived(self):
        return [each["detail"]["vote"] for each in self.messages("Queue")]


@pytest.fixture
def local(ministack, tmp_path):
    local = Local(ministack, tmp_path)
    yield local
    local.stop()


def test_votes_reach_the_bus_and_every_hop_is_printed(local, eventually):
    local.deploy(["INSERT"])
    local.vote("before", binary={"B": b"\xff"})
    runner = local.start()

    eventually(lambda: local.hops("put"))
    local.vote("after")
    local.vote("after", text={"S": "changed"})
    eventually(lambda: local.hops("filtered") and len(local.hops("put")) == 2)

    assert local.arrived() == ["before", "after"]
    assert [each["keys"]["voteId"] for each in local.hops("passed", "enriched", "put")] == (
        ["before"] * 3 + ["after"] * 3
    )
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(30) == 0
    assert local.words() == ""


def test_a_function_that_fails_three_times_loses_nothing(local, eventually):
    local.deploy()
    local.failures.write_text("3")
    votes = [str(number) for number in range(12)]
    local.vote(*votes)

    local.start()
    eventually(lambda: len(local.hops("put")) == 12)

    assert local.arrived() == votes
    assert local.messages("Letters") == []


def test_a_poisonous_record_ends_in_the_dead_letters_alone(local, eventually):
    local.deploy()
    local.vote("a", "b")
    local.vote("c", text={"S": "poison"})
    local.vote("d", "e")

    local.start()
    eventually(lambda: len(local.hops("put", "dead-lettered")) == 5)

    (letter,) = local.messages("Letters")
    where = letter["DDBStreamBatchInfo"]
    streams = local.session.client("dynamodbstreams")
    iterator = streams.get_shard_iterator(
        StreamArn=where["streamArn"],
        ShardId=where["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=where["startSequenceNumber"],
    )["ShardIterator"]
    lost = streams.get_records(ShardIterator=iterator)["Records"][0]
    assert lost["dynamodb"]["Keys"]["voteId"] == {"S": "c"}
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"
    assert local.arrived() == ["a", "b", "d", "e"]


def test_killed_in_the_middle_of_a_batch_it_loses_nothing(local, eventually):
    local.deploy()
    votes = [f"{number:03}" for number in range(200)]
    local.vote(*votes)

    for batch in (3, 6, 9):
        runner = local.start()
        # Enriched, and not all of it put: the batch is in hand.
        eventually(lambda batch=batch: len(local.hops("enriched")) > 10 * batch)
        runner.kill()
        runner.wait()
    local.start()
    eventually(lambda: {each["keys"]["voteId"] for each in local.hops("put")} >= set(votes))

    arrived = local.arrived()
    assert list(dict.fromkeys(arrived)) == votes
    assert len(arrived) <= len(votes) + 3 * 10


def test_ended_in_order_it_repeats_nothing(local, eventually):
    local.deploy()
    votes = [f"{number:03}" for number in range(60)]
    local.vote(*votes)
    runner = local.start()
    eventually(lambda: len(local.hops("put")) > 20)

    runner.send_signal(signal.SIGINT)
    code = runner.wait(30)
    local.start()
    eventually(lambda: {each["keys"]["voteId"] for each in local.hops("put")} >= set(votes))

    assert code == 0
    assert local.arrived() == votes


def test_what_was_written_before_the_end_goes_through(local, eventually):
    local.deploy()
    runner = local.start()
    eventually(lambda: local.hops("started"))
    votes = [str(number) for number in range(12)]
    local.vote(*votes)

    runner.send_signal(signal.SIGTERM)

    assert runner.wait(30) == 0
    assert local.arrived() == votes


def test_a_new_deployment_is_followed(local, eventually):
    local.deploy(["REMOVE"])
    local.start()
    eventually(lambda: local.hops("started"))

    local.deploy(["INSERT"], again=True)
    eventually(lambda: "was deployed again" in local.words())
    local.vote("a")
    eventually(lambda: local.hops("put"))

    assert local.arrived() == ["a"]


def test_a_second_runner_keeps_out(local, eventually):
    local.deploy()
    local.start()
    eventually(lambda: local.hops("started"))

    second = local.start()

    assert second.wait(30) == 1
    assert local.words() == "Another pipe runner works in folder 'state'. Stop it first.\n"


def test_without_the_stack_it_says_what_to_run(local):
    runner = local.start("absent")

    assert runner.wait(30) == 1
    assert local.words() == (
        "There is no stack 'absent' in us-east-1. "
        "Run: make up (on this machine) or make deploy (on AWS).\n"
    )
