"""votepipe/dev/local/local_stack.py: the deployed template carries votes, by the roles it has."""

import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from votepipe.dev.commands.recovery import redrive
from votepipe.dev.operations.casting import cast


def messages(stack: Any, sink: str = "slack") -> list[str]:
    """What the receiver got for a sink, each as the text of its JSON."""
    answered = requests.get(f"{stack.url}/api/messages", timeout=10).json()
    return [
        json.dumps(message["body"], ensure_ascii=False)
        for message in answered
        if message["sink"] == sink
    ]


@pytest.fixture
def mention(stack: Any, eventually: Any) -> Callable[..., list[str]]:
    """Wait for so many messages that hold some words."""

    def mention(words: str, count: int = 1) -> list[str]:
        found: list[str] = eventually(
            lambda: (
                len(texts := [text for text in messages(stack) if words in text]) >= count and texts
            )
        )
        return found

    return mention


@pytest.fixture
def instance() -> str:
    """A name that no other test votes on."""
    return f"article-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def table(stack: Any) -> Any:
    """The votes table as any DynamoDB client reaches it from what `/api/status` says."""
    status = requests.get(f"{stack.url}/api/status", timeout=10).json()
    assert status["endpoint"].startswith("http://127.0.0.1:")
    return stack.deployment.session.resource("dynamodb").Table(status["table"])


def vote(instance: str, **more: Any) -> dict[str, Any]:
    """A stored vote, as the first write makes it."""
    return {
        "widgetId": "post-footer",
        "voteId": str(uuid.uuid4()),
        "voteType": "thumbsup",
        "instanceOfJoy": instance,
        "createdAt": "2026-01-04T10:00:00.000Z",
        "answers": {},
        **more,
    }


def test_each_function_was_called_before_the_stack_was_ready(stack: Any) -> None:
    functions, logs = (stack.deployment.session.client(name) for name in ("lambda", "logs"))
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    called = {each["FunctionArn"].rpartition(":")[2] for each in mappings}
    called.add(stack.deployment.stack.physical_id("EnrichFunction"))

    groups = {
        name: functions.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
        for name in called
    }
    early = {"filterPattern": "START", "endTime": int(stack.ready * 1000)}
    started = {
        name
        for name, group in groups.items()
        if logs.filter_log_events(logGroupName=group, **early)["events"]
    }

    assert len(called) > len(DELIVERING)
    assert started == called


def test_a_vote_becomes_a_message(table: Any, instance: str, mention: Any) -> None:
    table.put_item(Item=vote(instance, voter="reader@example.com"))

    (text,) = mention(instance)

    assert "👍" in text
    assert "reader@example.com" in text


def test_answers_are_in_the_message(table: Any, instance: str, mention: Any) -> None:
    cast, words = vote(instance), f"more of {instance}"
    table.put_item(Item=cast)
    table.put_item(Item=cast | {"answers": json.dumps({"field_1": words})})

    # Where this machine is slow, the vote comes to rest between the two, and again.
    (text,) = mention(words)

    assert "👍" in text


def test_a_malformed_vote_is_rejected_and_disturbs_no_other(
    stack: Any, table: Any, instance: str, mention: Any, eventually: Any
) -> None:
    rejected = vote(instance, voteType="sideways", instanceOfJoy=f"bad-{instance}")
    table.put_item(Item=rejected)
    table.put_item(Item=vote(instance))

    mention(instance)

    hops = eventually(
        lambda: [
            hop
            for each in requests.get(f"{stack.url}/api/journal", timeout=10).json()["votes"]
            if each["voteId"] == rejected["voteId"]
            for hop in each["hops"]
            if hop.get("type") == "VoteRejected"
        ]
    )
    assert hops
    assert not [text for text in messages(stack) if f"bad-{instance}" in text]


def test_a_write_by_partiql_makes_no_event_and_the_console_says_so(
    stack: Any, table: Any, instance: str, mention: Any, eventually: Any
) -> None:
    values = f"{{'widgetId': 'w', 'voteId': '{instance}', 'voteType': 'thumbsup'}}"
    table.meta.client.execute_statement(Statement=f'INSERT INTO "{table.name}" VALUE {values}')
    table.put_item(Item=vote(instance))

    mention(instance)

    assert "PartiQL" in eventually(lambda: stack.status["warning"])
    assert "Item" in table.get_item(Key={"widgetId": "w", "voteId": instance})
    voted = requests.get(f"{stack.url}/api/journal", timeout=10).json()["votes"]
    assert instance not in {each["voteId"] for each in voted}


