"""votepipe/testing/account.py: another account beside the pipeline, and events between the two."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.cloudformation.resources import ACCOUNT
from votepipe.testing import Account, KitError, Pipeline, Unmodelled

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
THEIRS = "222222222222"
BUS = f"arn:aws:events:us-east-1:{THEIRS}:event-bus/theirs"
TEMPLATE = """
Parameters:
  Publisher: {Type: String, Default: "123456789012"}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: theirs}}
  BusPolicy:
    Type: AWS::Events::EventBusPolicy
    Properties:
      EventBusName: !Ref Bus
      StatementId: publisher
      Statement:
        Effect: Allow
        Principal: {AWS: !Sub "arn:aws:iam::${Publisher}:root"}
        Action: events:PutEvents
        Resource: !GetAtt Bus.Arn
        Condition: {StringEquals: {"events:source": votepipe}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {account: [!Ref Publisher]}
      Targets: [{Id: queue, Arn: !GetAtt Queue.Arn}]
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 3}
  DeadLetters: {Type: AWS::SQS::Queue}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: events.amazonaws.com}
          Action: sqs:SendMessage
          Resource: !GetAtt Queue.Arn
          Condition: {ArnEquals: {"aws:SourceArn": !GetAtt Rule.Arn}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: all
          PolicyDocument:
            Statement: {Effect: Allow, Action: ["dynamodb:*", "sqs:*"], Resource: "*"}
  Taker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: taker.handler
      Runtime: python3.13
      Role: !GetAtt Role.Arn
      Environment: {Variables: {TABLE: !Ref Table}}
      Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""
TAKER = """
import json
import os

import boto3


def handler(event, context):
    for record in event["Records"]:
        envelope = json.loads(record["body"])
        item = {"id": {"S": envelope["detail"]["eventID"]}, "envelope": {"S": record["body"]}}
        boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
        print(json.dumps({"took": envelope["detail-type"]}))
"""


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "taker.py").write_text(TAKER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "template.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return folder


def arn(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def policy(queue: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn(queue),
    }
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": queue}], "PolicyDocument": {"Statement": [statement]}},
    }


def role(bus: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    policy = {"PolicyName": "put", "PolicyDocument": {"Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}


def rule(bus: str, **target: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventBusName": {"Ref": "VotesBus"},
            "EventPattern": {"source": ["votepipe"]},
            "Targets": [{"Id": "bus", "Arn": bus, **target}],
        },
    }


def subscribed(bus: str = BUS, *, allowed: str = BUS) -> dict[str, Any]:
    """Resources of ours that send everything to a bus."""
    target = {"RoleArn": arn("OurRole"), "DeadLetterConfig": {"Arn": arn("OurLetters")}}
    return {
        "OurRule": rule(bus, **target),
        "OurRole": role(allowed),
        "OurLetters": {"Type": "AWS::SQS::Queue"},
        "OurLettersPolicy": policy("OurLetters"),
    }


@pytest.fixture(scope="module")
def ours(checkout: Checkout) -> Path:
    return checkout(more=subscribed())


def voted(pipeline: Pipeline) -> dict[str, Any]:
    """Write a vote, and return its event on our bus."""
    pipeline.put(VOTE)
    pipeline.run_until_idle()
    (event,) = pipeline.events()
    return event


def taken(account: Account) -> list[dict[str, Any]]:
    """The envelopes that their function took."""
    return [json.loads(item["envelope"]["S"]) for item in account.items("Table")]


def code(pipeline: Pipeline) -> str:
    """The code of our only dead letter, which nobody retried."""
    (letter,) = pipeline.dead_letters("OurLetters")
    assert letter.attributes["RETRY_ATTEMPTS"] == "0"
    assert letter.attributes["RULE_ARN"] == pipeline.resources.arn("OurRule")
    assert letter.attributes["ERROR_MESSAGE"] == letter.reason
    return letter.attributes["ERROR_CODE"]


def put_back(pipeline: Pipeline, bus: str = BUS) -> dict[str, Any]:
    """Put our dead letters on a bus as they are, but for what EventBridge writes itself."""
    entries = [
        {
            "EventBusName": bus,
            "Source": letter.body["source"],
            "DetailType": letter.body["detail-type"],
            "Detail": json.dumps(letter.body["detail"]),
        }
        for letter in pipeline.dead_letters("OurLetters")
    ]
    answer: dict[str, Any] = pipeline.client("events").put_events(Entries=entries)
    return answer


def test_a_rule_s_event_reaches_a_function_of_another_account(
    run: Run, ours: Path, theirs: Path
) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, theirs)
    event = voted(pipeline)

    (got,) = taken(second)
    assert {**got, "id": event["id"]} == event
    assert got["account"] == ACCOUNT
    assert second.events() == [got]
    assert second.lines("Taker") == [{"took": "VoteCast"}]
    assert pipeline.dead_letters() == second.dead_letters() == []
    assert pipeline.nothing_lost()


def test_the_way_of_a_vote_goes_on_in_the_other_account(run: Run, ours: Path, theirs: Path) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, theirs)
    voted(pipeline)

    assert ("forwarded", BUS) in {(hop.what, hop.where) for hop in pipeline.way("one").hops}
    assert second.way("one").hops[0].what == "on the bus"


def test_what_their_function_cannot_take_is_theirs_alone(
    run: Run, ours: Path, theirs: Path
) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, theirs)
    second.fail("Taker", times=3)
    voted(pipeline)

    assert (len(second.dead_letters("DeadLetters")), pipeline.dead_letters()) == (1, [])
    second.redrive("DeadLetters")
    pipeline.run_until_idle()
    assert (len(taken(second)), second.waiting("Queue"), second.dead_letters()) == (1, 0, [])


