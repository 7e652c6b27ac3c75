"""One reader's story through the real filter, enrichment, rule and message, in this process.

Nothing is sent: the message is shown as the Slack sink would post it.
"""

import contextlib
import io
import json
from collections.abc import Iterator
from typing import Any

from sinks import slack
from votepipe import Event, Secret, enrichment
from votepipe.dev import ROOT
from votepipe.dev.patterns import matches
from votepipe.dev.template import read

STORY = ROOT / "events" / "stream" / "story.json"


def lines() -> Iterator[str]:
    """What happens to each record of the story, a line for each step, and a sum at the end."""
    resources = read()["Resources"]
    pipe = resources["VotesPipe"]["Properties"]["SourceParameters"]["FilterCriteria"]["Filters"]
    rule = resources["SlackRule"]["Properties"]["EventPattern"]
    settings = slack.Settings(webhook_url=Secret("https://hooks.example.com/demo"))
    records = json.loads(STORY.read_text())
    counts = {"events": 0, "messages": 0}
    for record in records:
        keys = {name: value["S"] for name, value in record["dynamodb"]["Keys"].items()}
        passed = any(matches(each["Pattern"], record, for_pipe=True) for each in pipe)
        verdict = "passes the filter" if passed else "is filtered out"
        yield f"{record['eventName']} {keys['voteId'][:4]}  widget={keys['widgetId']}  {verdict}"
        for detail in _enriched([record]) if passed else []:
            counts["events"] += 1
            yield f"  + {detail['type']}  {_facts(detail)}"
            envelope = {"source": "votepipe", "detail-type": detail["type"], "detail": detail}
            if matches(rule, envelope):
                counts["messages"] += 1
                text = slack.message(Event.from_envelope(envelope), settings)["text"]
                yield from (
                    f"  {'→ slack ' if first else '        '} {line}"
                    for first, line in zip([True] + [False] * 99, text.split("\n"), strict=False)
                )
    yield f"{len(records)} records, {counts['events']} events, {counts['messages']} messages"


def _enriched(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with contextlib.redirect_stdout(io.StringIO()):  # its log lines would stand between ours
        return enrichment.handler(records, None)


def _facts(detail: dict[str, Any]) -> str:
    changed = ", ".join(detail.get("changes") or ())
    return f"changed: {changed}" if changed else f"{detail['vote'].get('voteType', '')}"
