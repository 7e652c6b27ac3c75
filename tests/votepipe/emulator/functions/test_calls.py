"""votepipe/emulator/functions/calls.py: boto3 inside functions, and what their roles allow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Pipeline, Unmodelled

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}

SINK = '''"""Use AWS."""

import os

import boto3

from votepipe import Event, sink
from votepipe.plugins import Resources


@sink(events=["VoteCast"], resources=Resources(environment={"BUS": {"Ref": "VotesBus"}}))
def handler(event: Event) -> None:
    CODE
'''
RESOURCE = """table = boto3.resource("dynamodb").Table(os.environ["DELIVERIES_TABLE"])
    table.put_item(Item={"delivery": "own", "count": 3, "tags": {"a"}})
    print(table.get_item(Key={"delivery": "own"})["Item"])"""


def after_a_vote(run: Run, checkout: Checkout, code: str, *actions: str) -> Pipeline:
    """A pipeline with a sink of this code, after a vote, whose role may do these actions, too."""
    pipeline = run(checkout({"user": SINK.replace("CODE", code)}, more=allowing(*actions)))
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline


def allowing(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = {
        "PolicyName": "more",
        "Roles": [{"Ref": "UserRole"}],
        "PolicyDocument": {"Statement": [statement]},
    }
    return {"More": {"Type": "AWS::IAM::Policy", "Properties": policy}} if actions else {}


def test_boto3_s_resources_work_too(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(run, checkout, RESOURCE, "dynamodb:PutItem", "dynamodb:GetItem")

    assert {"message": "{'delivery': 'own', 'count': Decimal('3'), 'tags': {'a'}}"} in (
        pipeline.lines("UserSink")
    )


def test_what_a_role_does_not_allow_is_denied(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(run, checkout, RESOURCE, "dynamodb:GetItem")

    assert pipeline.dead_letters("user")[0].reason.startswith("ClientError in sinks/user.py")
    assert {hop.facts["action"] for hop in pipeline.trace.hops if hop.what == "denied"} == {
        "dynamodb:PutItem"
    }


def test_a_call_that_is_not_modelled_is_refused_by_its_name(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match=r"does not model 's3.ListBuckets'"):
        after_a_vote(run, checkout, 'boto3.client("s3").list_buckets()')


def test_wrong_parameters_are_refused_as_boto3_does(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(run, checkout, 'boto3.client("sqs").send_message(Body="a")')

    assert pipeline.dead_letters("user")[0].reason.startswith("ParamValidationError")


def actions_of(role: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Where each action of a role stands: the policy, the statement, the action."""
    return [
        (at, number, action)
        for at, policy in enumerate(role["Policies"])
        for number, statement in enumerate(map(chosen, policy["PolicyDocument"]["Statement"]))
        for action in listed(statement["Action"])
    ]


def chosen(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as it is while the sink is on."""
    return statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def without(template: dict[str, Any], role: str, place: tuple[int, int, str]) -> dict[str, Any]:
    """The template with one action taken out of a role."""
    copied: dict[str, Any] = json.loads(json.dumps(template))
    at, number, action = place
    policy = copied["Resources"][role]["Properties"]["Policies"][at]["PolicyDocument"]
    statement = chosen(policy["Statement"][number])
    rest = [each for each in listed(statement["Action"]) if each != action]
    statement["Action"] = rest or "none:Nothing"
    return copied


def works(run: Run, root: Path) -> bool:
    """Whether a vote arrives, one is put back, and one gets to the dead letters."""
    try:
        pipeline = run(root)
    except Unmodelled:
        return False
    pipeline.answer("chat", retry_after=30)
    pipeline.put(VOTE)
    pipeline.advance(minutes=1)
    delivered = len(pipeline.sent("chat"))
    pipeline.answer("chat", status=404)
    pipeline.put(VOTE | {"voteId": "two"})
    pipeline.advance(minutes=1)
    found = [letter for letter in pipeline.dead_letters("chat") if "404" in letter.reason]
    return delivered == 1 and len(found) == 1


def test_each_action_of_a_sink_s_role_is_needed(run: Run, checkout: Checkout) -> None:
    root = checkout()
    template = json.loads((root / "template.yaml").read_text())
    places = actions_of(template["Resources"]["ChatRole"]["Properties"])
    spare = []
    for place in places:
        if place[2].startswith("logs:"):
            continue
        (root / "template.yaml").write_text(json.dumps(without(template, "ChatRole", place)))
        if works(run, root):
            spare.append(place[2])
    (root / "template.yaml").write_text(json.dumps(template))

    assert works(run, root)
    assert spare == []
