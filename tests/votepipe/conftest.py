"""A checkout of its own for the kit: one plain sink, so that no test hangs on the shipped ones."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.simulation.simulation import Simulation
from votepipe.project import sync
from votepipe.project.template import parsed
from votepipe.testing import Pipeline

ROOT = Path(__file__).parents[2]
CHAT = '''"""Post each change of a vote to a chat room."""

from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink
from votepipe.http import post


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address of the room")
    sign: str = setting("Shown before each message", default="")


@sink(events=["VoteCast", "VoteChanged"], settings=Settings, max_attempts=5)
def handler(event: Event, settings: Settings) -> None:
    answers = ", ".join(event.vote.answers.values())
    text = f"{settings.sign}{event.vote.vote_id} {event.vote.vote_type} {answers}".strip()
    post(settings.url.reveal(), json={"text": text})
'''

VOTE = {
    "widgetId": "docs",
    "voteId": "one",
    "voteType": "thumbsup",
    "answers": {},
    "createdAt": "2026-01-04T10:00:00Z",
}

Checkout = Callable[..., Path]


def vote(**changes: Any) -> dict[str, Any]:
    """A stored vote; an `answer` is written as the widget writes it."""
    if "answer" in changes:
        changes["answers"] = json.dumps({"field_1": changes.pop("answer")})
    return VOTE | changes


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Make checkouts: with these sinks by name, and `more` resources than the template has."""

    def make(sinks: dict[str, str] | None = None, *, more: dict[str, Any] | None = None) -> Path:
        root = tmp_path_factory.mktemp("checkout")
        for folder in ("sinks", "enrichers"):
            (root / folder).mkdir()
            (root / folder / "__init__.py").touch()
        for name, source in (sinks or {"chat": CHAT}).items():
            (root / "sinks" / f"{name}.py").write_text(source)
        shutil.copy(ROOT / "template.yaml", root)
        written = sync.synced((root / "template.yaml").read_text(), sync.resources(root))
        template = parsed(written)
        template["Resources"] |= more or {}
        (root / "template.yaml").write_text(json.dumps(template))
        return root

    return make


@pytest.fixture(scope="session")
def plain(checkout: Checkout) -> Path:
    """The checkout with the chat sink alone."""
    return checkout()


@pytest.fixture
def run(plain: Path) -> Iterator[Callable[..., Pipeline]]:
    """Make pipelines, of the plain checkout unless given another; they end with the test."""
    made: list[Pipeline] = []

    def run(root: Path = plain, **given: Any) -> Pipeline:
        made.append(Pipeline(root, **given))
        return made[-1]

    yield run
    for pipeline in made:
        pipeline.close()


@pytest.fixture
def chat(run: Callable[..., Pipeline]) -> Pipeline:
    """A pipeline with the chat sink."""
    return run()


@pytest.fixture
def simulation() -> Simulation:
    """Time, chance and a trace for parts on their own; time begins at 1000."""
    return Simulation(1000.0, 0)


@pytest.fixture(scope="session")
def python_pytest() -> list[str]:
    """A pytest of its own with the kit's plugin: the command, to which a file is added."""
    return [
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
        # Without its entry point, so that it is there once whether or not that is installed.
        *("-p", "no:votepipe", "-p", "votepipe.testing.plugin"),
        *("--rootdir", ".", "-c", os.devnull),
    ]
