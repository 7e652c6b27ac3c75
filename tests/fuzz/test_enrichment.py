"""votepipe/enrichment: whatever a record is, it is answered by one valid event, or left on purpose.

`make fuzz` tries a million records. A batch that is answered wrongly goes into `corpus/`, whose
files are tried first, every time.
"""

import hashlib
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.enrichment import LARGEST_EVENT, handler
from votepipe.model import stored
from votepipe.project import schemas

RECORDS = int(os.environ.get("VOTEPIPE_RECORDS", "3000"))
CORPUS = Path(__file__).parent / "corpus"
BATCH = 10
VALIDATORS = {
    schema["properties"]["type"]["const"]: fastjsonschema.compile(schema)
    for path in schemas.FOLDER.glob("vote-*.json")
    for schema in [json.loads(path.read_text(encoding="utf-8"))]
}


def wrong(batch: list[Any]) -> str:
    """What is wrong about the answer to a batch, or ""."""
    events = handler(json.loads(json.dumps(batch)), None)
    for event in events:
        if not _valid(event):
            return f"an event that is not valid: {event['type']}"
        if len(json.dumps(event, ensure_ascii=False).encode()) > LARGEST_EVENT:
            return "an event that is too large"
        if any(reason.startswith("internal error") for reason in event.get("reasons", ())):
            return event["reasons"][0]
    kept = [record for record in batch if not _left_on_purpose(record)]
    if len(events) != len(kept):
        return f"{len(events)} events for {len(kept)} records"
    for record, event in zip(kept, events, strict=True):
        own = record.get("eventID") if isinstance(record, dict) else None
        if (
            isinstance(own, str)
            and 0 < len(own) <= 256
            and own.isprintable()
            and event["eventID"] != own
        ):
            return "an event of another record"
    return ""


def _valid(event: dict[str, Any]) -> bool:
    try:
        VALIDATORS[event["type"]](event)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def _left_on_purpose(record: Any) -> bool:
    """Whether no reader did anything: a vote that expired, or a write of what was there."""
    if not isinstance(record, dict) or not isinstance(images := record.get("dynamodb"), dict):
        return False
    sequence = images.get("SequenceNumber")
    if not (isinstance(sequence, str) and sequence.isascii() and sequence.isdigit()):
        return False
    by = record.get("userIdentity")
    if record.get("eventName") == "REMOVE":
        return isinstance(by, dict) and by.get("principalId") == "dynamodb.amazonaws.com"
    if record.get("eventName") != "MODIFY" or "NewImage" not in images:
        return False
    (new, bad), (old, unreadable) = (
        stored.clean(images.get(name)) for name in ("NewImage", "OldImage")
    )
    compared = ("voteType", "instanceOfJoy", "voter", "answers", "complete")
    return not bad and not unreadable and all(new.get(each) == old.get(each) for each in compared)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_found_once_is_answered(path: Path) -> None:
    assert wrong(json.loads(path.read_text())) == ""


def test_every_record_is_answered(fuzzed: Callable[[random.Random], Any]) -> None:
    source = random.Random(os.environ.get("VOTEPIPE_SEED", "votes"))
    found = Counter[str]()
    for start in range(0, RECORDS, BATCH):
        batch = [fuzzed(source) for _ in range(min(BATCH, RECORDS - start))]
        try:
            problem = wrong(batch)
        except Exception as error:
            problem = type(error).__name__
        if problem:
            keep(batch)
            found[problem] += 1

    assert found == {}, "The batches are in tests/fuzz/corpus."


def keep(batch: list[Any]) -> None:
    """Keep the smallest part of a batch that shows it."""
    for record in batch:
        try:
            alone = wrong([record])
        except Exception:
            alone = "raised"
        if alone:
            batch = [record]
            break
    text = json.dumps(batch, indent=1) + "\n"
    (CORPUS / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json").write_text(text)


@given(st.lists(st.randoms(use_true_random=False), max_size=3))
def test_hypothesis_finds_none_either(fuzzed: Any, sources: list[random.Random]) -> None:
    assert wrong([fuzzed(source) for source in sources]) == ""
