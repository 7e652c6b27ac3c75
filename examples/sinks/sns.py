"""Publish each event to an SNS topic, for the queues, functions and phones that subscribe to it.

It needs no key: its function may publish to the topic that `SnsTopic` names, in the stack's account
and Region. A topic with a KMS key of its own also needs kms:GenerateDataKey and kms:Decrypt: add
them to the policies below.
The message is the event as JSON; subscriptions can filter by the attributes `type` and `voteType`.
The voter, answers and enrichment stay here unless `personal` is true.
Events may come out of order: compare `stream`, then `sequence`. A duplicate, such as after an
answer that got lost, has the same `eventID`; a FIFO topic drops it, for five minutes, and keeps the
events of a vote in the order in which they come.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Undeliverable, aws, setting, sink
from votepipe.model.personal import without_personal
from votepipe.plugins import Resources

aws.prepare("sns")

ARN = {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${SnsTopic}"}
CORRECT = "Correct the template parameter 'SnsTopic'."
HINTS = {"NotFound": CORRECT, "InvalidParameter": CORRECT}


@dataclass(frozen=True, kw_only=True)
class Settings:
    topic: str = setting("Name of the topic", default="votes")
    personal: bool = setting("Whether voter, answers and enrichment are sent", default=False)


def message(event: Event, settings: Settings) -> dict[str, Any]:
    """What SNS takes: the event, and what subscriptions filter by."""
    detail = event.detail if settings.personal else without_personal(event.detail)
    facts = {"type": event.type, "voteType": event.vote.vote_type}
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    fifo = {
        "MessageGroupId": hashlib.sha256(vote).hexdigest(),
        "MessageDeduplicationId": hashlib.sha256(event.id.encode()).hexdigest(),
    }
    return {
        "TopicArn": os.environ["SNS_ARN"],
        "Message": json.dumps(detail, default=dict),
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": fact}
            for name, fact in facts.items()
            if fact
        },
        **(fifo if settings.topic.endswith(".fifo") else {}),
    }


@sink(
    events=["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled"],
    settings=Settings,
    idempotent="event",
    resources=Resources(
        environment={"SNS_ARN": ARN},
        policies=[{"Effect": "Allow", "Action": "sns:Publish", "Resource": ARN}],
    ),
)
def handler(event: Event, settings: Settings) -> str:
    sns = aws.client("sns")
    with aws.translate_errors("SNS"):
        try:
            return str(sns.publish(**message(event, settings))["MessageId"])
        except sns.exceptions.ClientError as error:
            if hint := HINTS.get(code := aws.error_code(error)):
                raise Undeliverable(f"SNS answered '{code}'. {hint}") from None
            raise
