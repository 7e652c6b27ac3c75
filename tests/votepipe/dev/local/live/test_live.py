"""votepipe/dev/local/live: what is saved while the local stack runs is deployed, the rest stays.

One stack runs for all of it, as a person's does who works on a sink. Its sink `webhook` is off, and
`email` has no sender.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from votepipe.dev.commands.stack import secret
from votepipe.dev.operations.casting import cast

pytestmark = [pytest.mark.local_stack, pytest.mark.xdist_group("live")]

SINK = '''"""Post each vote to a pager."""
from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink
from votepipe.http import post


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address of the pager")


@sink(events=["VoteCast"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    post(settings.url.reveal(), json={"text": f"WORD {event.vote.vote_id}"})
'''
PAGER = "sinks/pager.py"


@pytest.fixture(scope="module")
def root(make_checkout: Callable[[], Path]) -> Path:
    """The checkout that the stack runs."""
    return make_checkout()


@pytest.fixture(scope="module")
def up(root: Path, running_stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The stack of that checkout."""
    folder = tmp_path_factory.mktemp("live")
    up = running_stack(folder, root, WebhookEnabled="false", EmailSender="")
    yield up
    up.end()


@pytest.fixture
def save(root: Path, up: Any, eventually: Any) -> Callable[[str, str | None], dict[str, Any]]:
    """Save a file, or delete it, and wait for what becomes of it."""

    def save(name: str, text: str | None) -> dict[str, Any]:
        before = up.status["live"]
        path = root / name
        if text is None:
            path.unlink()
        else:
            # As editors do: a new file takes the old one's name.
            path.with_name(".saving").write_text(text)
            path.with_name(".saving").replace(path)
        outcomes = eventually(lambda: (now := up.status["live"]) != before and now)
        (found,) = [each for each in outcomes if each["file"] == name]
        return {member: each for member, each in found.items() if member != "at"}

    return save


def bodies(up: Any, sink: str) -> list[Any]:
    """What the receiver got for a sink."""
    answered = requests.get(f"{up.url}/api/messages", timeout=10).json()
    return [each["body"] for each in answered if each["sink"] == sink]


def texts(up: Any) -> list[str]:
    """What the pager got."""
    return [each["text"] for each in bodies(up, "pager")]


def hops(up: Any, vote_id: str) -> list[str]:
    """What became of a vote, hop by hop."""
    votes = requests.get(f"{up.url}/api/journal", timeout=10).json()["votes"]
    return [hop["text"] for each in votes if each["voteId"] == vote_id for hop in each["hops"]]


def vote(up: Any) -> str:
    """Cast a vote; returns its id."""
    return cast(up.deployment.table, vote_type="thumbsup")["voteId"]


