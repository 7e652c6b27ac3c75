"""sinks/telegram.py: a vote in a chat, at a server that takes what the Bot API takes."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.telegram import Settings, handler, message
from votepipe import Secret, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer, Request

CHAT = "-1001234567890"
TAG = re.compile("</?[bi]>")


def refusal(code: int, text: str, **parameters: int) -> Answer:
    body = {"ok": False, "error_code": code, "description": text, "parameters": parameters}
    return Answer(status=code, body=body)


def telegram(request: Request) -> Answer:
    """The Bot API, which knows one bot in one chat."""
    if request.path != "/bot123:right/sendMessage":
        known = re.fullmatch(r"/bot\d+:\w+/sendMessage", request.path)
        return refusal(401, "Unauthorized") if known else refusal(404, "Not Found")
    body = request.json
    if body["chat_id"] != CHAT:
        return refusal(400, "Bad Request: chat not found")
    text = TAG.sub("", body["text"])
    if body["parse_mode"] != "HTML" or "<" in text or not 0 < len(html.unescape(text)) <= 4096:
        return refusal(400, "Bad Request: can't parse entities")
    return Answer(body={"ok": True, "result": {"message_id": 7}})


@pytest.fixture
def server(web: Any) -> Any:
    for name in ("bot123:right", "bot123:wrong", "botcut"):
        web.behave(name, telegram)
    return web


def settings(web: Any, token: str = "123:right", chat: str = CHAT) -> Settings:
    return Settings(bot_token=Secret(token), chat_id=chat, api_url=web.url)


def test_a_vote_with_answers(event: Any) -> None:
    assert message(event("settled")) == (
        "Womp <b>Using DynamoDB streams</b> got a 👎\n"
        "<b>What would make this better?</b> More examples of stream filters.\n"
        "<b>How did you find this page?</b> A colleague sent me the link ✨\n"
        "<i>from reader＠example.com</i>"
    )


def test_a_reader_formats_nothing_and_mentions_nobody(event: Any) -> None:
    shown = message(event("not-known", answers={"a": "<b>x</b> @everyone &amp;"}))

    assert shown.splitlines()[1] == "<b>a:</b> &lt;b&gt;x&lt;/b&gt; ＠everyone &amp;amp;"


@given(st.text(max_size=500), st.lists(st.text(max_size=900), max_size=30))
def test_a_message_is_never_too_long(event: Any, instance: str, answers: list[str]) -> None:
    named = {str(number): text for number, text in enumerate(answers)}

    shown = message(event("not-known", instanceOfJoy=instance, answers=named))

    assert len(html.unescape(TAG.sub("", shown)).encode("utf-16-le")) // 2 <= 4096


def test_telegram_takes_it(event: Any, server: Any) -> None:
    handler(event("settled"), settings(server))

    assert server.requests[0].json["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("token", "chat", "said"),
    [
        ("123:right", "1", "400 Bad Request. The chat may not exist"),
        ("123:wrong", CHAT, "401 Unauthorized. The bot token is wrong"),
        ("cut", CHAT, "404 Not Found. The bot token is cut short"),
    ],
)
def test_a_refusal_says_what_to_do(
    event: Any, server: Any, token: str, chat: str, said: str
) -> None:
    with pytest.raises(Undeliverable, match=said):
        handler(event("settled"), settings(server, token, chat))


def test_too_many_messages_wait(event: Any, server: Any) -> None:
    server.reply(refusal(429, "Too Many Requests: retry after 5", retry_after=5))

    with pytest.raises(TryLater) as caught:
        handler(event("settled"), settings(server))
    assert caught.value.after == 30
