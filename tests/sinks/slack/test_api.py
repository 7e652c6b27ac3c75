"""sinks/slack/api.py: what each answer of the Web API means."""

import json
import subprocess
import sys
from typing import Any

import pytest

from sinks.slack import Settings, api
from votepipe import Secret, Temporary, TryLater, Undeliverable, http
from votepipe.emulator.http.receiver import Answer

HELLO = {"text": "hi, the-text", "blocks": [], "unfurl_links": False}


@pytest.fixture
def talking(web: Any) -> Any:
    return Settings(bot_token=Secret("xoxb-the-secret"), channel="C1", api_url=web.url + "/api")


def answer(web: Any, **body: Any) -> None:
    web.reply(Answer(headers={"Content-Type": "application/json"}, body=json.dumps(body).encode()))


def test_a_post_says_where_and_what(web: Any, talking: Settings) -> None:
    answer(web, ok=True, channel="C1", ts="1.2")

    assert api.post(talking, HELLO) == "C1:1.2"

    (request,) = web.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == "Bearer xoxb-the-secret"
    assert request.json == {"channel": "C1", **HELLO}


def test_an_update_says_which(web: Any, talking: Settings) -> None:
    answer(web, ok=True, channel="C9", ts="1.2")

    api.update(talking, "C9:1.2", HELLO)

    (request,) = web.requests
    assert request.path == "/api/chat.update"
    assert request.json == {
        "channel": "C9",
        "ts": "1.2",
        "text": "hi, the-text",
        "blocks": [],
    }


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("ratelimited", TryLater, "Slack answered 'ratelimited'."),
        ("internal_error", Temporary, "Slack answered 'internal_error'."),
        ("message_not_found", api.Gone, "Slack answered 'message_not_found'."),
        ("edit_window_closed", api.Unchangeable, "Slack answered 'edit_window_closed'."),
        (
            "invalid_auth",
            Undeliverable,
            "Slack answered 'invalid_auth'. The bot token is not valid. "
            "Run: votepipe secret set slack",
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
            "it. Correct the template parameter 'SlackChannel'.",
        ),
        ("something_new", Undeliverable, "Slack answered 'something_new'."),
        ("Hi, the-text!", Undeliverable, "Slack answered 'unknown'."),
    ],
)
def test_what_slack_refuses_decides_the_outcome(
    web: Any, talking: Settings, code: str, kind: type[Exception], text: str
) -> None:
    answer(web, ok=False, error=code)

    with pytest.raises(kind) as caught:
        api.post(talking, HELLO)

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
    web: Any, talking: Settings, reply: dict[str, Any], kind: type[Exception], text: str
) -> None:
    web.reply(Answer(**reply))

    with pytest.raises(kind) as caught:
        api.post(talking, HELLO)

    assert str(caught.value) == f"127.0.0.1 answered {text}"
    assert getattr(caught.value, "after", 7) in (7, 30)
    assert len(web.requests) == 1


def test_no_answer_is_temporary(
    web: Any, talking: Settings, monkeypatch: pytest.MonkeyPatch, no_answer: Answer
) -> None:
    monkeypatch.setattr(http, "USUAL_TIMEOUT", 0.3)
    web.reply(no_answer)

    with pytest.raises(Temporary) as caught:
        api.post(talking, HELLO)

    assert "the-secret" not in str(caught.value)
    assert "the-text" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_follows_no_redirect(web: Any, talking: Settings, status: int) -> None:
    web.reply(Answer(status=status, headers={"Location": f"{web.url}/elsewhere"}))
    answer(web, ok=True, channel="C1", ts="1.2")

    with pytest.raises(Undeliverable) as caught:
        api.post(talking, HELLO)

    assert len(web.requests) == 1
    assert str(caught.value).startswith(f"127.0.0.1 answered {status} ")


@pytest.mark.parametrize("address", ["http://slack.example/api/", "nonsense"])
def test_the_token_goes_nowhere_unsafe(address: str) -> None:
    settings = Settings(bot_token=Secret("xoxb-the-secret"), channel="C1", api_url=address)

    with pytest.raises(Undeliverable, match=r"safe|not a URL"):
        api.post(settings, HELLO)


def test_slacks_library_is_imported_with_a_bot_only() -> None:
    code = "import sys, sinks.slack; sys.exit('slack_sdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