def test_nothing_is_lost_while_the_receiver_fails(
    stack: Any, table: Any, instance: str, mention: Any
) -> None:
    fault = {"sink": "slack", "status": 500, "times": 2}
    requests.post(f"{stack.url}/api/faults", json=fault, timeout=10).raise_for_status()
    table.put_item(Item=vote(instance))

    found = mention(instance)

    assert len(found) == 1


def test_nothing_is_lost_when_the_pipe_runner_is_killed(
    stack: Any, table: Any, instance: str, mention: Any
) -> None:
    before = stack.status["processes"]["pipe"]
    for number in range(20):
        table.put_item(Item=vote(f"{instance}-{number:02}"))
        if number == 10:
            os.kill(before, signal.SIGKILL)

    mention(instance, count=20)

    assert stack.status["processes"]["pipe"] not in (None, before)
    assert {number for number in range(20) if mention(f"{instance}-{number:02}")} == set(range(20))


def test_the_dead_letter_queues_are_empty(stack: Any) -> None:
    letters = requests.get(f"{stack.url}/api/dead-letters", timeout=10).json()

    assert letters == []


DELIVERING = {
    "email",
    "log",
    "settle",
    "slack",
    "tally",
    "webhook",
}  # the other one, digest, is called


def receivers(stack: Any, words: str) -> set[str]:
    """The sinks that sent something with these words, or anything where there are none."""
    messages = requests.get(f"{stack.url}/api/messages", timeout=10).json()
    return {each["sink"] for each in messages if words in json.dumps(each["body"])}


def delivered(stack: Any, vote_id: str) -> set[str]:
    """The sinks that recorded a vote, or that keep no account and logged its delivery."""
    votes = requests.get(f"{stack.url}/api/journal", timeout=10).json()["votes"]
    hops = [hop for each in votes if each["voteId"] == vote_id for hop in each["hops"]]
    logged = {hop["text"].partition(":")[0] for hop in hops if ": delivered" in hop["text"]}
    deliveries = items(stack, "DeliveriesTable")
    return (
        {
            each["delivery"].partition("#")[0]
            for each in deliveries
            if vote_id in each["delivery"] and each.keys() & {"sequence", "settled"}
        }
        | {"tally" for each in items(stack, "TallyTable") if vote_id in each["tally"]}
        | (logged & {"log", "webhook"})
    )


def items(stack: Any, table: str) -> list[dict[str, Any]]:
    """All items of a table of the template."""
    deployed = stack.deployment
    resource = deployed.session.resource("dynamodb").Table(deployed.stack.physical_id(table))
    found: list[dict[str, Any]] = resource.scan()["Items"]
    return found


def call_digest(stack: Any) -> None:
    """Send the digest what its schedule sends it."""
    queue = stack.deployment.stack.physical_id("DigestQueue")
    event = {"source": "aws.scheduler", "time": datetime.now(UTC).isoformat()}
    stack.deployment.session.client("sqs").send_message(
        QueueUrl=queue, MessageBody=json.dumps(event)
    )


class Role:
    """A sink's role, from which an action can be taken for a while."""

    def __init__(self, deployment: Any, name: str) -> None:
        self._iam = deployment.session.client("iam")
        self._name = {"RoleName": deployment.stack.physical_id(name), "PolicyName": "sink"}
        self._document = self._iam.get_role_policy(**self._name)["PolicyDocument"]

    def lose(self, action: str) -> None:
        """Take all statements with an action out."""
        kept = [each for each in self._document["Statement"] if action not in each["Action"]]
        self._put({**self._document, "Statement": kept})

    def restore(self) -> None:
        """Give back what it had."""
        self._put(self._document)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(**self._name, PolicyDocument=json.dumps(document))


@pytest.fixture
def role(stack: Any) -> Iterator[Role]:
    """The role of the email sink."""
    found = Role(stack.deployment, "EmailRole")
    yield found
    found.restore()


