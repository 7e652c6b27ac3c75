"""sinks/s3.py: events as lines in a bucket, at moto's S3."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from sinks.s3 import Settings, handler
from votepipe import Undeliverable, aws

SETTINGS = Settings(bucket="example-votes")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client, of an account with the bucket."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.client.cache_clear()
    with mock_aws():
        client = aws.client("s3")
        client.create_bucket(Bucket="example-votes")
        yield client
    aws.client.cache_clear()


def kept(s3: Any) -> dict[str, list[dict[str, Any]]]:
    """The events in the bucket, by the key of their object."""
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="example-votes").get("Contents", ())]
    bodies = {key: s3.get_object(Bucket="example-votes", Key=key)["Body"].read() for key in keys}
    return {key: [*map(json.loads, body.splitlines())] for key, body in bodies.items()}


def next_day(event: Any) -> Any:
    return replace(event, detail={**event.detail, "time": "2026-01-05T00:00:00Z"})


def test_each_day_has_its_folder(event: Any, s3: Any) -> None:
    handler([event("answer-1"), event("settled"), next_day(event("settled"))], SETTINGS)

    days = {
        key.split("/")[1]: [each["type"] for each in events] for key, events in kept(s3).items()
    }
    assert days == {
        "dt=2026-01-04": ["VoteChanged", "VoteSettled"],
        "dt=2026-01-05": ["VoteSettled"],
    }


def test_the_same_events_again_replace_their_object(event: Any, s3: Any) -> None:
    for _ in range(2):
        handler([event("answer-1"), event("settled")], SETTINGS)

    assert len(kept(s3)) == 1


@pytest.mark.parametrize("personal", [False, True])
def test_personal_data_is_kept_where_a_person_decided_so(
    event: Any, s3: Any, personal: bool
) -> None:
    handler([event("settled")], replace(SETTINGS, personal=personal))

    ((line,),) = kept(s3).values()
    assert ("voter" in line["vote"], bool(line["vote"]["answers"])) == (personal, personal)


def test_the_role_may_write_just_there(event: Any, s3: Any) -> None:
    handler([event("settled")], SETTINGS)

    (policy,) = handler.sink.resources.policies
    allowed = policy["Resource"]["Fn::Sub"].replace("${S3Bucket}", "example-votes")
    assert (policy["Action"], allowed) == (
        "s3:PutObject",
        "arn:${AWS::Partition}:s3:::example-votes/votes/*",
    )
    assert all(key.startswith("votes/") for key in kept(s3))


def test_a_bucket_that_is_not_there_says_what_to_do(event: Any, s3: Any) -> None:
    with pytest.raises(Undeliverable) as caught:
        handler([event("settled")], Settings(bucket="another"))

    assert str(caught.value) == (
        "S3 answered 'NoSuchBucket'. Correct the template parameter 'S3Bucket'."
    )
