"""votepipe/plugins/__init__.py: a mark describes a function and leaves it as it was."""

import json
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import Any

import pytest

from votepipe import Event, delivery, enricher, setting, sink
from votepipe.plugins import Resources

EVENT = Event.from_envelope(json.loads(Path("events/bus/first-write.json").read_text()))


@dataclass(frozen=True, kw_only=True)
class Settings:
    emoji: str = setting("Shown first", default="✨")


@sink(
    events=["VoteCast", "VoteSettled"],
    where={"vote": {"voteType": ["thumbsdown"]}},
    settings=Settings,
    resources=Resources(
        timeout=30, policies=[{"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}]
    ),
)
def handler(event: Event, settings: Settings) -> str:
    """Say what was given."""
    return f"{settings.emoji} {event.vote.vote_id}"


@enricher(adds={"type": "object"}, needs=["article"], timeout=1.5)
def enrich(vote: Any, article: Any) -> dict[str, Any]:
    return {"of": article["title"]}


def test_a_sink_is_described_by_its_mark() -> None:
    described = handler.sink

    assert (described.events, described.resources.timeout) == (("VoteCast", "VoteSettled"), 30)
    assert described.where == {"vote": {"voteType": ["thumbsdown"]}}
    assert described.settings is Settings
    assert described.resources.policies[0]["Action"] == "ses:SendEmail"


def test_a_sink_has_defaults_for_what_its_mark_leaves_out() -> None:
    described = handler.sink

    assert (described.resources.memory, described.resources.batch_size) == (256, 10)
    assert (described.resources.max_concurrency, described.max_attempts) == (None, 12)
    assert described.enabled
    assert (described.batch, described.idempotent) == (False, "vote")


def test_a_sink_knows_its_module() -> None:
    described = handler.sink

    assert described.name == "test_plugins"
    assert described.file.endswith("test_plugins.py")
    assert described.summary.startswith("votepipe/plugins/__init__.py:")


def test_a_description_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        handler.sink.batch = True  # type: ignore[misc]  # that it cannot be is what is tested


def test_a_sink_is_called_as_it_was_written() -> None:
    assert handler(EVENT, Settings(emoji="!")) == f"! {EVENT.vote.vote_id}"
    assert handler(event=EVENT, settings=Settings()) == f"✨ {EVENT.vote.vote_id}"


def test_a_sink_keeps_its_name_and_words() -> None:
    assert (handler.__name__, handler.__doc__) == ("handler", "Say what was given.")


def test_a_batch_from_lambda_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(delivery, "deliver", lambda *args: calls.append(args) or {"answered": 1})
    batch, context = {"Records": []}, object()

    answer: Any = handler(batch, context)  # type: ignore[arg-type]  # as Lambda calls it

    assert answer == {"answered": 1}
    assert calls == [(handler.sink, [], context)]


def test_an_enricher_is_described_by_its_mark() -> None:
    described = enrich.enricher

    assert (described.name, described.adds) == ("test_plugins", {"type": "object"})
    assert (described.needs, described.timeout) == (("article",), 1.5)
    assert (described.required, described.settings) == (False, None)


def test_an_enricher_is_called_as_it_was_written() -> None:
    assert enrich(EVENT.vote, article={"title": "Streams"}) == {"of": "Streams"}
