"""The test kit and the local stack, which runs on MiniStack: same writes, same messages."""

import json
import time
import uuid
from typing import Any

import requests

from votepipe.testing import Pipeline

SINK = "webhook"
SETTLED = "VoteSettled"  # whether it comes depends on how quickly the test writes
# Ids, times and numbers of the stream's own, which no two runs share.
OWN = ("eventID", "sequence", "stream", "time")


def writes(instance: str) -> list[tuple[str, dict[str, Any]]]:
    """Stored votes of all shapes, in order: each is put, or removed."""
    vote = {
        "widgetId": "post-footer",
        "voteId": f"{instance}-1",
        "voteType": "thumbsup",
        "instanceOfJoy": instance,
        "voter": "reader@example.com",
        "createdAt": "2026-01-04T10:00:00.000Z",
        "answers": {},
    }
    upsert = {"widgetId": "post-footer", "voteId": f"{instance}-2", "voteType": "thumbsup"}
    return [
        ("put", vote),
        ("put", vote | {"answers": json.dumps({"field_1": "more of this"})}),
        ("put", vote | {"answers": json.dumps({"field_1": "more of this", "field_2": "<b>"})}),
        ("put", vote | {"answers": json.dumps({"field_1": "more of this", "field_2": "<b>"})}),
        ("put", vote | {"voteType": "thumbsdown"}),
        ("put", upsert | {"answers": {"field_1": "a map", "field_2": 3}}),
        (
            "put",
            upsert
            | {"voteId": f"{instance}-3", "instanceOfJoy": "undefined", "voter": "{{ email }}"},
        ),
        ("put", upsert | {"voteId": f"{instance}-4", "voteType": "sideways"}),
        ("remove", vote),
    ]


def from_kit(instance: str) -> list[dict[str, Any]]:
    options = {SINK: {"personal": True, "live": True}}
    with Pipeline(sinks=[SINK], settings=options, fill_secrets=True) as pipeline:
        for verb, vote in writes(instance):
            getattr(pipeline, verb)(vote)
            pipeline.advance(seconds=1)
        bodies = [message.body for message in pipeline.sent(SINK)]
        return [comparable(body) for body in bodies if body["type"] != SETTLED]


def from_stack(stack: Any, instance: str, count: int) -> list[dict[str, Any]]:
    table = stack.deployment.session.resource("dynamodb").Table(stack.status["table"])
    for verb, vote in writes(instance):
        if verb == "put":
            table.put_item(Item=vote)
        else:
            table.delete_item(Key={name: vote[name] for name in ("widgetId", "voteId")})
    deadline = time.monotonic() + 60  # only a test that will not pass waits for it
    while True:
        found = [
            message["body"]
            for message in requests.get(f"{stack.url}/api/messages", timeout=10).json()
            if message["sink"] == SINK
            and message["body"]["type"] != SETTLED
            and instance in json.dumps(message["body"])
        ]
        if len(found) >= count or time.monotonic() > deadline:
            return [comparable(body) for body in found]
        time.sleep(0.1)


def comparable(body: dict[str, Any]) -> dict[str, Any]:
    """A message without what no two runs share."""
    return {
        name: comparable(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if name not in OWN
    }


def test_the_same_writes_make_the_same_messages(stack: Any) -> None:
    instance = f"article-{uuid.uuid4().hex[:12]}"
    kit = from_kit(instance)
    local = from_stack(stack, instance, len(kit))

    assert len(kit) >= 5
    assert sorted(map(json.dumps, local)) == sorted(map(json.dumps, kit))
