"""votepipe/dev/local/live: what is saved while the local stack runs is deployed, the rest stays.

One stack runs for all of it, as a person's does who works on a sink.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from votepipe.dev.operations.casting import cast

pytestmark = pytest.mark.local_stack

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
    up = running_stack(tmp_path_factory.mktemp("live"), root)
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
        return dict(found)

    return save


def texts(up: Any, sink: str) -> list[str]:
    """What the receiver got for a sink."""
    answered = requests.get(f"{up.url}/api/messages", timeout=10).json()
    return [each["body"]["text"] for each in answered if each["sink"] == sink]


def hops(up: Any, vote_id: str) -> list[str]:
    """What became of a vote, hop by hop."""
    votes = requests.get(f"{up.url}/api/journal", timeout=10).json()["votes"]
    return [hop["text"] for each in votes if each["voteId"] == vote_id for hop in each["hops"]]


def vote(up: Any) -> str:
    """Cast a vote; returns its id."""
    return cast(up.deployment.table, vote_type="thumbsup")["voteId"]


def test_a_sink_is_dropped_in_changed_broken_and_removed(
    up: Any, root: Path, save: Any, eventually: Any
) -> None:
    processes = up.status["processes"]

    dropped = save(PAGER, SINK.replace("WORD", "first"))
    first = vote(up)

    assert (dropped["ok"], dropped["sink"]) == (True, "pager")
    eventually(lambda: f"first {first}" in texts(up, "pager"))
    assert "  PagerQueue:" in (root / "template.yaml").read_text()
    assert up.status["sinks"]["pager"] is True

    # Votes that are cast while the code changes arrive, each once, by the one or the other.
    with ThreadPoolExecutor() as readers:
        voting = readers.submit(lambda: [vote(up) for _ in range(8) if not time.sleep(0.2)])
        changed = save(PAGER, SINK.replace("WORD", "second"))
    second = vote(up)

    assert changed["ok"]
    eventually(lambda: f"second {second}" in texts(up, "pager"))
    everybody = sorted([first, *voting.result(), second])
    eventually(lambda: len(texts(up, "pager")) >= len(everybody))
    assert sorted(each.split()[1] for each in texts(up, "pager")) == everybody

    tried = requests.post(f"{up.url}/api/try", json={"sink": "pager"}, timeout=60)

    assert tried.ok, tried.text
    eventually(lambda: texts(up, "pager").count(f"second {second}") == 2)

    broken = save(PAGER, SINK.replace("VoteCast", "VoteCats"))
    third = vote(up)

    assert broken == {
        "file": PAGER,
        "ok": False,
        "line": 13,
        "text": f"{PAGER}, line 13: there is no event 'VoteCats'. Did you mean 'VoteCast'?",
    }
    eventually(lambda: f"second {third}" in texts(up, "pager"))

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
