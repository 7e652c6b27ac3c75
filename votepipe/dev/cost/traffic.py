"""What a vote uses, counted by the test kit on the real template: in little traffic and in much."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.emulator.dynamodb.values import bytes_of
from votepipe.emulator.simulation.usage import CALLS, LOG_BYTES, WRITE_UNIT, WRITES, units
from votepipe.testing import Pipeline

# For each kind of traffic, the votes that are cast at one time.
KINDS = {"little": [[number] for number in range(5)], "much": [list(range(200))]}
MONTH = 30 * 86_400
PIPE_REQUESTS, SECONDS, GB_SECONDS = "pipe requests", "seconds", "GB-seconds"
TABLE = "votes table"
# Lambda's own lines about a call, "platform.start" and "platform.report", at its usual level.
SYSTEM_LOG_BYTES = 700
_ARTICLES = 4


@dataclass(frozen=True)
class Counted:
    """What so many votes used, by sink or logical id.

    `types` counts the stack's resources, `polls` the long polls of its idle queues in a month.
    """

    votes: int
    usage: Mapping[str, Counter[str]]
    types: Counter[str]
    polls: float


def count(kind: str, sinks: Collection[str], answers: int, times: Mapping[str, float]) -> Counted:
    """Let votes of `answers` + 1 writes pass through a pipeline with these sinks.

    `times` are the seconds that calls are taken to last.
    """
    with Pipeline(sinks=sinks, fill_secrets=True) as pipeline:
        for votes in KINDS[kind]:
            for written in range(answers + 1):
                for vote in votes:
                    pipeline.put(item(vote, written))
                pipeline.advance(seconds=20)
            pipeline.run_until_idle()
            pipeline.advance(hours=1)
        pipeline.advance(hours=24)  # for sinks on a schedule
        types = Counter(pipeline.resources.types.values())
        types["metric of an alarm"] = _alarm_metrics(pipeline)
        return Counted(sum(map(len, KINDS[kind])), _used(pipeline, times), types, _polls(pipeline))


def item(vote: int, written: int) -> dict[str, Any]:
    """A vote with so many answers."""
    answers = {f"field_{number}": f"Answer {number}: of {vote}" for number in range(written)}
    return {
        "widgetId": "docs-feedback",
        "voteId": f"vote-{vote:04}",
        "voteType": "thumbsup",
        "instanceOfJoy": f"article-{vote % _ARTICLES}",
        "voter": f"reader-{vote}@example.com",
        "answers": json.dumps(answers) if answers else {},
    }


def _used(pipeline: Pipeline, times: Mapping[str, float]) -> dict[str, Counter[str]]:
    """What the kit counted, and what follows from it."""
    usage = {name: Counter(counts) for name, counts in pipeline.usage().items()}
    hops = Counter(hop.what for hop in pipeline.trace.hops)
    largest = max(map(bytes_of, pipeline.models.tables["VotesTable"].items.values()))
    usage[TABLE] = Counter({WRITES: hops["written"] * units(largest, WRITE_UNIT)})
    usage["pipe"] = Counter({PIPE_REQUESTS: hops["passed"]})
    made = Counter((s.function, _kind(s.call)) for s in pipeline.steps_made if s.moment == "before")
    sinks = {mapping.function.id: sink for sink, mapping in pipeline.models.fed.items()}
    for name, facts in pipeline.resources.of_type("AWS::Lambda::Function").items():
        counts = usage.get(sinks.get(name, name), Counter())
        seconds = counts[CALLS] * times["call"]
        seconds += sum(made[name, kind] * times[kind] for kind in ("AWS", "SES", "HTTP"))
        counts[SECONDS] += seconds  # type: ignore[assignment]
        counts[GB_SECONDS] += seconds * int(facts["MemorySize"]) / 1024  # type: ignore[assignment]
        if facts.get("LoggingConfig", {}).get("SystemLogLevel") != "WARN":
            counts[LOG_BYTES] += counts[CALLS] * SYSTEM_LOG_BYTES
    return usage


def _kind(call: str) -> str:
    """Which of the assumed times a call takes; an HTTP request is called 'POST host'."""
    return "SES" if call.startswith("sesv2.") else "HTTP" if " " in call else "AWS"


def _alarm_metrics(pipeline: Pipeline) -> int:
    """How many metrics the alarms look at: each costs as much as an alarm on one."""
    resources = pipeline.resources
    alarms = [name for name, kind in resources.types.items() if kind == "AWS::CloudWatch::Alarm"]
    looked_at = [resources.resolved(name).get("Metrics", [{"MetricStat": {}}]) for name in alarms]
    return sum("MetricStat" in each for metrics in looked_at for each in metrics)


def _polls(pipeline: Pipeline) -> float:
    """Idle, Lambda polls with five pollers, with two where no maximum concurrency is set."""
    mappings = pipeline.resources.of_type("AWS::Lambda::EventSourceMapping").values()
    pollers = [
        5 if each.get("ScalingConfig") else 2 for each in mappings if each.get("Enabled", True)
    ]
    return sum(pollers) * MONTH / 20