def test_a_sink_that_is_off_gets_no_event_takes_none_and_has_no_secret(
    up: Any, root: Path, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    stack, sqs = up.deployment.stack, up.deployment.session.client("sqs")
    queue = stack.physical_id("WebhookQueue")
    sent = sqs.send_message(QueueUrl=queue, MessageBody="from before it was off")["MessageId"]

    vote(up)

    eventually(lambda: bodies(up, "slack"))
    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert message["MessageId"] == sent
    assert bodies(up, "webhook") == []
    assert "SlackSecret" in stack.physical_ids
    assert "WebhookSecret" not in stack.physical_ids
    refused = CliRunner().invoke(secret, ["set", "webhook"], env={"VOTEPIPE_PORT": str(up.port)})
    assert refused.output == (
        "Error: Sink 'webhook' is off in stack 'votepipe-local', so it has no secret. "
        "Deploy with WebhookEnabled=true first.\n"
    )
    assert [name for name, on in up.status["sinks"].items() if not on] == ["webhook"]


def test_a_sink_that_lacks_a_setting_is_named_at_the_start(up: Any) -> None:
    assert (
        "  'email' cannot run. EMAIL_SENDER (Address that mails come from) has no value. "
        "Set the template parameter 'EmailSender'.\n"
    ) in up.said


def test_a_file_of_the_front_is_deployed_with_its_function_alone(
    up: Any, root: Path, save: Any
) -> None:
    style, code = "api/pages/static/style.css", "api/web.py"
    css, python = (root / style).read_text(), (root / code).read_text()
    client = up.deployment.session.client("lambda")
    front = up.deployment.stack.physical_id("ApiFunction")

    def deployed() -> dict[str, str]:
        found = client.get_paginator("list_functions").paginate().build_full_result()["Functions"]
        return {each["FunctionName"]: each["CodeSha256"] for each in found}

    def served() -> str:
        return requests.get(f"{up.status['api']}/assets/style.css", timeout=30).text

    before, served_before = deployed(), served()
    styled = save(style, f"{css}/* quiet */\n")

    assert (styled["ok"], "sink" in styled) == (True, False)
    assert (served_before, served()) == (css, f"{css}/* quiet */\n")
    assert {name for name, _ in before.items() ^ deployed().items()} == {front}

    broken = save(code, f"{python}\ndef (:\n")

    line = python.count("\n") + 2
    assert (broken["ok"], broken["line"]) == (False, line)
    assert broken["text"] == f"{code}: invalid syntax (web.py, line {line})"
    assert served() == f"{css}/* quiet */\n"

    assert save(code, python)["ok"]


def test_a_sink_is_dropped_in_changed_broken_and_removed(
    up: Any, root: Path, save: Any, eventually: Any
) -> None:
    processes = up.status["processes"]

    dropped = save(PAGER, SINK.replace("WORD", "first"))
    first = vote(up)

    assert (dropped["ok"], dropped["sink"]) == (True, "pager")
    eventually(lambda: f"first {first}" in texts(up))
    assert "  PagerQueue:" in (root / "template.yaml").read_text()
    assert up.status["sinks"]["pager"] is True

    # Votes that are cast while the code changes arrive, each once, by the one or the other.
    with ThreadPoolExecutor() as readers:
        voting = readers.submit(lambda: [vote(up) for _ in range(8) if not time.sleep(0.2)])
        changed = save(PAGER, SINK.replace("WORD", "second"))
    second = vote(up)

    assert changed["ok"]
    eventually(lambda: f"second {second}" in texts(up))
    everybody = sorted([first, *voting.result(), second])
    eventually(lambda: len(texts(up)) >= len(everybody))
    assert sorted(each.split()[1] for each in texts(up)) == everybody

    tried = requests.post(f"{up.url}/api/try", json={"sink": "pager"}, timeout=60)

    assert tried.ok, tried.text
    eventually(lambda: texts(up).count(f"second {second}") == 2)

    broken = save(PAGER, SINK.replace("VoteCast", "VoteCats"))
    third = vote(up)

    assert broken == {
        "file": PAGER,
        "ok": False,
        "line": 13,
        "text": f"{PAGER}, line 13: there is no event 'VoteCats'. Did you mean 'VoteCast'?",
    }
    eventually(lambda: f"second {third}" in texts(up))

    with_key = SINK.replace("WORD", "third").replace(
        'pager")\n', 'pager")\n    key: Secret = setting("Key")\n'
    )
    lacks = save(PAGER, with_key)

    assert (lacks["ok"], lacks["sink"]) == (False, "pager")
    assert lacks["text"].endswith(" Run: votepipe secret set pager")

    removed = save(PAGER, None)
    fourth = vote(up)

    assert removed["ok"]
    stack = up.deployment.stack
    assert not [name for name in stack.physical_ids if name.startswith("Pager")]
    queues = up.deployment.session.client("sqs").list_queues()["QueueUrls"]
    secrets = up.deployment.session.client("secretsmanager").list_secrets()["SecretList"]
    assert not [
        each for each in json.dumps([queues, secrets], default=str).split() if "Pager" in each
    ]
    eventually(lambda: "log: delivered" in hops(up, fourth))
    assert up.status["processes"] == processes
