"""votepipe/emulator/eventbridge/asynchronous.py: rules that call a function directly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}

PLAIN = '''"""Log what comes."""

from votepipe import Event, sink


@sink(events=["VoteSettled"])
def handler(event: Event) -> None:
    """Do nothing."""


def direct(event, context):
    print(event["detail-type"], context.aws_request_id is not None)
'''
FUNCTION = {
    "Direct": {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Handler": "sinks.plain.direct",
            "Role": {"Fn::GetAtt": ["PlainRole", "Arn"]},
        },
    },
    "It": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": {"Ref": "VotesBus"},
            "EventPattern": {"source": ["votepipe"]},
            "Targets": [{"Id": "it", "Arn": {"Fn::GetAtt": ["Direct", "Arn"]}}],
        },
    },
}


def pipeline(run: Run, checkout: Checkout, **more: Any) -> Pipeline:
    return run(checkout({"plain": PLAIN}, more=FUNCTION | more))


def test_a_rule_calls_a_function(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout)
    it.put(VOTE)
    it.run_until_idle()

    assert it.lines("Direct") == [{"message": "VoteCast True"}]


def test_a_failed_call_is_made_again_after_a_minute_and_after_two_more(
    run: Run, checkout: Checkout
) -> None:
    it = pipeline(run, checkout)
    it.fail("Direct", times=2)
    it.put(VOTE)
    it.run_until_idle()
    calls = [hop.at for hop in it.trace.hops if hop.what == "called"]

    assert calls == [0, 60, 180]
    assert len(it.lines("Direct")) == 1


def test_a_call_that_fails_three_times_is_lost(run: Run, checkout: Checkout) -> None:
    it = pipeline(run, checkout)
    it.fail("Direct", times=3)
    it.put(VOTE)
    it.run_until_idle()

    assert it.trace.hops[-1].what == "lost"


def test_where_it_goes_then_can_be_told(run: Run, checkout: Checkout) -> None:
    config = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {
            "FunctionName": {"Ref": "Direct"},
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}},
        },
    }
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "dead",
            "Roles": [{"Ref": "PlainRole"}],
            "PolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sqs:SendMessage",
                        "Resource": {"Fn::GetAtt": ["Dead", "Arn"]},
                    }
                ]
            },
        },
    }
    it = pipeline(run, checkout, Config=config, Policy=policy, Dead={"Type": "AWS::SQS::Queue"})
    it.fail("Direct", error="broken")
    it.put(VOTE)
    it.run_until_idle()
    (letter,) = it.dead_letters("Dead")

    assert letter.body["requestContext"]["condition"] == "RetriesExhausted"
    assert letter.body["requestPayload"]["detail-type"] == "VoteCast"
    assert letter.body["responsePayload"] == {"errorMessage": "broken"}
