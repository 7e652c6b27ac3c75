"""votepipe/dev/operations/doctor.py: what is missing is found, each with its remedy."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe.dev.operations import doctor
from votepipe.dev.operations.doctor import Finding


class Stack:
    """A deployed stack: its resources by type and logical id, and their physical ids."""

    def __init__(self, **resources: tuple[str, str]) -> None:
        self.resources = resources
        self.physical_ids = {name: physical for name, (_, physical) in resources.items()}

    def of_type(self, kind: str) -> list[str]:
        return [name for name, (each, _) in self.resources.items() if each == kind]

    def physical_id(self, name: str) -> str:
        return self.physical_ids[name]

    def resolved(self, name: str) -> dict[str, Any]:
        return {"Environment": {"Variables": {"VOTEPIPE_SINK": "chat"}}}


def deployment(stack: Stack, console: str | None = "http://127.0.0.1:9", warning: str = "") -> Any:
    """A stack and the session that reaches it."""
    return SimpleNamespace(
        name="votepipe", session=boto3, stack=stack, console=console, warning=warning
    )


def test_this_machine_and_checkout_are_looked_at() -> None:
    found = list(doctor.machine())

    assert [finding.remedy for finding in found] == [""] * len(found)
    assert [finding.fact for finding in found][1:4] == [
        "make is there.",
        "SAM CLI is there.",
        "MiniStack is there.",
    ]
    assert found[-1] == Finding("template.yaml is in step with sinks/.")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("{}", Finding("The secret of sink 'chat' is set.")),
        (None, Finding("The secret of sink 'chat' is empty.", "votepipe secret set chat")),
    ],
)
def test_secrets(stored: str | None, expected: Finding) -> None:
    with mock_aws():
        client: Any = boto3.client("secretsmanager")
        arn = client.create_secret(Name="votepipe/chat")["ARN"]
        if stored:
            client.put_secret_value(SecretId=arn, SecretString=stored)

        found = list(
            doctor.stack(deployment(Stack(ChatSecret=("AWS::SecretsManager::Secret", arn))))
        )

    assert expected in found


@pytest.mark.parametrize(("count", "remedy"), [(0, ""), (2, "Each message's attribute 'reason'")])
def test_dead_letters(count: int, remedy: str) -> None:
    with mock_aws():
        sqs: Any = boto3.client("sqs")
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        for _ in range(count):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        stack = Stack(
            ChatQueue=("AWS::SQS::Queue", "not looked at"), ChatDeadLetters=("AWS::SQS::Queue", url)
        )

        (found,) = [each for each in doctor.stack(deployment(stack)) if "Letters" in each.fact]

    assert found.fact == f"ChatDeadLetters holds {count} messages."
    assert found.remedy.startswith(remedy)
    assert bool(found.remedy) is bool(count)


class Pipes:
    """AWS that knows one pipe."""

    def __init__(self, state: str) -> None:
        self.state = state

    def client(self, name: str) -> Any:
        return self

    def describe_pipe(self, Name: str) -> dict[str, str]:  # noqa: N803 - as boto3 calls it
        return {"CurrentState": self.state, "StateReason": f"{Name} has no role"}


@pytest.mark.parametrize(
    ("state", "remedy"),
    [("RUNNING", ""), ("CREATE_FAILED", "votes has no role; then deploy again.")],
)
def test_the_pipe_on_aws(state: str, remedy: str) -> None:
    stack = Stack(VotesPipe=("AWS::Pipes::Pipe", "votes"))
    on_aws = SimpleNamespace(
        name="votepipe", session=Pipes(state), stack=stack, console=None, warning=""
    )

    assert Finding(f"VotesPipe is {state}.", remedy) in list(doctor.stack(on_aws))


def test_the_pipe_on_this_machine_is_run_by_us() -> None:
    stack = Stack(VotesPipe=("AWS::Pipes::Pipe", "votes"))

    found = list(doctor.stack(deployment(stack)))

    assert [finding.fact for finding in found] == ["Stack 'votepipe' is there, with 1 resources."]


def test_what_the_console_warns_of_is_a_finding() -> None:
    found = list(doctor.stack(deployment(Stack(), warning="Use PutItem.")))

    assert Finding("Not every write to the votes table made an event.", "Use PutItem.") in found
