"""votepipe/emulator/functions/secrets.py: through a boto3 client."""

from typing import Any

import pytest

from votepipe.testing import Pipeline


@pytest.fixture
def secrets(chat: Pipeline) -> Any:
    return chat.client("secretsmanager")


@pytest.mark.parametrize("by", ["arn", "name"])
def test_a_secret_is_read_by_its_arn_or_name(chat: Pipeline, secrets: Any, by: str) -> None:
    answer = secrets.get_secret_value(SecretId=getattr(chat.resources, by)("ChatSecret"))

    assert answer["SecretString"].startswith('{"url": "http://127.0.0.1:')


@pytest.mark.parametrize("name", ["other", "ChatSecret"])
def test_a_secret_that_is_unknown_or_has_no_value_is_refused(
    chat: Pipeline, secrets: Any, name: str
) -> None:
    chat.models.secrets.values.clear()
    known = chat.resources.arn(name) if name in chat.resources.types else name

    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=known)
