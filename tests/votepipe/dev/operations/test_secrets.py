"""votepipe/dev/operations/secrets.py.

What is given becomes the sink's one secret, and is never quoted.
"""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from votepipe import Secret, setting
from votepipe.dev.operations.secrets import SecretError, put_secret, secret_values, values_from
from votepipe.plugins.fields import fields


@dataclass(frozen=True, kw_only=True)
class One:
    """Settings with one secret."""

    url: Secret = setting("Address")


@dataclass(frozen=True, kw_only=True)
class Two:
    """Settings with two secrets, of which one may be left out."""

    url: Secret = setting("Address")
    key: Secret | None = setting("Key", default=None)


@pytest.mark.parametrize(
    ("text", "settings", "values"),
    [
        ("https://a/b\n", One, {"url": "https://a/b"}),
        ('"https://a/b"', One, {"url": "https://a/b"}),
        ("12345", One, {"url": "12345"}),
        ('{"url": "u"}', One, {"url": "u"}),
        ('{"url": "u"}', Two, {"url": "u"}),
        ('{"url": "u", "key": "k"}', Two, {"url": "u", "key": "k"}),
    ],
)
def test_what_fits(text: str, settings: type, values: dict[str, str]) -> None:
    assert values_from(text, fields(settings, "chat")) == values


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ("hush", Two, 'This is not a JSON object. Give {"url": "…", "key": "…"}.'),
        ('{"hush": "x"}', One, 'These are not the sink\'s secrets. Give {"url": "…"}.'),
        ("{}", One, 'These are not the sink\'s secrets. Give {"url": "…"}.'),
        (
            '{"key": "hush"}',
            Two,
            'These are not the sink\'s secrets. Give {"url": "…", "key": "…"}.',
        ),
        (" \n", One, 'A secret is a text that is not empty. Give {"url": "…"}.'),
        ('{"url": 7}', One, 'A secret is a text that is not empty. Give {"url": "…"}.'),
    ],
)
def test_what_does_not_fit(text: str, settings: type, said: str) -> None:
    with pytest.raises(SecretError) as error:
        values_from(text, fields(settings, "chat"))

    assert str(error.value) == said


def test_where_all_may_be_left_out_one_must_be_given() -> None:
    optional = fields(Two, "chat")[1:]

    with pytest.raises(SecretError, match="These are not the sink's secrets"):
        values_from("{}", optional)


def test_a_secret_is_created_empty_and_then_set() -> None:
    with mock_aws():
        client: Any = boto3.client("secretsmanager")
        arn = client.create_secret(Name="stack/chat")["ARN"]
        before = secret_values(client, arn)

        put_secret(client, arn, {"url": "https://a/ü"})

        assert (before, secret_values(client, arn)) == ({}, {"url": "https://a/ü"})
