"""votepipe/dev/local/local_secrets.py.

On this machine sinks speak to the receiver, unless set otherwise.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe.dev.local import local_secrets
from votepipe.project.sync import SinkResources, resources

SINK = '''"""Post each vote to a room."""
from dataclasses import dataclass
from votepipe import Secret, setting, sink

@dataclass(frozen=True, kw_only=True)
class Settings:
    {settings}

@sink(events=["VoteCast"], settings=Settings)
def handler(event, settings):
    pass
'''
SECRETS = """
    url: Secret = setting("Address")
    key: Secret | None = setting("Key", default=None, example="example key")
    token: Secret | None = setting("Token", default=None)
"""


def sinks(tmp_path: Path, settings: str) -> list[SinkResources]:
    """A checkout's only sink."""
    (tmp_path / "sinks").mkdir()
    (tmp_path / "sinks" / "chat.py").write_text(SINK.format(settings=settings))
    return resources(tmp_path)


@pytest.fixture
def deployed() -> Iterator[Any]:
    """A stack as moto plays it, with the sink's secret still empty."""
    with mock_aws():
        client: Any = boto3.client("secretsmanager")
        arn = client.create_secret(Name="stack/chat")["ARN"]
        yield SimpleNamespace(
            session=boto3,
            client=client,
            arn=arn,
            stack=SimpleNamespace(physical_ids={"ChatSecret": arn}, parameters={}),
        )


def held(deployed: Any) -> dict[str, str]:
    """What the secret holds."""
    text = deployed.client.get_secret_value(SecretId=deployed.arn)["SecretString"]
    values: dict[str, str] = json.loads(text)
    return values


def test_every_setting_gets_its_value_anew(tmp_path: Path) -> None:
    found = sinks(
        tmp_path,
        """
    room: str = setting("Room", example="lobby")
    emoji: str = setting("Sign", default="✨", example="👍")
    count: int = setting("How many")
    quick: bool = setting("Whether at once", default=False)
    seconds: int = setting("Seconds", default=120, local="1")
    server: str = setting("Server", default="https://chat.example", local="{receiver}/api")
    """,
    )

    assert local_secrets.parameters(found, "http://127.0.0.1:8600") == {
        "ChatEnabled": "true",
        "ChatRoom": "lobby",
        "ChatEmoji": "",  # the code has it: CloudFormation would read back '?'
        "ChatQuick": "false",
        "ChatSeconds": "1",
        "ChatServer": "http://127.0.0.1:8600/receive/chat/api",
        "ApiEnabled": "true",
        "ApiWritesPerMinute": "0",
        "ApiProofOfWork": "0",
    }


def test_an_empty_secret_takes_the_receiver_and_examples(tmp_path: Path, deployed) -> None:
    local_secrets.fill_secrets(deployed, sinks(tmp_path, SECRETS), "http://127.0.0.1:8600")

    assert held(deployed) == {"url": "http://127.0.0.1:8600/receive/chat", "key": "example key"}


def test_the_receiver_may_have_moved(tmp_path: Path, deployed) -> None:
    found = sinks(tmp_path, SECRETS)
    local_secrets.fill_secrets(deployed, found, "http://127.0.0.1:8600")

    local_secrets.fill_secrets(deployed, found, "http://127.0.0.1:8700")

    assert held(deployed)["url"] == "http://127.0.0.1:8700/receive/chat"


def test_a_secret_that_a_person_set_stays(tmp_path: Path, deployed) -> None:
    own = {"url": "https://chat.example.com/hook"}
    deployed.client.put_secret_value(SecretId=deployed.arn, SecretString=json.dumps(own))

    local_secrets.fill_secrets(deployed, sinks(tmp_path, SECRETS), "http://127.0.0.1:8600")

    assert held(deployed) == own


def test_a_sink_that_is_off_or_has_no_secrets_is_left_alone(tmp_path: Path, deployed) -> None:
    found = sinks(tmp_path, SECRETS)
    del deployed.stack.physical_ids["ChatSecret"]

    local_secrets.fill_secrets(deployed, found, "http://127.0.0.1:8600")

    with pytest.raises(deployed.client.exceptions.ResourceNotFoundException):
        held(deployed)


def test_addresses_among_the_parameters_may_send_mail(deployed) -> None:
    deployed.stack.parameters = {"EmailSender": "votes@example.com", "SlackEmojiUp": "👍"}

    local_secrets.verify_senders(deployed)

    ses: Any = boto3.client("ses")
    assert ses.list_identities()["Identities"] == ["votes@example.com"]
