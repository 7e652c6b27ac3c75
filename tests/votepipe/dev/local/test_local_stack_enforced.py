"""votepipe/dev/local/local_stack.py.

The tests' local stack enforces roles, so that what it delivers it may.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from votepipe.dev.operations.casting import cast

TOLD = {"email", "log", "settle", "slack", "tally", "webhook"}  # the other one, digest, is called


def receivers(stack: Any, words: str) -> set[str]:
    """The sinks that sent something with these words, or anything where there are none."""
    messages = requests.get(f"{stack.url}/api/messages", timeout=10).json()
    return {each["sink"] for each in messages if words in json.dumps(each["body"])}


def delivered(stack: Any, vote_id: str) -> set[str]:
    """The sinks that wrote down what they did with a vote."""
    deliveries = items(stack, "DeliveriesTable")
    return {
        each["delivery"].partition("#")[0]
        for each in deliveries
        if vote_id in each["delivery"] and each.keys() & {"sequence", "settled"}
    } | {"tally" for each in items(stack, "TallyTable") if vote_id in each["tally"]}


def items(stack: Any, table: str) -> list[dict[str, Any]]:
    """All items of a table of the template."""
    deployed = stack.deployment
    resource = deployed.session.resource("dynamodb").Table(deployed.stack.physical_id(table))
    found: list[dict[str, Any]] = resource.scan()["Items"]
    return found


def call_digest(stack: Any) -> None:
    """Send the digest what its schedule sends it."""
    queue = stack.deployment.stack.physical_id("DigestQueue")
    moment = {"source": "aws.scheduler", "time": datetime.now(UTC).isoformat()}
    stack.deployment.session.client("sqs").send_message(
        QueueUrl=queue, MessageBody=json.dumps(moment)
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
    """The role of the webhook sink."""
    found = Role(stack.deployment, "WebhookRole")
    yield found
    found.restore()


def test_every_sink_delivers_with_the_role_it_has(stack: Any, eventually: Any) -> None:
    words = f"enforced-{uuid.uuid4().hex}"

    vote = cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)

    eventually(lambda: delivered(stack, vote["voteId"]) >= TOLD)
    call_digest(stack)
    eventually(lambda: receivers(stack, words) >= {"email", "slack", "webhook"})
    # It has room for the places with most votes, and other tests vote too.
    eventually(lambda: "digest" in receivers(stack, ""))


def test_what_a_role_does_not_allow_is_refused_until_it_does(
    stack: Any, role: Role, eventually: Any
) -> None:
    words = f"refused-{uuid.uuid4().hex}"
    role.lose("dynamodb:UpdateItem")

    cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)
    eventually(lambda: receivers(stack, words) >= {"slack", "email"})
    refused = receivers(stack, words)
    role.restore()

    assert "webhook" not in refused
    eventually(lambda: "webhook" in receivers(stack, words))
