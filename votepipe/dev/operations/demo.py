"""One reader's story through the real filter, enrichment, settling, rule and message.

All of it happens in this process, and nothing is sent: the message is shown as the Slack sink
would post it.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from votepipe import Event, Secret
from votepipe.emulator.patterns import matches
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.project import checkout
from votepipe.project.template import read

STORY = Path("events/stream/story.json")  # below the checkout


def lines() -> Iterator[str]:
    """What becomes of each record of the story, the settled vote, and a summary."""
    root = checkout()
    # The sinks and enrichers of this checkout, not those beside the library that was installed.
    sys.path.insert(0, str(root))
    from sinks import settle
    from sinks.settle.state import State
    from sinks.slack import Settings, messages

    resources = read(root)["Resources"]
    pipe = resources["VotesPipe"]["Properties"]["SourceParameters"]["FilterCriteria"]["Filters"]
    rule = resources["SlackRule"]["Properties"]["EventPattern"]
    # Without what it only takes when a setting is on.
    rule["detail-type"] = [each for each in rule["detail-type"] if isinstance(each, str)]
    quiet = settle.Settings().quiet_period_seconds
    details: list[dict[str, Any]] = []
    records = json.loads((root / STORY).read_text())
    for record in records:
        passed = any(matches(each["Pattern"], record, for_pipe=True) for each in pipe)
        made, left_out = _enriched([record]) if passed else ([], [])
        details += made
        events = ", ".join(f"{each['type']}  {_facts(each)}" for each in made) or "filtered out"
        yield f"{record['eventName']}  → {events}"
        yield from (f"  ! enricher {each['enricher']} left out: {each['why']}" for each in left_out)
    if details[-1]["type"] == "VoteRejected":  # an enricher that is required failed
        yield f"{len(records)} writes, {len(details)} events, 0 messages"
        return
    last = Event.from_detail(details[-1])
    at_rest = {"eventID": f"{last.id}-settled", "time": details[-1]["time"]}
    details.append(State.of({"settledAs": at_rest}).detail(last))
    yield f"        … {quiet} seconds without a change …"
    yield f"SETTLE  → {details[-1]['type']}"
    envelope = {"source": "votepipe", "detail-type": "VoteSettled", "detail": details[-1]}
    texts = []
    if matches(rule, json.dumps(envelope, default=dict)):
        settings = Settings(webhook_url=Secret("https://hooks.example.com/demo"))
        texts.append(messages.one(Event.from_envelope(envelope), settings)["text"])
    for text in texts:
        yield f"  → slack  {text}".replace("\n", "\n           ")
    yield f"{len(records)} writes, {len(details)} events, {len(texts)} message"


def _enriched(records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events of these records, and the log lines of enrichers that they go without."""
    from votepipe import enrichment

    log = io.StringIO()
    with contextlib.redirect_stdout(log):  # its lines would stand between ours
        made = enrichment.handler(records, None)
    lines = map(parsed, log.getvalue().splitlines())
    return made, [line for line in lines if isinstance(line, dict) and "enricher" in line]


def _facts(detail: dict[str, Any]) -> str:
    said = ", ".join(detail.get("reasons") or detail.get("changes") or ())
    vote = detail["vote"]
    return said or f"{vote.get('voteType')} for {vote.get('instanceOfJoy')}"
