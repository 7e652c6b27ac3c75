"""votepipe/emulator/cloudformation/roles.py."""

from typing import Any

import pytest

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.cloudformation.roles import QueuePolicies, Roles
from votepipe.emulator.simulation.errors import Unmodelled

QUEUE = "arn:aws:sqs:us-east-1:123456789012:votes"


def resources(*statements: dict[str, Any], **more: Any) -> Resources:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "sink",
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}],
            **more.pop("role", {}),
        },
    }
    return Resources({"Resources": {"Role": role, **more}}, {})


def allows(action: str, resource: str, *statements: dict[str, Any]) -> bool:
    return Roles(resources(*statements)).allows(
        "arn:aws:iam::123456789012:role/sink", action, resource
    )


def statement(action: Any, resource: Any = QUEUE, effect: str = "Allow", **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("sqs:SendMessage", QUEUE, True),
        (["sqs:SendMessage"], [QUEUE], True),
        ("sqs:Send*", "*", True),
        ("SQS:sendmessage", QUEUE, True),
        ("sqs:*", "arn:aws:sqs:us-east-1:123456789012:vote?", True),
        ("sqs:ReceiveMessage", QUEUE, False),
        ("sqs:SendMessage", QUEUE + "-other", False),
        ("sqs:SendMessage", QUEUE.upper(), False),
    ],
)
def test_a_statement_allows_what_it_names(action: Any, resource: Any, expected: bool) -> None:
    assert allows("sqs:SendMessage", QUEUE, statement(action, resource)) is expected


def test_what_nothing_allows_is_not_allowed() -> None:
    assert not allows("sqs:SendMessage", QUEUE)


def test_a_denial_goes_before_everything() -> None:
    deny = statement("sqs:*", "*", effect="Deny")

    assert not allows("sqs:SendMessage", QUEUE, statement("sqs:SendMessage"), deny)


def test_a_condition_must_hold() -> None:
    tls = {"Bool": {"aws:SecureTransport": "true"}}
    plain = {"Bool": {"aws:SecureTransport": "false"}}

    assert allows("sqs:SendMessage", QUEUE, statement("sqs:SendMessage", Condition=tls))
    assert not allows("sqs:SendMessage", QUEUE, statement("sqs:SendMessage", Condition=plain))


def test_policies_of_their_own_count_as_the_role_s() -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "p",
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": {"Statement": statement("sqs:SendMessage")},
        },
    }

    assert Roles(resources(Policy=policy)).allows(
        "arn:aws:iam::123456789012:role/sink", "sqs:SendMessage", QUEUE
    )


def test_a_statement_that_is_not_modelled_is_refused() -> None:
    with pytest.raises(Unmodelled, match="'NotAction'"):
        Roles(resources({**statement("sqs:*"), "NotAction": "sqs:*"}))


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(Unmodelled, match="condition 'DateLessThan'"):
        allows("sqs:A", QUEUE, statement("sqs:A", Condition={"DateLessThan": {"a": "b"}}))


@pytest.mark.parametrize(
    ("principal", "source", "expected"),
    [
        ({"Service": "events.amazonaws.com"}, "arn:rule", True),
        ({"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}, "arn:rule", True),
        ({"Service": "sns.amazonaws.com"}, "arn:rule", False),
        ({"Service": "events.amazonaws.com"}, "arn:other", False),
        ("*", "arn:rule", True),
    ],
)
def test_a_queue_lets_in_whom_its_policy_names(principal: Any, source: str, expected: bool) -> None:
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": ["https://queue"],
            "PolicyDocument": {
                "Statement": statement(
                    "sqs:SendMessage",
                    Principal=principal,
                    Condition={"ArnEquals": {"aws:SourceArn": "arn:rule"}},
                )
            },
        },
    }
    policies = QueuePolicies(Resources({"Resources": {"Policy": policy}}, {}))

    assert policies.lets_in("events.amazonaws.com", source, "https://queue", QUEUE) is expected
