"""sinks/ntfy.py: a vote as a notification, at a server that takes what ntfy takes."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.ntfy import Settings, handler, message
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request

SETTINGS = Settings(topic=Secret("votes"))
TOPIC, SEQUENCE = re.compile("[-_A-Za-z0-9]{1,64}"), re.compile("[-_A-Za-z0-9]{1,64}")


def refusal(status: int, code: int, text: str) -> Answer:
    return Answer(status=status, body={"code": code, "http": status, "error": text})


def ntfy(request: Request) -> Answer:
    """A server on which the topic `reserved` takes the token `tk_right` alone."""
    if (request.method, request.path) != ("POST", "/"):
        return refusal(404, 40401, "page not found")
    token = request.headers.get("authorization", "Bearer ").removeprefix("Bearer ")
    if token not in ("", "tk_right"):
        return refusal(401, 40101, "unauthorized")
    body = request.json
    if not TOPIC.fullmatch(body["topic"]):
        return refusal(400, 40009, "invalid request: topic invalid")
    if body["topic"] == "reserved" and not token:
        return refusal(403, 40301, "forbidden")
    if not SEQUENCE.fullmatch(body["sequence_id"]) or len(body["message"].encode()) > 4096:
        return refusal(400, 40049, "invalid request: sequence ID invalid")
    return Answer(body={"id": "sPs71M8A2T", "event": "message"} | body)


@pytest.fixture
def server(web: Any) -> Any:
    web.behave("", ntfy)
    return web


def settings(web: Any, topic: str, token: str | None = None) -> Settings:
    return Settings(topic=Secret(topic), token=Secret(token) if token else None, url=f"{web.url}/")


def test_a_vote_with_answers(event: Any) -> None:
    sent = message(event("settled"), SETTINGS)

    assert re.fullmatch("[0-9a-f]{64}", sent.pop("sequence_id"))
    assert sent == {
        "topic": "votes",
        "title": "Womp: Using DynamoDB streams",
        "message": "What would make this better? More examples of stream filters.\n"
        "How did you find this page? A colleague sent me the link ✨",
        "tags": ["-1"],
        "click": "https://blog.example.com/using-dynamodb-streams",
    }


def test_the_voter_stays_here(event: Any) -> None:
    assert "reader@example.com" not in json.dumps(message(event("settled"), SETTINGS))


def test_a_vote_that_settles_again_replaces_its_notification(event: Any) -> None:
    first, second = event("settled"), event("settled", voteType="thumbsup")

    sequences = {message(each, SETTINGS)["sequence_id"] for each in (first, second)}

    assert len(sequences) == 1


@given(st.lists(st.text(max_size=900), max_size=30))
def test_a_message_is_never_too_long(event: Any, answers: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(answers)}

    assert 0 < len(message(event("not-known", answers=named), SETTINGS)["message"].encode()) <= 4096


@pytest.mark.parametrize(("topic", "token"), [("votes", None), ("reserved", "tk_right")])
def test_ntfy_takes_it(event: Any, server: Any, topic: str, token: str | None) -> None:
    handler(event("settled"), settings(server, topic, token))

    assert server.requests[0].json["topic"] == topic


@pytest.mark.parametrize(
    ("topic", "token", "said"),
    [
        ("votes", "tk_wrong", "401 Unauthorized. The access token is wrong."),
        ("reserved", None, "403 Forbidden. The topic is reserved."),
    ],
)
def test_a_refusal_says_what_to_do(
    event: Any, server: Any, topic: str, token: str | None, said: str
) -> None:
    with pytest.raises(Undeliverable, match=said):
        handler(event("settled"), settings(server, topic, token))


def test_too_many_requests_wait(event: Any, server: Any) -> None:
    server.reply(refusal(429, 42901, "limit reached: too many requests, please be nice"))

    with pytest.raises(TryLater) as caught:
        handler(event("settled"), settings(server, "votes"))
    assert caught.value.after == 30
