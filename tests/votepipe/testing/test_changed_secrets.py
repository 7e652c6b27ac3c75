"""A secret or a right that changes while the functions run: on the kit, with its one extra call."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.http.receiver import Answer, Request
from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteType": "thumbsup", "answers": {}}
BOT = {"slack": {"bot_token": "xoxb-old", "channel": "C1", "live": "true", "seconds_between": "0"}}

KEYED = '''"""Post each vote with a key."""

from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink
from votepipe.http import post


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address")
    key: Secret = setting("Key")


@sink(events=["VoteCast"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.url.reveal(), json={}, headers={"X-Key": settings.key.reveal()})
'''


def change(pipeline: Pipeline, name: str, value: str) -> None:
    """Set one value of the secret that has it."""
    arn, text = next(each for each in pipeline.models.secrets.values.items() if name in each[1])
    pipeline.models.secrets.values[arn] = json.dumps({**json.loads(text), name: value})


def vote(pipeline: Pipeline, name: str) -> None:
    pipeline.put({**VOTE, "voteId": name})
    pipeline.advance(seconds=10)


def slack(code: str, good: Callable[[], str]) -> Callable[[Request], Answer]:
    """Slack, which takes one token."""

    def answer(request: Request) -> Answer:
        if request.headers["authorization"] == f"Bearer {good()}":
            return Answer(body={"ok": True, "channel": "C1", "ts": "1.000100"})
        return Answer(body={"ok": False, "error": code})

    return answer


@pytest.mark.parametrize(
    "code", ["invalid_auth", "token_revoked", "token_expired", "not_authed", "account_inactive"]
)
def test_a_stale_token_costs_one_call_and_no_dead_letter(code: str) -> None:
    token = "xoxb-old"
    with Pipeline(sinks=["slack"], settings=BOT) as pipeline:
        pipeline.serve("slack", slack(code, lambda: token))
        vote(pipeline, "one")
        token = "xoxb-new"
        change(pipeline, "bot_token", token)
        vote(pipeline, "two")
        vote(pipeline, "three")

        assert len(pipeline.attempts("slack")) == 4
        assert not pipeline.dead_letters()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_stale_key_or_address_costs_one_call(
    run: Callable[..., Pipeline], checkout: Callable[..., Path], status: int
) -> None:
    key = "old"
    pipeline = run(checkout({"keyed": KEYED}), settings={"keyed": {"key": key}})
    pipeline.serve("keyed", lambda r: Answer(status=200 if r.headers["x-key"] == key else status))
    vote(pipeline, "one")
    key = "new"
    change(pipeline, "key", key)
    vote(pipeline, "two")

    assert [each.headers["x-key"] for each in pipeline.attempts("keyed")] == ["old", "old", "new"]
    assert not pipeline.dead_letters()


def test_a_secret_that_did_not_change_is_not_tried_again(
    run: Callable[..., Pipeline], checkout: Callable[..., Path]
) -> None:
    pipeline = run(checkout({"keyed": KEYED}), settings={"keyed": {"key": "old"}})
    pipeline.answer("keyed", status=401)
    vote(pipeline, "one")

    assert len(pipeline.attempts("keyed")) == 1
    (letter,) = pipeline.dead_letters()
    assert letter.reason.endswith("answered 401 Unauthorized.")


def test_a_secret_that_changed_to_another_bad_one_is_tried_once(
    run: Callable[..., Pipeline], checkout: Callable[..., Path]
) -> None:
    pipeline = run(checkout({"keyed": KEYED}), settings={"keyed": {"key": "old"}})
    vote(pipeline, "one")
    pipeline.serve("keyed", lambda _: Answer(status=401))
    change(pipeline, "key", "new")
    vote(pipeline, "two")

    assert len(pipeline.attempts("keyed")) == 3
    assert len(pipeline.dead_letters()) == 1


def test_a_value_that_was_missing_counts_as_soon_as_it_is_set(
    run: Callable[..., Pipeline], checkout: Callable[..., Path]
) -> None:
    pipeline = run(checkout({"keyed": KEYED}), settings={"keyed": {"key": "old"}})
    change(pipeline, "key", "")
    vote(pipeline, "one")
    change(pipeline, "key", "new")
    vote(pipeline, "two")

    assert [each.headers["x-key"] for each in pipeline.sent("keyed")] == ["new"]
    assert len(pipeline.dead_letters()) == 1


def test_a_missing_right_is_named_by_the_first_dead_letter(
    run: Callable[..., Pipeline], checkout: Callable[..., Path]
) -> None:
    root = checkout()
    template: dict[str, Any] = json.loads((root / "template.yaml").read_text())
    (policy,) = template["Resources"]["ChatRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement.get("Action") == "dynamodb:UpdateItem":
            statement["Action"] = "dynamodb:GetItem"
    (root / "template.yaml").write_text(json.dumps(template))
    pipeline = run(root)
    vote(pipeline, "one")

    (letter,) = pipeline.dead_letters()
    assert letter.reason == (
        "The deliveries table answered 'AccessDeniedException'. "
        "Allow dynamodb:UpdateItem on it in the caller's role."
    )