@pytest.mark.parametrize(
    ("gone", "expected"), [("Bus", "NO_RESOURCE"), ("BusPolicy", "NO_PERMISSIONS")]
)
def test_what_another_account_does_not_take_is_a_dead_letter_at_once_and_comes_back_to_it_alone(
    run: Run, checkout: Checkout, theirs: Path, gone: str, expected: str
) -> None:
    third = BUS.replace(THEIRS, "333333333333")
    other = {"OtherRule": rule(third, RoleArn=arn("OtherRole")), "OtherRole": role(third)}
    pipeline = run(checkout(more=subscribed() | other))
    second, unaware = (pipeline.account(each, theirs) for each in (THEIRS, "333333333333"))
    second.away(gone)
    event = voted(pipeline)

    assert code(pipeline) == expected
    assert pipeline.dead_letters("OurLetters")[0].body == event
    assert pipeline.nothing_lost()
    assert put_back(pipeline)["Entries"][0]["ErrorCode"] == "AccessDeniedException"
    second.heal()
    assert put_back(pipeline)["FailedEntryCount"] == 0
    pipeline.run_until_idle()
    (got,) = taken(second)
    assert (got["account"], got["detail"]) == (ACCOUNT, event["detail"])
    assert len(pipeline.events()) == len(unaware.events()) == len(taken(unaware)) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("iam::${Publisher}:root", "iam::444444444444:root"),
        ("events:PutEvents", "events:PutRule"),
        ("Resource: !GetAtt Bus.Arn", f"Resource: {BUS}-other"),
        ('"events:source": votepipe', '"events:source": another'),
        (
            '{StringEquals: {"events:source": votepipe}}',
            '{Bool: {"events:eventBusInvocation": "false"}}',
        ),
        ("Effect: Allow\n        Principal: {AWS", "Effect: Deny\n        Principal: {AWS"),
    ],
)
def test_a_policy_admits_what_it_says_and_nothing_else(
    run: Run, ours: Path, theirs: Path, old: str, new: str
) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, changed(theirs, old, new))
    voted(pipeline)

    assert (code(pipeline), second.events()) == ("NO_PERMISSIONS", [])


def test_a_role_of_ours_that_allows_less_is_a_dead_letter(
    run: Run, checkout: Checkout, theirs: Path
) -> None:
    pipeline = run(checkout(more=subscribed(allowed=f"{BUS}-other")))
    second = pipeline.account(THEIRS, theirs)
    voted(pipeline)

    assert (code(pipeline), second.events()) == ("NO_PERMISSIONS", [])
    assert "does not allow events:PutEvents" in pipeline.dead_letters("OurLetters")[0].reason


def test_an_account_that_nobody_made_has_no_bus(run: Run, ours: Path) -> None:
    pipeline = run(ours)
    voted(pipeline)

    assert code(pipeline) == "NO_RESOURCE"


