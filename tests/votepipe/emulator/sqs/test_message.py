"""votepipe/emulator/sqs/message.py."""

import json

import pytest

from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.message import reason_of, record_of
from votepipe.emulator.sqs.queue import Queue

ARN = "arn:aws:sqs:us-east-1:123456789012:Queue"


def queue(simulation: Simulation) -> Queue:
    made: Queue = Queue.of(simulation, "Queue", ARN, "https://sqs/Queue", {})
    return made


def test_a_record_is_as_lambda_hands_it_over(simulation: Simulation) -> None:
    it = queue(simulation)
    it.send("text", attributes={"why": {"DataType": "String", "StringValue": "so"}})
    (message,) = it.receive(1)

    assert record_of(message, it.arn) == {
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": "text",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1000000",
            "SenderId": "AIDAKIT",
            "ApproximateFirstReceiveTimestamp": "1000000",
        },
        "messageAttributes": {
            "why": {
                "stringValue": "so",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "1cb251ec0d568de6a929b520c4aed8d1",
        "eventSource": "aws:sqs",
        "eventSourceARN": it.arn,
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize(
    ("attributes", "body", "reason"),
    [
        ({"reason": "the sink's words"}, "{}", "the sink's words"),
        ({"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "no"}, "{}", "no"),
        ({}, json.dumps({"context": {"condition": "RecordAgeExceeded"}}), "RecordAgeExceeded"),
        ({}, "anything", ""),
    ],
)
def test_a_dead_letter_tells_its_reason(
    simulation: Simulation, attributes: dict[str, str], body: str, reason: str
) -> None:
    told = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}

    assert reason_of(queue(simulation).send(body, attributes=told)) == reason
