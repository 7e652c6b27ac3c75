"""votepipe/emulator/eventbridge/scheduler.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Pipeline, Unmodelled

pytestmark = pytest.mark.slow

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {},
        "Policies": [
            {
                "PolicyName": "send",
                "PolicyDocument": {
                    "Statement": {
                        "Effect": "Allow",
                        "Action": "sqs:SendMessage",
                        "Resource": {"Fn::GetAtt": ["Own", "Arn"]},
                    }
                },
            }
        ],
    },
}
QUEUE = {"Type": "AWS::SQS::Queue"}


def schedule(expression: str, **facts: Any) -> dict[str, Any]:
    target = {
        "Arn": {"Fn::GetAtt": ["Own", "Arn"]},
        "RoleArn": {"Fn::GetAtt": ["Sender", "Arn"]},
        "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
    }
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target | facts.pop("target", {}),
            **facts,
        },
    }


@pytest.fixture
def scheduled(run: Run, checkout: Checkout) -> Callable[..., Pipeline]:
    def scheduled(**more: Any) -> Pipeline:
        return run(checkout(more={"Own": QUEUE, "Sender": ROLE, **more}))

    return scheduled


def sent(pipeline: Pipeline) -> list[Any]:
    return [letter.body for letter in pipeline.dead_letters("Own")]


def test_a_schedule_of_the_template_rings_within_the_minute_after_its_time(
    scheduled: Callable[..., Pipeline],
) -> None:
    pipeline = scheduled(It=schedule("cron(0 8 * * ? *)", ScheduleExpressionTimezone="Europe/Rome"))
    pipeline.advance(hours=48)
    fired = [hop.at for hop in pipeline.trace.hops if hop.what == "fired"]

    assert sent(pipeline) == [{"at": "2026-01-05T07:00:00Z"}, {"at": "2026-01-06T07:00:00Z"}]
    assert all(0 <= at - 21 * 3600 - day * 86_400 < 60 for day, at in enumerate(fired))


def test_a_role_that_does_not_allow_it_sends_nothing(scheduled: Callable[..., Pipeline]) -> None:
    other = {"RoleArn": {"Fn::GetAtt": ["EnrichRole", "Arn"]}}
    pipeline = scheduled(It=schedule("rate(1 hour)", target=other))
    pipeline.advance(hours=2)

    assert sent(pipeline) == []
    assert pipeline.trace.hops[-1].facts["why"] == "NO_PERMISSIONS"


def test_a_recurring_schedule_keeps_nothing_from_coming_to_rest(
    scheduled: Callable[..., Pipeline],
) -> None:
    pipeline = scheduled(It=schedule("rate(1 hour)"))
    before = pipeline.now
    pipeline.run_until_idle()

    assert pipeline.now == before


def test_a_schedule_that_is_off_sends_nothing(scheduled: Callable[..., Pipeline]) -> None:
    pipeline = scheduled(It=schedule("rate(1 hour)", State="DISABLED"))
    pipeline.advance(hours=2)

    assert sent(pipeline) == []


def test_a_schedule_may_be_due_once(scheduled: Callable[..., Pipeline]) -> None:
    pipeline = scheduled(It=schedule("at(2026-01-04T11:00:00)"))
    pipeline.run_until_idle()

    assert sent(pipeline) == [{"at": "2026-01-04T11:00:00Z"}]


def test_what_is_not_modelled_is_refused(scheduled: Callable[..., Pipeline]) -> None:
    with pytest.raises(Unmodelled, match="'sometimes'"):
        scheduled(It=schedule("sometimes"))
    with pytest.raises(Unmodelled, match="'StartDate'"):
        scheduled(It=schedule("rate(1 hour)", StartDate="2026-01-05T00:00:00Z"))
    with pytest.raises(Unmodelled, match="'EventBridgeParameters'"):
        scheduled(It=schedule("rate(1 hour)", target={"EventBridgeParameters": {}}))
