"""sinks/log.py: one line for each event, with nothing in it that a reader wrote."""

import json
from pathlib import Path
from typing import Any

import pytest

from sinks.log import handler
from votepipe import Event

SAMPLES = sorted(Path("events/bus").glob("*.json"))


def line(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    envelope = json.loads(Path(f"events/bus/{name}.json").read_text())
    envelope["detail"]["enrichment"] = {"article": {"title": "Using DynamoDB streams"}}
    handler(Event.from_envelope(envelope))
    (written,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_holds_ids_type_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    written = line("answer-2", capsys)

    del written["timestamp"]
    assert written == {
        "level": "INFO",
        "message": "event seen",
        "sink": "log",
        "eventId": "555a9f79734d35695ae5ab9f522d3bba",
        "type": "VoteChanged",
        "time": "2026-01-04T10:01:20Z",
        "sequence": "4421584500000000017450439162",
        "widgetId": "docs-feedback",
        "voteId": "6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
        "voteType": "thumbsup",
        "complete": False,
        "answers": 2,
        "changes": 1,
        "enrichers": 1,
    }


def test_a_rejected_record_has_its_reasons_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert line("malformed", capsys)["reasons"] == 3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_nothing_of_a_reader_is_in_a_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vote = json.loads(path.read_text())["detail"]["vote"]
    written = json.dumps(line(path.stem, capsys), ensure_ascii=False)

    foreign = [vote.get("voter"), vote.get("instanceOfJoy"), *vote.get("answers", {}).values()]
    texts = [text for text in foreign if isinstance(text, str) and text]
    assert [text for text in texts if text in written] == []


def test_it_takes_every_event_in_any_order() -> None:
    assert len(handler.sink.events) == 5
    assert handler.sink.idempotent is None
