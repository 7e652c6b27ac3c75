"""votepipe/dev/console/watcher.py: lines, dead letters and mail from a real MiniStack."""

import json
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import requests

from votepipe.dev.console.journal import Journal
from votepipe.dev.console.watcher import LogReader, Watcher, dead_letters, mail

Write = Callable[[list[tuple[int, str]]], None]


@pytest.fixture
def logs(local_aws: Any) -> Any:
    return local_aws.client("logs")


@pytest.fixture
def group(logs: Any) -> Iterator[str]:
    name = f"/votepipe/{uuid.uuid4()}"
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


@pytest.fixture
def write(logs: Any, group: str) -> Write:
    """Write lines as a function does: a stream for each call."""

    def write(lines: list[tuple[int, str]]) -> None:
        stream = str(uuid.uuid4())
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": text} for at, text in lines],
        )

    return write


def line(event: str, **facts: Any) -> str:
    return json.dumps({"message": "delivered", "eventId": event, "sink": "slack", **facts})


def test_each_line_is_read_once(logs: Any, group: str, write: Write) -> None:
    reader = LogReader(logs, group, since=0)
    write([(1_000, line("e-1"))])
    first = reader.read()
    write([(1_001, line("e-2"))])

    assert first == [(1_000, line("e-1"))]
    assert reader.read() == [(1_001, line("e-2"))]
    assert reader.read() == []


def test_a_line_that_shows_up_late_is_read(logs: Any, group: str, write: Write) -> None:
    reader = LogReader(logs, group, since=0)
    write([(5_000, line("e-1"))])
    reader.read()
    write([(3_000, line("e-2"))])

    assert reader.read() == [(3_000, line("e-2"))]


def test_lines_from_before_the_start_are_not_read(logs: Any, group: str, write: Write) -> None:
    write([(1_000, line("e-1")), (2_000, line("e-2"))])

    assert LogReader(logs, group, since=1_500).read() == [(2_000, line("e-2"))]


def test_more_lines_than_one_answer_holds_are_all_read(logs: Any, group: str, write: Write) -> None:
    lines = [(1_000 + number // 10, line(f"e-{number}")) for number in range(12_000)]
    for start in range(0, len(lines), 6_000):
        write(lines[start : start + 6_000])

    assert LogReader(logs, group, since=0).read() == lines


def test_lines_about_no_event_are_not_fetched(logs: Any, group: str, write: Write) -> None:
    write([(1_000, "START RequestId: 1"), (1_000, line("e-1")), (1_000, "REPORT")])

    assert LogReader(logs, group, since=0).read() == [(1_000, line("e-1"))]


def test_a_group_that_is_not_there_yet_has_no_lines(logs: Any) -> None:
    assert LogReader(logs, "/votepipe/not-yet", since=0).read() == []


def test_the_watcher_puts_lines_and_dead_letters_into_the_journal(
    local_aws: Any, logs: Any, group: str, write: Write, eventually: Any
) -> None:
    journal = Journal()
    keys = {"widgetId": "w", "voteId": "v"}
    journal.trace({"hop": "passed", "eventID": "e-1", "keys": keys, "time": 1.0})
    sqs = local_aws.client("sqs")
    queue = sqs.create_queue(QueueName="WatchedDeadLetters")["QueueUrl"]
    write([(1_000, "no JSON but eventId"), (1_000, line("e-1", outcome="retried"))])
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"detail": {"eventID": "e-1"}}))

    def stages() -> set[str]:
        return {hop["stage"] for hop in journal.votes()["votes"][0]["hops"]}

    with Watcher(
        journal,
        logs=logs,
        trail=local_aws.client("cloudtrail"),
        groups=[group],
        endpoint=local_aws.endpoint,
        dead_letter_queues=[queue],
        interval=0.02,
    ):
        eventually(lambda: stages() == {"filter", "sink", "dead letter"})
        sqs.delete_queue(QueueUrl=queue)

    assert len(journal.votes()["votes"][0]["hops"]) == 3


def test_a_failing_round_is_logged_once_and_retried(
    local_aws: Any, free_port: int, caplog: pytest.LogCaptureFixture, eventually: Any
) -> None:
    nowhere = f"http://127.0.0.1:{free_port}"
    rounds = []

    class Journaled(Watcher):
        def read_dead_letters(self) -> None:
            rounds.append(1)
            super().read_dead_letters()

        def read_mail(self) -> None:
            """Leave it to the other job to fail."""

    with Journaled(
        Journal(),
        logs=local_aws.client("logs"),
        trail=local_aws.client("cloudtrail"),
        groups=[],
        endpoint=nowhere,
        dead_letter_queues=["http://127.0.0.1/0/queue"],
        interval=0.01,
    ):
        eventually(lambda: len(rounds) > 2)

    assert [record.message for record in caplog.records] == [
        "The console cannot read from MiniStack (ConnectionError)."
    ]


