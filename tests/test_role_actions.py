"""Each action that `template.yaml` allows is needed: without it, something goes wrong.

On virtual time, each sink lives through days in which messages are delivered, put back and moved
to the dead letters, and in which its queue takes none for a while. What comes of it must be
another thing once an action is taken out of a role, or out of what a queue lets in.
"""

import copy
import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.project import Project, checkout
from votepipe.project.names import logical_id
from votepipe.testing import Answer, Pipeline

ROOT = checkout()
pytestmark = pytest.mark.slow

# Lambda and the pipe write logs by themselves; neither the kit nor the local AWS asks a role first.
# tests/test_template.py looks at these, at who may take a role, and at what refuses plain HTTP.
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
# Nor does either look at the pipe's state, or trace.
CHECKS = {
    *("pipes:DescribePipe", "states:StartExecution"),
    *("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
}
KINDS = ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::SQS::QueuePolicy")

VOTE = {"widgetId": "docs", "voteType": "thumbsup", "instanceOfJoy": "a"}
CAST = json.loads(Path("events/bus/first-write.json").read_text())["detail"]
MAIL = {"sender": "votes@example.com", "recipients": "team@example.com"}
SETTINGS: dict[str, dict[str, Any]] = {
    "digest": MAIL,
    "slack": {"bot_token": "xoxb-1", "channel": "C1", "threads": "true"},
}
# The sinks that ship, and those that each needs beside it, to have something to do. One that was
# dropped in has no day here: the contract tries its role.
OTHERS: dict[str, list[str]] = {
    "email": ["settle"],
    "feed": [],
    "log": [],
    "tally": ["settle"],
    "settle": [],
    "slack": ["settle", "tally"],
    "digest": ["settle", "tally"],
    "webhook": ["settle"],
}
# What no day brings: writing a line does not fail, so only a lack of time puts messages back.
UNSEEN = ("LogRole", "sqs:ChangeMessageVisibility")

FRONT = "api"
KEYS = {"owner_key": "key", "vote_key": "v" * 48}
ASKED = [
    'mutation { saveWidget(widgetType: "a", userId: "u", widgetId: "docs") { widgetId } }',
    'mutation { widgetVote(userId: "u", widgetId: "docs", thumbsup: true, voter: "r") { voteId } }',
    'mutation { saveFeedback(widgetId: "docs", voteId: "one", voteType: "thumbsup", answers: "{}")'
    "{ answers } }",
    "{ allWidget { widgetId thumbsup } }",
    '{ results(widgetId: "docs") { votes { votes { voteType } } } }',
]

PROJECT = Project.read(ROOT)


class Allowed(NamedTuple):
    """One action that is allowed, and where it stands in the template."""

    resource: str
    policy: int
    statement: int
    action: str

    def __str__(self) -> str:
        return f"{self.resource}-{self.statement}-{self.action}"


def documents(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policy documents of a role, or the one of a policy of its own."""
    facts = resource["Properties"]
    if resource["Type"] == "AWS::IAM::Role":
        return [policy["PolicyDocument"] for policy in facts.get("Policies", ())]
    return [facts["PolicyDocument"]]


def allowed_actions() -> Iterator[Allowed]:
    """Every action that a role or a queue's own policy allows."""
    for name, resource in PROJECT.template["Resources"].items():
        if resource["Type"] in KINDS:
            assert "ManagedPolicyArns" not in resource["Properties"], name
            for policy, document in enumerate(documents(resource)):
                for number, statement in enumerate(map(on_aws, document["Statement"])):
                    if statement["Effect"] == "Allow":
                        for action in listed(statement["Action"]):
                            yield Allowed(name, policy, number, action)


def on_aws(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as it is on AWS."""
    return statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def without(allowed: Allowed) -> Project:
    """The checkout, with one action taken out."""
    template = copy.deepcopy(dict(PROJECT.template))
    document = documents(template["Resources"][allowed.resource])[allowed.policy]
    statement = on_aws(document["Statement"][allowed.statement])
    statement["Action"] = [each for each in listed(statement["Action"]) if each != allowed.action]
    return with_template(template)


def with_template(template: dict[str, Any]) -> Project:
    """The checkout with another template."""
    project = dataclasses.replace(PROJECT)
    project.__dict__["template"] = template
    return project


def sink_of(allowed: Allowed) -> str:
    """The sink that a role or queue belongs to; `log` stands for them all for the pipe's."""
    start = re.sub("(Timer)?Role$|(Queue|DeadLetters)Policy$", "", allowed.resource)
    known = {logical_id(sink.name): sink.name for sink in PROJECT.sinks} | {"Api": FRONT}
    return known.get(start, "log")


def day(sink: str) -> dict[str, Any]:
    """What comes of some days with one sink: who got what, and when; what is kept; what failed.

    `refused` alone where AWS refuses to make a mapping or a pipe, since its role may not read.
    """
    if sink == FRONT:
        return front()
    chosen = {sink: SETTINGS[sink]} if sink in SETTINGS else {}
    try:
        made = Pipeline(sinks=[sink, *OTHERS[sink]], settings=chosen, fill_secrets=True)
    except Unmodelled as refused:
        return {"refused": str(refused)}
    with made as pipeline:
        live(pipeline, sink)
        return {
            "messages": [(each.at, each.text) for each in pipeline.messages],
            "events": [(each["detail-type"], each["time"]) for each in pipeline.events()],
            "dead letters": sorted(
                # The pipe's are records, where they can be read.
                (each.queue, each.reason, "eventName" in each.body)
                for each in pipeline.dead_letters()
            ),
            "outcomes": [
                (line["timestamp"], line["outcome"])
                for line in pipeline.lines(f"{sink.capitalize()}Sink")
                if "outcome" in line
            ],
            "items": [pipeline.items(name) for name in ("DeliveriesTable", "TallyTable")],
        }


def front() -> dict[str, Any]:
    """What the front answers."""
    parameters = {"ApiEnabled": "true", "ApiWritesPerMinute": "0"}
    with Pipeline(parameters=parameters, sinks=["tally"]) as pipeline:
        secret = pipeline.models.functions["ApiFunction"].environment["API_SECRET_ARN"]
        pipeline.models.secrets.values[secret] = json.dumps(KEYS)
        pipeline.put({**VOTE, "voteId": "one"})
        return {
            query: pipeline.invoke(
                "ApiFunction",
                {
                    "rawPath": "/graphql",
                    "headers": {"authorization": "Bearer key"},
                    "requestContext": {"http": {"method": "POST"}},
                    "body": json.dumps({"query": query}),
                },
            )["body"]
            for query in ASKED
        }


def live(pipeline: Pipeline, sink: str) -> None:
    """A vote changes while the receiver is busy, one is stuck in the pipe, one before the queue."""
    pipeline.serve(sink, lambda _: Answer(body={"ok": True, "channel": "C1", "ts": "1.000100"}))
    pipeline.answer(sink, retry_after=20)
    pipeline.throttle("DeliveriesTable" if sink != "tally" else "TallyTable")
    queue = pipeline.mapping_of(sink).queue
    pipeline.client("sqs").send_message(QueueUrl=queue.url, MessageBody="no event")
    if sink == "feed":  # the bus is its receiver
        entry = {"Source": "votepipe", "DetailType": "VoteCast", "Detail": json.dumps(CAST)}
        pipeline.client("events").put_events(Entries=[entry | {"EventBusName": "votepipe"}])
        pipeline.put_events_fails()
        pipeline.advance(seconds=5)
    pipeline.put({**VOTE, "voteId": "one", "answers": {}})
    pipeline.advance(seconds=20)
    pipeline.put({**VOTE, "voteId": "one", "answers": json.dumps({"field_1": "more"})})
    pipeline.advance(hours=1)
    pipeline.fail("EnrichFunction", times=1000)
    pipeline.put({**VOTE, "voteId": "two", "answers": {}})
    pipeline.advance(hours=30)
    pipeline.heal()
    pipeline.fail(queue.id, times=1000)
    pipeline.put({**VOTE, "voteId": "three", "answers": {}})
    pipeline.advance(hours=30)


@pytest.fixture(scope="module")
def days() -> Callable[[str], dict[str, Any]]:
    """What comes of each sink's day with the template as it is."""
    return cache(day)


ALLOWED = [
    each
    for each in allowed_actions()
    if (each.resource, each.action) != UNSEEN and sink_of(each) in {*OTHERS, FRONT}
]


@pytest.mark.parametrize(
    "allowed", [allowed for allowed in ALLOWED if allowed.action not in LOGS | CHECKS], ids=str
)
def test_without_an_action_something_goes_wrong(
    allowed: Allowed, days: Callable[[str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_of(allowed)
    usual = days(sink)
    monkeypatch.setattr(Project, "read", lambda _: without(allowed))

    unusual = day(sink)

    assert unusual != usual
    assert allowed.action in unusual.get("refused", allowed.action)


@pytest.mark.parametrize("sink", sorted({sink_of(allowed) for allowed in ALLOWED} - {FRONT}))
def test_with_all_actions_a_day_is_as_usual(
    sink: str, days: Callable[[str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = days(sink)
    same = with_template(copy.deepcopy(dict(PROJECT.template)))
    monkeypatch.setattr(Project, "read", lambda _: same)

    assert day(sink) == usual
    outcomes = {outcome for _, outcome in usual["outcomes"]}
    assert {"delivered", "undeliverable"} <= outcomes
    assert {"later", "retried"} & outcomes or sink == "log"
