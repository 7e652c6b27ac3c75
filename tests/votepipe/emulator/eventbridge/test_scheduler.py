"""votepipe/emulator/eventbridge/scheduler.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from votepipe.testing import Pipeline

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


def test_a_disabled_schedule_does_not_ring(scheduled: Callable[..., Pipeline]) -> None:
    pipeline = scheduled(It=schedule("rate(1 hour)", State="DISABLED"))
    pipeline.advance(hours=5)

    assert sent(pipeline) == []


def test_a_schedule_may_begin_and_end(scheduled: Callable[..., Pipeline]) -> None:
    dates = {"StartDate": "2026-01-04T12:00:00Z", "EndDate": "2026-01-04T14:30:00Z"}
    pipeline = scheduled(It=schedule("cron(0 * * * ? *)", **dates))
    pipeline.advance(hours=24)

    assert [each["at"][11:16] for each in sent(pipeline)] == ["12:00", "13:00", "14:00"]


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


def test_a_rule_may_have_a_schedule(scheduled: Callable[..., Pipeline]) -> None:
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "ScheduleExpression": "rate(1 hour)",
            "Targets": [{"Id": "it", "Arn": {"Fn::GetAtt": ["Own", "Arn"]}}],
        },
    }
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Own"}],
            "PolicyDocument": {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": "*",
                }
            },
        },
    }
    pipeline = scheduled(It=rule, Policy=policy)
    pipeline.advance(hours=1, minutes=1)

    assert [(each["detail-type"], each["time"]) for each in sent(pipeline)] == [
        ("Scheduled Event", "2026-01-04T11:00:00Z")
    ]


class TestMadeByCalls:
    """Schedules that functions make."""

    @pytest.fixture
    def pipeline(self, scheduled: Callable[..., Pipeline]) -> Pipeline:
        return scheduled()

    def make(self, pipeline: Pipeline, method: str = "create_schedule", **more: Any) -> Any:
        given = {
            "Name": "settle-one",
            "ScheduleExpression": "at(2026-01-04T11:00:00)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": pipeline.resources.arn("Own"),
                "RoleArn": pipeline.resources.arn("Sender"),
                "Input": "{}",
            },
            **more,
        }
        return getattr(pipeline.client("scheduler"), method)(**given)

    def test_one_rings_once(self, pipeline: Pipeline) -> None:
        self.make(pipeline)
        pipeline.advance(hours=5)

        assert sent(pipeline) == [{}]

    def test_one_can_be_moved(self, pipeline: Pipeline) -> None:
        self.make(pipeline)
        self.make(pipeline, "update_schedule", ScheduleExpression="at(2026-01-04T13:00:00)")
        pipeline.advance(hours=2)
        early = sent(pipeline)
        pipeline.advance(hours=2)

        assert (early, sent(pipeline)) == ([], [{}])

    def test_one_can_be_deleted(self, pipeline: Pipeline) -> None:
        self.make(pipeline)
        pipeline.client("scheduler").delete_schedule(Name="settle-one")
        pipeline.advance(hours=5)

        assert sent(pipeline) == []

    def test_one_may_go_away_when_it_rang(self, pipeline: Pipeline) -> None:
        self.make(pipeline, ActionAfterCompletion="DELETE")
        before = pipeline.client("scheduler").list_schedules()["Schedules"]
        pipeline.advance(hours=2)

        assert [each["Name"] for each in before] == ["settle-one"]
        assert pipeline.client("scheduler").list_schedules()["Schedules"] == []

    @pytest.mark.parametrize(
        ("method", "code"),
        [("create_schedule", "ConflictException")],
    )
    def test_a_name_is_used_once(self, pipeline: Pipeline, method: str, code: str) -> None:
        self.make(pipeline)

        with pytest.raises(ClientError, match=code):
            self.make(pipeline, method)

    def test_one_that_is_not_there_is_told(self, pipeline: Pipeline) -> None:
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            pipeline.client("scheduler").get_schedule(Name="none")

    def test_a_bad_expression_is_refused(self, pipeline: Pipeline) -> None:
        with pytest.raises(ClientError, match="ValidationException"):
            self.make(pipeline, ScheduleExpression="sometimes")
