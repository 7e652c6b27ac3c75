"""votepipe/emulator/cloudformation/resources.py."""

from typing import Any

import pytest

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.simulation.errors import Unmodelled

PLACE = "us-east-1:123456789012"


def resources(parameters: dict[str, Any] | None = None, **declared: Any) -> Resources:
    template = {
        "Parameters": {"Delay": {"Type": "Number", "Default": 5}},
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": declared,
        "Outputs": {
            "Shown": {"Value": {"Ref": "Queue"}},
            "Hidden": {"Value": {"Ref": "Nothing"}, "Condition": "Never"},
        },
    }
    return Resources(template, parameters or {})


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}}


@pytest.mark.parametrize(
    ("kind", "properties", "attribute", "expected"),
    [
        ("SQS::Queue", {}, "Arn", f"arn:aws:sqs:{PLACE}:votepipe-It"),
        ("SQS::Queue", {"QueueName": "mine"}, "QueueName", "mine"),
        ("SQS::Queue", {}, "Ref", "https://sqs.us-east-1.amazonaws.com/123456789012/votepipe-It"),
        ("Events::EventBus", {"Name": "votes"}, "Arn", f"arn:aws:events:{PLACE}:event-bus/votes"),
        ("Events::EventBus", {"Name": "votes"}, "Ref", "votes"),
        (
            "Events::Rule",
            {"EventBusName": "b"},
            "Arn",
            f"arn:aws:events:{PLACE}:rule/b/votepipe-It",
        ),
        ("Events::Rule", {}, "Arn", f"arn:aws:events:{PLACE}:rule/votepipe-It"),
        ("IAM::Role", {"Path": "/p/"}, "Arn", "arn:aws:iam::123456789012:role/p/votepipe-It"),
        ("SNS::Topic", {}, "Ref", f"arn:aws:sns:{PLACE}:votepipe-It"),
        ("Logs::LogGroup", {}, "Arn", f"arn:aws:logs:{PLACE}:log-group:votepipe-It:*"),
        (
            "Scheduler::Schedule",
            {},
            "Arn",
            f"arn:aws:scheduler:{PLACE}:schedule/default/votepipe-It",
        ),
    ],
)
def test_names_and_arns_are_as_in_aws(
    kind: str, properties: dict[str, Any], attribute: str, expected: str
) -> None:
    made = resources(Queue=QUEUE, It={"Type": f"AWS::{kind}", "Properties": properties})
    found = made.ref("It") if attribute == "Ref" else made.attribute("It", attribute)

    assert found == expected


def test_properties_are_resolved_with_the_parameters() -> None:
    assert resources(Queue=QUEUE).properties["Queue"] == {"DelaySeconds": "5"}
    assert resources({"Delay": 7}, Queue=QUEUE).properties["Queue"] == {"DelaySeconds": "7"}


def test_what_its_condition_leaves_out_does_not_exist() -> None:
    made = resources(Queue=QUEUE, Other={**QUEUE, "Condition": "Never"})

    assert list(made.of_type("AWS::SQS::Queue")) == ["Queue"]
    assert list(made.outputs) == ["Shown"]


def test_an_arn_leads_back_to_its_resource() -> None:
    made = resources(Queue=QUEUE)

    assert made.by_arn(made.arn("Queue"), "AWS::SQS::Queue") == "Queue"
    with pytest.raises(Unmodelled, match="There is no AWS::SQS::Queue 'other'"):
        made.by_arn("arn:aws:sqs:us-east-1:123456789012:other", "AWS::SQS::Queue")
