"""`votepipe status`: where a stack is, and what waits or failed in it."""

import json
from typing import Any

import click

from votepipe.dev.operations.deployment import deployment, local_status, stack_option


@click.command()
@stack_option
def status(stack: str | None) -> None:
    """Show where the stack is and how many messages its queues hold."""
    found = deployment(stack)
    sqs = found.session.client("sqs")
    facts: dict[str, Any] = dict(found.stack.outputs) if stack else local_status()
    for name in found.stack.of_type("AWS::SQS::Queue"):
        url = found.stack.physical_id(name)
        counts = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        facts[name] = {
            "waiting": int(counts["ApproximateNumberOfMessages"]),
            "in flight": int(counts["ApproximateNumberOfMessagesNotVisible"]),
        }
    click.echo(json.dumps(facts, indent=2))
