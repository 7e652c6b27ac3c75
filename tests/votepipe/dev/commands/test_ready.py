"""votepipe/dev/commands/up.py, `ready`: what a deploy would leave to do is said before it."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from votepipe.dev.commands.up import NotReady, look
from votepipe.dev.local.sam import ParameterError
from votepipe.project import checkout

NO_HOOK = (
    "After this deploy: 'slack' cannot run. Its secret has neither 'webhook_url' nor 'bot_token'. "
    "Run: votepipe secret set slack --stack votes"
)


class Account:
    """A session of an account with one stack, or with none where `parameters` is None."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] | None = None
        self.secret: dict[str, str] = {}
        self.meta = SimpleNamespace(region_name="us-east-1")
        self.exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def client(self, _: str) -> "Account":
        return self

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - boto3's
        if self.parameters is None:
            error = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        parameters = [
            {"ParameterKey": name, "ParameterValue": text} for name, text in self.parameters.items()
        ]
        return {"Stacks": [{"Parameters": parameters}]}

    def list_stack_resources(self, **_: str) -> Any:
        there = {"LogicalResourceId": "SlackSecret", "PhysicalResourceId": "arn:slack"}
        return {"StackResourceSummaries": [there]}

    def get_secret_value(self, SecretId: str) -> Any:  # noqa: N803 - boto3's
        return {"SecretString": json.dumps({"arn:slack": self.secret}[SecretId])}


@pytest.fixture
def account() -> Account:
    """An account without a stack."""
    return Account()


@pytest.fixture
def said(tmp_path: Path, account: Any, others_off: dict[str, str]) -> Callable[..., list[str]]:
    """What is said before a deploy with these overrides, of a checkout with the real template."""
    off = "".join(f" {name}={value}" for name, value in others_off.items())
    (tmp_path / "template.yaml").write_bytes((checkout() / "template.yaml").read_bytes())

    def said(overrides: str = "Environment=dev") -> list[str]:
        (tmp_path / "samconfig.toml").write_text(
            '[default.global.parameters]\nstack_name = "votes"\n'
            f'[default.deploy.parameters]\nparameter_overrides = "{overrides}{off}"\n'
        )
        return list(look("default", tmp_path, account))

    return said


def test_the_first_deploy_makes_the_secret_that_is_set_afterwards(said) -> None:
    assert said() == [NO_HOOK]


def test_a_secret_that_was_set_is_read(account, said) -> None:
    account.parameters = {"Environment": "dev"}
    assert said() == [NO_HOOK]

    account.secret = {"webhook_url": "https://hooks.example.com/x"}

    assert said() == []


def test_a_parameter_that_is_missing_ends_it(said) -> None:
    with pytest.raises(NotReady) as refused:
        said("Environment=dev EmailEnabled=true EmailSender=a@example.com")

    assert str(refused.value) == (
        "'email' cannot run. EMAIL_RECIPIENTS (Addresses that mails go to, with commas between) "
        "has no value. Set the template parameter 'EmailRecipients'. Do that in "
        "parameter_overrides in samconfig.toml, or switch the sink off there: EmailEnabled=false"
    )


def test_values_of_the_stack_count_where_the_configuration_has_none(account, said) -> None:
    account.parameters = {"EmailEnabled": "true", "EmailSender": "a@example.com"}

    with pytest.raises(NotReady, match=r"EMAIL_RECIPIENTS .* has no value"):
        said()


def test_a_value_that_stays_whatever_the_default_has_become_is_named(account, said) -> None:
    account.parameters = {"SlackGatherAbove": "8"}

    assert said("SlackEnabled=false") == [
        "SlackGatherAbove stays '8' in stack 'votes'; the template's default is '5'. "
        "To choose, name it in parameter_overrides in samconfig.toml."
    ]
    assert said("SlackEnabled=false SlackGatherAbove=5") == []


def test_a_name_that_sam_would_drop_without_a_word_is_refused(said) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'SlackEnabled'"):
        said("SlakEnabled=false")


def test_secrets_that_whoever_deploys_may_not_read_count_as_set(account, said, monkeypatch) -> None:
    account.parameters = {"Environment": "dev"}
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    def refuse(**_: str) -> None:
        raise denied

    monkeypatch.setattr(account, "get_secret_value", refuse)

    assert said() == [
        "The secrets of stack 'votes' cannot be read (AccessDeniedException); they count as set."
    ]
    with pytest.raises(NotReady, match="EMAIL_SENDER"):
        said("EmailEnabled=true")