def test_sent_mail_is_read_back(local_aws: Any) -> None:
    client = local_aws.client("sesv2")
    client.create_email_identity(EmailIdentity="votes@example.com")
    before = len(mail(local_aws.endpoint))
    client.send_email(
        FromEmailAddress="votes@example.com",
        Destination={"ToAddresses": ["editor@example.com"]},
        Content={"Simple": {"Subject": {"Data": "A vote"}, "Body": {"Text": {"Data": "Yay 👍"}}}},
    )

    sent = mail(local_aws.endpoint)[before:]

    assert [(each["Subject"], each["BodyText"]) for each in sent] == [("A vote", "Yay 👍")]


EVENT = {
    "detail-type": "VoteCast",
    "detail": {"eventID": "e-1", "type": "VoteCast", "vote": {"widgetId": "w", "voteId": "v"}},
}


@pytest.fixture
def queue(local_aws: Any) -> Iterator[str]:
    sqs = local_aws.client("sqs")
    url = sqs.create_queue(QueueName="SlackDeadLetters")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def read(local_aws: Any, queue: str) -> list[dict[str, Any]]:
    return dead_letters(local_aws.endpoint, [queue])


def test_a_dead_letter_of_a_sink_names_its_event_and_the_reason(local_aws: Any, queue: str) -> None:
    local_aws.client("sqs").send_message(
        QueueUrl=queue,
        MessageBody=json.dumps(EVENT),
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": "It answered 404."},
            "attempts": {"DataType": "Number", "StringValue": "3"},
        },
    )

    (letter,) = read(local_aws, queue)
    assert (
        letter.items()
        >= {
            "queue": "SlackDeadLetters",
            "reason": "It answered 404.",
            "tries": 3,
            "eventId": "e-1",
            "type": "VoteCast",
            "widgetId": "w",
            "voteId": "v",
        }.items()
    )
    assert letter["receivedAt"].endswith("Z")


def test_a_dead_letter_of_a_pipe_names_the_condition(local_aws: Any, queue: str) -> None:
    pointer = {"context": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": {}}
    local_aws.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(pointer))

    (letter,) = read(local_aws, queue)
    assert letter["reason"] == "RetryAttemptsExhausted"
    assert "eventId" not in letter


@pytest.mark.parametrize(
    "body", ["no JSON", "[]", '{"detail": 1}', '{"detail": {"vote": []}}', '{"context": "x"}']
)
def test_a_dead_letter_of_any_shape_is_listed(local_aws: Any, queue: str, body: str) -> None:
    local_aws.client("sqs").send_message(QueueUrl=queue, MessageBody=body)

    assert len(read(local_aws, queue)) == 1


def test_reading_takes_nothing(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    read(local_aws, queue)

    (message,) = sqs.receive_message(
        QueueUrl=queue, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_the_oldest_dead_letter_comes_first(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    sent = [
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))["MessageId"]
        for number in range(3)
    ]

    assert [letter["messageId"] for letter in read(local_aws, queue)] == sent


def test_only_the_given_queues_are_read(local_aws: Any, queue: str) -> None:
    sqs = local_aws.client("sqs")
    other = sqs.create_queue(QueueName="SlackQueue")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="{}")

    assert read(local_aws, queue) == []


def test_without_ministack_it_raises(free_port: int) -> None:
    with pytest.raises(requests.RequestException):
        dead_letters(f"http://127.0.0.1:{free_port}", ["http://127.0.0.1/0/queue"])


def test_while_the_journal_rests_a_fifth_of_the_rounds_reads(eventually: Any) -> None:
    asked, read = [], []

    class Asked(Journal):
        def state(self) -> dict[str, Any]:
            asked.append(True)
            return super().state()

    class Resting(Watcher):
        def read_lines(self) -> None:
            read.append(len(asked))

        def read_mail(self) -> None:
            """Leave it to the lines."""

        read_dead_letters = read_statements = read_mail

    journal = Asked()
    nobody: Any = None
    with Resting(
        journal,
        logs=nobody,
        trail=nobody,
        groups=[],
        endpoint="",
        dead_letter_queues=[],
        interval=0.001,
    ):
        eventually(lambda: len(read) >= 15)
        journal.reset()
        eventually(lambda: {1} <= {later - each for each, later in pairwise(read[14:])})

    assert read[:15] == [*range(1, 11), 15, 20, 25, 30, 35]


def test_writes_by_partiql_are_counted_once_and_reads_are_not(local_aws: Any) -> None:
    dynamodb = local_aws.client("dynamodb")
    dynamodb.create_table(
        TableName="statements",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    watcher = Watcher(
        Journal(),
        logs=None,
        trail=local_aws.client("cloudtrail"),
        groups=[],
        endpoint=local_aws.endpoint,
        dead_letter_queues=[],
    )
    dynamodb.execute_statement(Statement="SELECT * FROM statements WHERE id = 'insert'")
    watcher.read_statements()
    assert watcher.warning == ""

    dynamodb.execute_statement(Statement="\n insert into \"statements\" value {'id': 'a'}")
    write = {"Statement": "UPDATE \"statements\" SET x = 1 WHERE id = 'a'"}
    dynamodb.batch_execute_statement(Statements=[write])
    dynamodb.execute_transaction(
        TransactStatements=[{"Statement": "DELETE FROM \"statements\" WHERE id = 'a'"}]
    )
    for _ in range(2):
        watcher.read_statements()

    assert watcher.warning.startswith("Writes by PartiQL, 3 so far, make no event")
