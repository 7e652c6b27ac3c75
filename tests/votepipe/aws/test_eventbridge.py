"""votepipe/aws/eventbridge.py: what goes on the bus, and what its answers mean."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from votepipe import Temporary, aws
from votepipe.aws import eventbridge

DETAIL = {"type": "VoteSettled", "time": "2026-01-04T10:00:03Z", "vote": {"answers": {"a": "é"}}}


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """What stands for EventBridge, with an answer for each call."""
    client = boto3.client(
        "events", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(aws, "client", {"events": client}.__getitem__)
    with Stubber(client) as stubber:
        yield stubber


def taken(**answer: Any) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]} | answer


def test_an_event_is_put_with_its_own_type_and_time(events: Stubber) -> None:
    entry = {
        "EventBusName": "votes",
        "Source": "votepipe",
        "DetailType": "VoteSettled",
        "Time": datetime(2026, 1, 4, 10, 0, 3, tzinfo=UTC),
        "Detail": json.dumps(DETAIL, ensure_ascii=False),
    }
    events.add_response("put_events", taken(), {"Entries": [entry]})

    eventbridge.put("votes", MappingProxyType(DETAIL | {"vote": MappingProxyType(DETAIL["vote"])}))

    events.assert_no_pending_responses()


def test_a_bus_that_does_not_take_it_is_asked_again_later(events: Stubber) -> None:
    refused = [{"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}]
    events.add_response("put_events", taken(FailedEntryCount=1, Entries=refused), {"Entries": ANY})

    with pytest.raises(Temporary) as caught:
        eventbridge.put("votes", DETAIL)

    assert str(caught.value) == "EventBridge answered 'ThrottlingException'."


def test_a_bus_that_refuses_the_call_is_asked_again_later(events: Stubber) -> None:
    events.add_client_error("put_events", "InternalException", "the-text")

    with pytest.raises(Temporary) as caught:
        eventbridge.put("votes", DETAIL)

    assert str(caught.value) == "EventBridge answered 'InternalException'."