def test_every_sink_delivers_with_the_role_it_has(stack: Any, eventually: Any) -> None:
    words = f"enforced-{uuid.uuid4().hex}"

    vote = cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)

    eventually(lambda: delivered(stack, vote["voteId"]) >= DELIVERING)
    call_digest(stack)
    eventually(lambda: receivers(stack, words) >= {"email", "slack", "webhook"})
    # It has room for the places with most votes, and other tests vote too.
    eventually(lambda: "digest" in receivers(stack, ""))


def reasons(stack: Any, words: str) -> list[str]:
    """Why the dead letters of mail with these words are there; what is read is deleted."""
    sqs = stack.deployment.session.client("sqs")
    queue = stack.deployment.stack.physical_id("EmailDeadLetters")
    found = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])
    messages = [each for each in found.get("Messages", []) if words in each["Body"]]
    for each in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
    return [each["MessageAttributes"]["reason"]["StringValue"] for each in messages]


def test_what_a_role_does_not_allow_is_a_dead_letter_that_names_the_action(
    stack: Any, role: Role, eventually: Any
) -> None:
    words = f"refused-{uuid.uuid4().hex}"
    role.lose("dynamodb:UpdateItem")

    cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)

    (reason,) = eventually(lambda: reasons(stack, words))
    assert "dynamodb:UpdateItem" in reason
    assert "email" not in receivers(stack, words)


@pytest.fixture
def halted(stack: Any) -> Iterator[Callable[[], None]]:
    """A pipe that stands still until the end of the test, or until this is called."""
    pid = requests.get(f"{stack.url}/api/status", timeout=10).json()["processes"]["pipe"]
    os.kill(pid, signal.SIGSTOP)
    yield lambda: os.kill(pid, signal.SIGCONT)
    os.kill(pid, signal.SIGCONT)


def record_of(stack: Any, written: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The shard and the stream record of a vote, as DynamoDB gives them."""
    streams = stack.deployment.session.client("dynamodbstreams")
    arn = stack.deployment.table.latest_stream_arn
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    given = {"StreamArn": arn, "ShardId": shard["ShardId"]}
    iterator = streams.get_shard_iterator(**given, ShardIteratorType="TRIM_HORIZON")
    while True:
        page = streams.get_records(ShardIterator=iterator["ShardIterator"])
        for each in page["Records"]:
            if each["dynamodb"]["Keys"]["voteId"]["S"] == written["voteId"]:
                return shard["ShardId"], each
        iterator = {"ShardIterator": page["NextShardIterator"]}


def test_what_the_pipe_gave_up_comes_back_by_redrive_and_shows_once(
    stack: Any,
    table: Any,
    halted: Callable[[], None],
    instance: str,
    mention: Any,
    eventually: Any,
) -> None:
    written = vote(instance)
    table.put_item(Item=written)
    shard, record = record_of(stack, written)
    sequence = record["dynamodb"]["SequenceNumber"]
    deployed = stack.deployment
    sqs = deployed.session.client("sqs")
    pointer = {
        "context": {"condition": "RecordAgeExceeded"},
        "DDBStreamBatchInfo": {
            "streamArn": deployed.table.latest_stream_arn,
            "shardId": shard,
            "startSequenceNumber": sequence,
            "endSequenceNumber": sequence,
            "batchSize": 1,
        },
    }
    pointers, letters = (
        deployed.stack.physical_id(name) for name in ("VotesPipePointers", "VotesPipeDeadLetters")
    )
    sqs.send_message(QueueUrl=pointers, MessageBody=json.dumps(pointer))

    eventually(lambda: waiting(sqs, letters) == 1)
    done = CliRunner().invoke(redrive, ["pipe"], env={"VOTEPIPE_PORT": str(stack.port)})
    (text,) = mention(instance)
    halted()
    # The pipe now sends the same record; what comes after it shows that it is through.
    table.put_item(Item=vote(f"after {instance}"))
    mention(f"after {instance}")

    assert done.output.endswith("\nSent 1 dead letters through the pipe.\n")
    assert waiting(sqs, letters) == 0
    assert [each for each in messages(stack) if instance in each and "after" not in each] == [text]


def waiting(sqs: Any, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"]
    return int(attributes[name])
