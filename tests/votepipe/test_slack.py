"""votepipe/slack.py: messages in which foreign text stays text, and what Slack's answers mean."""

import json
from typing import Any

import pytest

from votepipe import Secret, Temporary, TryLater, Undeliverable
from votepipe.emulator.http.receiver import Answer
from votepipe.slack import (
    SECTION,
    Bot,
    Gone,
    TooLong,
    Unchangeable,
    escaped,
    foreign,
    message_of,
    pack,
    post_to_webhook,
)

HELLO = {"text": "hi, the-text", "blocks": [], "unfurl_links": False}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> & <https://x|y>", "&lt;!channel&gt; &amp; &lt;https://x|y&gt;"),
        ("*bold* ~gone~ `code`", "∗bold∗ ∼gone∼ ˋcodeˋ"),
        ("_aside_ snake_case", "ˍasideˍ snake_case"),
        ("two\nlines", "two lines"),
        ("a & b &amp; c", "a &amp; b &amp;amp; c"),
        ("\n\n> quoted\n```\ncode", "&gt; quoted ˋˋˋ code"),
        ("\u202egpj.exe\x00", "gpj.exe"),
    ],
)
def test_foreign_text_neither_mentions_nor_links_nor_formats(text: str, shown: str) -> None:
    assert foreign(text, 100) == shown


def test_it_is_cut_before_it_is_escaped() -> None:
    assert foreign("&" * 10, 3) == "&amp;&amp;…"


def test_an_address_keeps_what_formats_nothing_there() -> None:
    assert escaped("https://x/?a=1&b=2") == "https://x/?a=1&amp;b=2"


def test_lines_are_packed_into_as_few_sections_as_take_them() -> None:
    half = "x" * (SECTION // 2)

    assert pack([half, half[1:], "y"]) == [f"{half}\n{half[1:]}", "y"]


def test_no_text_object_looks_for_mentions() -> None:
    made = message_of(["a"], ["b"])

    assert made["blocks"][0]["text"]["verbatim"]
    assert made["blocks"][1]["elements"][0]["verbatim"]


def lengths(message: Any) -> tuple[int, int]:
    """Of all text in a message's blocks, and of the blocks as JSON."""
    blocks = message["blocks"]
    objects = [part for each in blocks for part in each.get("elements", [each.get("text")])]
    return sum(len(part["text"]) for part in objects), len(json.dumps(blocks))


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ("x" * 2999, 3),  # four would be at the limit, and leave no room for the count
        ("&amp;" * 200, 11),
        ("ы" * 500, 4),  # six characters each as JSON
        ("\n".join(["x" * 2000] * 4), 1),
    ],
    ids=["lines", "escapes", "not ASCII", "parts of several lines"],
)
def test_parts_over_slacks_limits_become_a_count(part: str, kept: int) -> None:
    made = message_of(["headline", *[part] * 20], ["a note"], more=5, of="with answers")

    text, blocks = lengths(made)
    shown = "\n".join(block["text"]["text"] for block in made["blocks"] if "text" in block)
    assert text <= 12_000
    assert blocks < 13_200
    assert shown == "\n".join(["headline", *[part] * kept, f"… and {25 - kept} more with answers"])
    assert made["blocks"][-1]["elements"][0]["text"] == "a note"


def test_what_fits_is_whole() -> None:
    made = message_of(["x" * 2999] * 4)

    assert [len(block["text"]["text"]) for block in made["blocks"]] == [2999] * 4


@pytest.fixture
def bot(web: Any) -> Bot:
    return bot_at(web.url + "/api")


def bot_at(url: str) -> Bot:
    return Bot(sink="my_sink", token=Secret("xoxb-the-secret"), channel="C1", api_url=url)


def answer(web: Any, **body: Any) -> None:
    web.reply(Answer(body=body))


def test_a_post_says_where_and_what(web: Any, bot: Bot) -> None:
    answer(web, ok=True, channel="C1", ts="1.2")

    assert bot.post(HELLO) == "C1:1.2"

    (request,) = web.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == "Bearer xoxb-the-secret"
    assert request.json == {"channel": "C1", **HELLO}


