"""votepipe/dev/commands/stack.py: where the stack is and what waits in its queues."""

import json

import pytest
from click.testing import CliRunner

from votepipe.dev.commands.stack import status


def test_the_local_stack(stack) -> None:
    result = CliRunner().invoke(status, env={"VOTEPIPE_PORT": str(stack.port)})

    facts = json.loads(result.output)
    assert facts["endpoint"] == stack.status["endpoint"]
    assert set(facts["SlackDeadLetters"]) == {"waiting", "in flight"}
    assert {name for name in facts if name.endswith("Queue")} == {
        name for name in stack.deployment.stack.of_type("AWS::SQS::Queue") if name.endswith("Queue")
    }


def test_a_stack_by_its_name(stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.status["endpoint"])

    result = CliRunner().invoke(status, ["--stack", stack.deployment.name])

    facts = json.loads(result.output)
    assert facts["VotesBusName"] == stack.deployment.stack.outputs["VotesBusName"]
    assert "endpoint" not in facts
