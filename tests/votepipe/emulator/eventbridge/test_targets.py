"""votepipe/emulator/eventbridge/targets.py: queues, functions and buses behind rules."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}


def rule(target: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": {"Ref": "VotesBus"},
            "EventPattern": {"source": ["votepipe"]},
            "Targets": [{"Id": "it", **target}],
            **facts,
        },
    }


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}


def let_in(queue: str, rule: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn(queue),
        "Condition": {"ArnEquals": {"aws:SourceArn": arn(rule)}},
    }
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": queue}], "PolicyDocument": {"Statement": [statement]}},
    }


def after_a_vote(run: Run, checkout: Checkout, **more: Any) -> Pipeline:
    pipeline = run(checkout(more=more))
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    return pipeline


def test_a_queue_gets_the_event_its_policy_lets_in(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(
        run, checkout, Own=QUEUE, It=rule({"Arn": arn("Own")}), Policy=let_in("Own", "It")
    )

    assert [letter.body["detail-type"] for letter in pipeline.dead_letters("Own")] == ["VoteCast"]


def test_a_queue_without_a_policy_gets_nothing(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(
        run,
        checkout,
        Own=QUEUE,
        Dead=QUEUE,
        It=rule({"Arn": arn("Own"), "DeadLetterConfig": {"Arn": arn("Dead")}}),
        Policy=let_in("Dead", "It"),
    )

    assert pipeline.dead_letters("Own") == []
    assert pipeline.dead_letters("Dead")[0].attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert pipeline.dead_letters("Dead")[0].reason == "Sending to 'Own' is not allowed."


def test_a_rule_that_sends_something_else_is_refused(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match="A target of 'It' has 'InputTransformer'"):
        run(checkout(more={"Own": QUEUE, "It": rule({"Arn": arn("Own"), "InputTransformer": {}})}))


def test_a_function_right_behind_a_rule_is_refused(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match="'It' has a target that the kit does not model"):
        run(checkout(more={"It": rule({"Arn": arn("ChatSink")})}))


def test_a_disabled_rule_sends_nothing(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(
        run,
        checkout,
        Own=QUEUE,
        It=rule({"Arn": arn("Own")}, State="DISABLED"),
        Policy=let_in("Own", "It"),
    )

    assert pipeline.dead_letters("Own") == []


def test_an_event_goes_on_to_another_bus(run: Run, checkout: Checkout) -> None:
    pipeline = after_a_vote(
        run,
        checkout,
        Other={"Type": "AWS::Events::EventBus", "Properties": {"Name": "feed"}},
        It=rule({"Arn": arn("Other")}),
    )
    first, second = pipeline.events(), pipeline.events(bus="Other")

    assert [event["detail"] for event in first] == [event["detail"] for event in second]


def test_a_target_that_is_not_modelled_is_refused(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match="'It' has a target that the kit does not model"):
        run(checkout(more={"It": rule({"Arn": "arn:aws:kinesis:us-east-1:1:stream/x"})}))