def test_an_update_says_which(web: Any, bot: Bot) -> None:
    answer(web, ok=True, channel="C9", ts="1.2")

    bot.update("C9:1.2", HELLO)

    (request,) = web.requests
    assert request.path == "/api/chat.update"
    assert request.json == {"channel": "C9", "ts": "1.2", "text": "hi, the-text", "blocks": []}


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("ratelimited", TryLater, "Slack answered 'ratelimited'."),
        ("message_limit_exceeded", TryLater, "Slack answered 'message_limit_exceeded'."),
        ("internal_error", Temporary, "Slack answered 'internal_error'."),
        ("message_not_found", Gone, "Slack answered 'message_not_found'."),
        ("request_timeout", Temporary, "Slack answered 'request_timeout'."),
        ("edit_window_closed", Unchangeable, "Slack answered 'edit_window_closed'."),
        ("cant_update_message", Unchangeable, "Slack answered 'cant_update_message'."),
        (
            "invalid_auth",
            Undeliverable,
            "Slack answered 'invalid_auth'. The bot token is not valid. "
            "Run: votepipe secret set my_sink",
        ),
        (
            "not_in_channel",
            Undeliverable,
            "Slack answered 'not_in_channel'. "
            "Invite the bot to the channel: /invite @ and its name.",
        ),
        (
            "channel_not_found",
            Undeliverable,
            "Slack answered 'channel_not_found'. The channel does not exist, or the bot cannot see "
            "it. Correct the template parameter 'MySinkChannel'.",
        ),
        (
            "msg_blocks_too_long",
            TooLong,
            "Slack answered 'msg_blocks_too_long'. The message is longer than Slack takes. "
            "Lower MOST_TEXT and MOST_JSON in votepipe/slack.py and run: make deploy",
        ),
        (
            "msg_too_long",
            TooLong,
            "Slack answered 'msg_too_long'. The message is longer than Slack takes. "
            "Lower MOST_TEXT and MOST_JSON in votepipe/slack.py and run: make deploy",
        ),
        ("something_new", Undeliverable, "Slack answered 'something_new'."),
        ("Hi, the-text!", Undeliverable, "Slack answered 'unknown'."),
    ],
)
def test_what_slack_refuses_decides_the_outcome(
    web: Any, bot: Bot, code: str, kind: type[Exception], text: str
) -> None:
    answer(web, ok=False, error=code)

    with pytest.raises(kind) as caught:
        bot.post(HELLO)

    assert type(caught.value) is kind
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        ({"status": 429, "headers": {"retry-after": "7"}}, TryLater, "429 Too Many Requests."),
        ({"status": 429}, TryLater, "429 Too Many Requests."),
        ({"status": 500}, Temporary, "500 Internal Server Error."),
        ({"status": 503, "body": b"{}"}, Temporary, "503 Service Unavailable."),
        ({"status": 403, "body": b"hi, the-text"}, Undeliverable, "403 Forbidden."),
    ],
)
def test_what_the_server_answers_decides_the_outcome(
    web: Any, bot: Bot, reply: dict[str, Any], kind: type[Exception], text: str
) -> None:
    web.reply(Answer(**reply))

    with pytest.raises(kind) as caught:
        bot.post(HELLO)

    assert str(caught.value) == f"127.0.0.1 answered {text}"
    assert getattr(caught.value, "after", 7) in (7, 30)
    assert len(web.requests) == 1


@pytest.mark.parametrize("body", [b"ok", b"[]", b"\xff", b"[" * 60_000, b'{"ok": true}'])
def test_an_answer_that_slack_never_gives_is_temporary(web: Any, bot: Bot, body: bytes) -> None:
    web.reply(Answer(body=body))

    with pytest.raises(Temporary, match="cannot be read"):
        bot.post(HELLO)


def test_no_answer_is_temporary(web: Any, bot: Bot) -> None:
    web.reply(Answer(disconnect=True))

    with pytest.raises(Temporary) as caught:
        bot.post(HELLO)

    assert "the-secret" not in str(caught.value)
    assert "the-text" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_follows_no_redirect(web: Any, bot: Bot, status: int) -> None:
    web.reply(Answer(status=status, headers={"Location": f"{web.url}/elsewhere"}))
    answer(web, ok=True, channel="C1", ts="1.2")

    with pytest.raises(Undeliverable) as caught:
        bot.post(HELLO)

    assert len(web.requests) == 1
    assert str(caught.value).startswith(f"127.0.0.1 answered {status} ")


@pytest.mark.parametrize("address", ["http://slack.example/api/", "nonsense"])
def test_the_token_goes_nowhere_unsafe(address: str) -> None:
    with pytest.raises(Undeliverable, match=r"safe|not a URL"):
        bot_at(address).post(HELLO)


NEW = "Make a new one and run: votepipe secret set my_sink"


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "400 Bad Request. Slack could not read the message."),
        (403, f"403 Forbidden. The webhook may be revoked, or its channel archived. {NEW}"),
        (404, f"404 Not Found. The webhook does not exist. {NEW}"),
        (410, f"410 Gone. The webhook's channel is archived. {NEW}"),
        (302, "302 Found."),
    ],
)
def test_a_webhook_that_refuses_is_explained(web: Any, status: int, text: str) -> None:
    web.reply(Answer(status=status))

    with pytest.raises(Undeliverable) as caught:
        post_to_webhook(Secret(web.url), HELLO, sink="my_sink")

    assert str(caught.value) == f"127.0.0.1 answered {text}"


def test_a_webhook_that_finds_a_message_too_long_says_so(web: Any) -> None:
    web.reply(Answer(status=400, body="msg_blocks_too_long"))

    with pytest.raises(TooLong, match="Lower MOST_TEXT"):
        post_to_webhook(Secret(web.url), HELLO, sink="my_sink")


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"\n <!DOCTYPE html>"])
def test_a_page_in_place_of_a_webhooks_answer_is_temporary(web: Any, body: bytes) -> None:
    web.reply(Answer(body=body))

    with pytest.raises(Temporary, match="cannot be read"):
        post_to_webhook(Secret(web.url), HELLO, sink="my_sink")
