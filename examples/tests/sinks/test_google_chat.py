"""sinks/google_chat.py: a vote in a space, at a server that takes what Google Chat takes."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.google_chat import Settings, handler, message
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request


def refusal(code: int, status: str) -> Answer:
    error = {"code": code, "message": "No.", "status": status}
    return Answer(status=code, body={"error": error})


class Space:
    """A space with one webhook: the messages by request, and the threads that they are in."""

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}
        self.threads: list[str] = []

    def __call__(self, request: Request) -> Answer:
        """Answer as `spaces.messages.create` does."""
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != "/v1/spaces/AAAA/messages":
            return refusal(404, "NOT_FOUND")
        if query.get("key") != "k" or query.get("token") != "t":
            return refusal(401, "UNAUTHENTICATED")
        text, thread = request.json["text"], request.json["thread"]["threadKey"]
        reply = query["messageReplyOption"] == "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
        if not reply or not 0 < len(text) <= 4096 or len(thread) > 4000:
            return refusal(400, "INVALID_ARGUMENT")
        if query["requestId"] not in self.messages:
            self.messages[query["requestId"]] = text
            self.threads.append(thread)
        return Answer(body={"name": "spaces/AAAA/messages/1", "text": text})


@pytest.fixture
def space(web: Any) -> Space:
    made = Space()
    web.behave("v1", made)
    return made


def settings(web: Any, key: str = "k") -> Settings:
    address = f"{web.url}/v1/spaces/AAAA/messages?key={key}&token=t"
    return Settings(webhook_url=Secret(address))


def test_a_vote_with_answers(event: Any) -> None:
    assert message(event("settled"))["text"].splitlines() == [
        "Womp: *Using DynamoDB streams* got a 👎",
        "*What would make this better?* More examples of stream filters.",
        "*How did you find this page?* A colleague sent me the link ✨",
        "_from reader＠example.com_",
    ]


def test_a_reader_formats_nothing_and_mentions_nobody(event: Any) -> None:
    answers = {"a": "<users/all> <https://evil.example|bank> *b* _i_ `c`"}

    text = message(event("not-known", answers=answers))["text"]

    assert text.endswith("*a:* ‹users/all› ‹https://evil.example∣bank› ∗b∗ ˍiˍ ˋcˋ")


@given(st.text(max_size=500), st.lists(st.text(max_size=900), max_size=30))
def test_a_message_is_never_too_long(event: Any, instance: str, answers: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(answers)}

    assert len(message(event("settled", instanceOfJoy=instance, answers=named))["text"]) <= 4096


def test_a_duplicate_shows_once_and_a_vote_has_one_thread(
    event: Any, web: Any, space: Space
) -> None:
    for _ in range(2):
        handler(event("settled"), settings(web))
    handler(event("answer-2"), settings(web))

    assert len(space.messages) == 2
    assert len(set(space.threads)) == 1


def test_a_wrong_address_says_what_to_do(event: Any, web: Any, space: Space) -> None:
    with pytest.raises(Undeliverable, match="lacks its key or token"):
        handler(event("settled"), settings(web, "wrong"))


def test_a_full_minute_waits(event: Any, web: Any) -> None:
    web.reply(refusal(429, "RESOURCE_EXHAUSTED"))

    with pytest.raises(TryLater) as caught:
        handler(event("settled"), settings(web))
    assert caught.value.after == 30