def test_what_is_lost_for_another_bus_is_in_the_loss_report(run: Run, checkout: Checkout) -> None:
    resources = subscribed()
    del resources["OurLettersPolicy"]
    pipeline = run(checkout(more=resources))
    voted(pipeline)

    assert str(pipeline.nothing_lost()).startswith(f"OurRule: There is no bus '{BUS}'.\nvote one")


def test_a_bus_of_another_account_needs_a_role(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match="AWS refuses 'It': a bus of another account needs"):
        run(checkout(more={"It": rule(BUS)}))


@pytest.mark.parametrize("second_hop", [f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/ours", BUS])
def test_an_event_goes_from_bus_to_bus_once(
    run: Run, checkout: Checkout, theirs: Path, second_hop: str
) -> None:
    ours = {"OurBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "ours"}}}
    first = rule(f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/ours")
    again = subscribed(second_hop, allowed=second_hop)
    again["OurRule"]["Properties"]["EventBusName"] = {"Ref": "OurBus"}
    pipeline = run(checkout(more={**ours, "First": first, **again}))
    second = pipeline.account(THEIRS, theirs)
    voted(pipeline)

    assert code(pipeline) == "THIRD_ACCOUNT_HOP_DETECTED"
    assert len(pipeline.events(bus="OurBus")) == len(pipeline.events(bus="VotesBus")) == 1
    assert second.events() == []


def test_their_rule_sends_no_event_of_ours_to_a_third_account(
    run: Run, ours: Path, theirs: Path
) -> None:
    third = BUS.replace(THEIRS, "333333333333")
    pipeline = run(ours)
    on = f"Targets: [{{Id: third, Arn: {third}, RoleArn: !GetAtt Role.Arn}}, "
    further = '"events:PutEvents", "dynamodb:*"'
    folder = changed(changed(theirs, "Targets: [", on), '"dynamodb:*"', further)
    second = pipeline.account(THEIRS, folder)
    last = pipeline.account("333333333333", folder)
    voted(pipeline)

    lost = [hop.facts["why"] for hop in second.trace.hops if hop.what == "lost"]
    assert lost == ["THIRD_ACCOUNT_HOP_DETECTED"]
    assert (len(taken(second)), last.events()) == (1, [])


def test_a_function_reaches_nothing_of_another_account(run: Run, ours: Path, theirs: Path) -> None:
    pipeline = run(ours)
    url = pipeline.resources.ref("OurLetters")
    call = f'boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="a")'
    (theirs / "code" / "taker.py").write_text(f"import boto3\n\n\ndef handler(*_):\n    {call}\n")
    second = pipeline.account(THEIRS, theirs)
    voted(pipeline)

    failed = [hop.facts["why"] for hop in second.trace.hops if hop.what == "failed"]
    assert "QueueDoesNotExist" in failed[0]
    assert pipeline.dead_letters("OurLetters") == []


def test_two_accounts_of_one_template_have_faults_of_their_own(
    run: Run, ours: Path, theirs: Path
) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, theirs)
    other = pipeline.account("333333333333", theirs)
    second.fail("Taker", times=3)
    event = {"Records": []}

    assert other.invoke("Taker", event) is None
    with pytest.raises(Exception, match="The test made it fail"):
        second.invoke("Taker", event)


def test_mistakes_of_a_test_are_refused(run: Run, ours: Path, theirs: Path) -> None:
    pipeline = run(ours)
    second = pipeline.account(THEIRS, theirs)

    with pytest.raises(KitError, match=f"Account '{THEIRS}' is here already"):
        pipeline.account(THEIRS, theirs)
    with pytest.raises(KitError, match="no bus or policy of one 'Buss'. Did you mean 'Bus'"):
        second.away("Buss")
    with pytest.raises(KitError, match="The template has no bus 'Buss'"):
        second.events(bus="Buss")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("iam::${Publisher}:root", "iam::${Publisher}:role/put", "iam::123456789012:role/put"),
        ('{AWS: !Sub "arn:aws:iam::${Publisher}:root"}', "{Service: a.com}", "a.com"),
        ('"events:source": votepipe', '"aws:SourceArn": arn', "aws:SourceArn"),
    ],
)
def test_what_is_not_modelled_of_a_bus_s_policy_is_refused(
    run: Run, theirs: Path, old: str, new: str, named: str
) -> None:
    with pytest.raises(Unmodelled, match=f"'BusPolicy' has '.*{named}', which the kit does not"):
        run().account(THEIRS, changed(theirs, old, new))
