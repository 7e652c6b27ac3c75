"""sinks/webhook.py: an event as signed JSON, and nothing personal without a decision."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sinks.webhook import Settings, handler, signature
from votepipe import Secret, Undeliverable
from votepipe.emulator.http.receiver import Answer
from votepipe.testing import Pipeline

OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 32).decode()


def settings(url: str, secrets: str = NEW, *, personal: bool = False) -> Settings:
    return Settings(url=Secret(url), signing_secret=Secret(secrets), personal=personal)


def test_the_signature_is_verified_by_a_foreign_library(event: Any, web: Any) -> None:
    handler(event(), settings(f"{web.url}/hook"))

    (request,) = web.requests
    assert Webhook(NEW).verify(request.content, request.headers)["type"] == "VoteChanged"


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_two_secrets_sign_side_by_side(event: Any, secret: str, web: Any) -> None:
    handler(event(), settings(web.url, f"{NEW} {OLD}"))

    (request,) = web.requests
    assert Webhook(secret).verify(request.content, request.headers)


def test_another_secret_does_not_verify(event: Any, web: Any) -> None:
    handler(event(), settings(web.url, OLD))

    (request,) = web.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.content, request.headers)


def test_the_vector_of_the_standard() -> None:
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'

    made = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", signed)

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


RANDOM = bytes(range(24)) + b"\xfb\xff\xfe\xfb\xff\xfe\xfb\xff"  # with - and _ where URL-safe
STANDARD = base64.b64encode(RANDOM).decode()
URL_SAFE = base64.urlsafe_b64encode(RANDOM).decode()


@pytest.mark.parametrize(
    "pasted",
    [
        STANDARD,
        f"v1,whsec_{STANDARD}",
        f"whsec_{STANDARD}".rstrip("="),
        f"whsec_{URL_SAFE}",
        f"v1,whsec_{URL_SAFE}".rstrip("="),
        f'  "whsec_{STANDARD}"\n',
        f"'v1,whsec_{STANDARD}'",
        f"“ whsec_{STANDARD} ”",
    ],
)
def test_a_secret_as_people_paste_it_signs_like_its_own_form(pasted: str) -> None:
    assert signature(pasted, b"x") == signature(f"whsec_{STANDARD}", b"x")


@pytest.mark.parametrize(
    "pasted", [f"v1,{NEW} v1,{OLD}", f"v1,{NEW}|v1,{OLD}", f'"{NEW}  {OLD}"', f"'{NEW}'\n'{OLD}'\n"]
)
def test_several_secrets_as_people_paste_them_sign_side_by_side(pasted: str) -> None:
    assert signature(pasted, b"x") == signature(f"{NEW} {OLD}", b"x")


def test_the_id_is_the_events_on_every_try(event: Any, web: Any) -> None:
    for _ in range(2):
        handler(event(), settings(web.url))

    assert [request.headers["webhook-id"] for request in web.requests] == [event().id] * 2


def test_without_a_decision_nothing_personal_is_sent(event: Any, web: Any) -> None:
    handler(event(), settings(web.url))

    vote = web.requests[0].json["vote"]
    assert "voter" not in vote
    assert vote["answers"] == {}


def test_with_a_decision_the_whole_event_is_sent(event: Any, web: Any) -> None:
    handler(event(), settings(web.url, personal=True))

    whole = json.loads(Path("events/bus/answer-2.json").read_text())["detail"]
    assert web.requests[0].json == whole


@pytest.mark.parametrize("path", sorted(Path("events/bus").glob("*.json")), ids=lambda p: p.stem)
def test_every_event_can_be_sent(event: Any, path: Path, web: Any) -> None:
    handler(event(path.stem), settings(web.url))

    assert web.requests[0].json["eventID"] == event(path.stem).id


def test_half_of_an_emoji_becomes_a_question_mark(event: Any, web: Any) -> None:
    handler(event(answers={"a": "x\ud83d"}), settings(web.url, personal=True))

    assert web.requests[0].json["vote"]["answers"] == {"a": "x?"}


def test_a_receiver_that_is_gone_says_what_to_do(event: Any, web: Any) -> None:
    web.reply(Answer(status=410))

    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web.url))
    assert str(caught.value) == (
        "127.0.0.1 answered 410 Gone. It wants no more events. Switch the sink off, or "
        "give another address. Run: votepipe secret set webhook"
    )


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_short",
        "whsec_***",
        "whsec_" + "A" * 28,
        "plain",
        OLD + "!",
        OLD + "A",
        "''",
        f"{NEW} | short",
    ],
)
def test_a_secret_of_another_form_is_refused_without_quoting_it(
    event: Any, secret: str, web: Any
) -> None:
    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web.url, secret))

    assert secret not in str(caught.value)
    assert web.requests == []


@pytest.mark.parametrize(
    ("live", "types"),
    [
        ("false", {"VoteSettled", "VoteWithdrawn"}),
        (
            "true",
            {"VoteCast", "VoteChanged", "VoteSettled", "VoteWithdrawn", "VoteRejected"},
        ),
    ],
)
def test_it_takes_changes_and_rejections_only_when_live(live: str, types: set[str]) -> None:
    sent = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup"}
    options = {"webhook": {"live": live}}
    with Pipeline(sinks=["settle", "webhook"], settings=options, fill_secrets=True) as pipeline:
        pipeline.put(sent)
        pipeline.put(sent | {"voteType": "thumbsdown"})
        pipeline.run_until_idle()
        pipeline.remove(sent)
        pipeline.put(sent | {"voteType": "sideways"})
        pipeline.run_until_idle()

        assert {message.body["type"] for message in pipeline.sent("webhook")} == types


def test_it_leaves_duplicates_to_the_receiver() -> None:
    assert handler.sink.idempotent is None


def test_a_subscriber_is_named_by_its_own_secret(
    event: Any, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOTEPIPE_SINK", "subscriber_crm")
    web.reply(Answer(status=404))

    with pytest.raises(Undeliverable) as caught:
        handler(event(), settings(web.url))

    assert str(caught.value).endswith("Run: votepipe secret set subscriber_crm")
