"""votepipe/dev/operations/stack.py: a deployed stack, on MiniStack and as AWS answers."""

import json

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

from votepipe.dev.operations.stack import Stack, StackError
from votepipe.emulator.cloudformation.intrinsics import IntrinsicError

QUICK = {"Delay": 0.1, "MaxAttempts": 300}
KEYS = [{"AttributeName": "id", "AttributeType": "S"}]
STATED = [
    ("Table", "Arn"), ("Table", "StreamArn"), ("Queue", "Arn"), ("Queue", "QueueName"),
    ("Bus", "Arn"), ("Bus", "Name"), ("Role", "Arn"), ("Logs", "Arn"), ("Function", "Arn"),
    ("Pipe", "Arn"), ("Topic", "TopicName"), ("Alarm", "Arn"),
]  # fmt: skip


def get_att(logical_id, name):
    return {"Fn::GetAtt": [logical_id, name]}


TEMPLATE = {
    "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": KEYS,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            },
        },
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Spare": {"Type": "AWS::SQS::Queue", "Condition": "Prod"},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "bus"}},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Logs": {"Type": "AWS::Logs::LogGroup"},
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "Namespace": "x", "MetricName": "x", "Statistic": "Sum", "Period": 60,
                "EvaluationPeriods": 1, "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {"Path": "/pipes/", "AssumeRolePolicyDocument": {}},
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": get_att("Role", "Arn"),
                "Code": {"ZipFile": "def handler(event, context): return event"},
            },
        },
        "Pipe": {
            "Type": "AWS::Pipes::Pipe",
            "Properties": {
                "DesiredState": {"Fn::If": ["Prod", "RUNNING", "STOPPED"]},
                "RoleArn": get_att("Role", "Arn"),
                "Source": get_att("Table", "StreamArn"),
                "Target": get_att("Bus", "Arn"),
            },
        },
    },
    "Outputs": {
        f"{logical_id}{name}": {"Value": get_att(logical_id, name)} for logical_id, name in STATED
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def session(local_aws):
    """A session that speaks to a MiniStack with the template deployed as 'votes'."""
    client = local_aws.client("cloudformation")
    client.create_stack(StackName="votes", TemplateBody=json.dumps(TEMPLATE))
    client.get_waiter("stack_create_complete").wait(StackName="votes", WaiterConfig=QUICK)
    return local_aws


class TestDeployed:
    @pytest.mark.parametrize(("logical_id", "name"), STATED)
    def test_attributes_are_those_that_the_stack_states(self, session, logical_id, name):
        stack = Stack("votes", session)

        assert stack.attribute(logical_id, name) == stack.outputs[f"{logical_id}{name}"]

    def test_resolves_a_resource_with_the_stacks_parameters(self, session):
        stack = Stack("votes", session)

        assert stack.resolved("Pipe") == {
            "DesiredState": "STOPPED",
            "RoleArn": stack.outputs["RoleArn"],
            "Source": stack.outputs["TableStreamArn"],
            "Target": stack.outputs["BusArn"],
        }

    def test_knows_only_resources_that_exist(self, session):
        stack = Stack("votes", session)

        assert stack.of_type("AWS::SQS::Queue") == ["Queue"]
        with pytest.raises(StackError, match="'votes' has no resource 'Spare'"):
            stack.resolved("Spare")

    def test_says_what_to_run_when_there_is_no_such_stack(self, session):
        with pytest.raises(StackError, match=r"no stack 'absent' in us-east-1\. Run: make up"):
            Stack("absent", session).outputs  # noqa: B018 - reading it is the act

    def test_has_a_new_revision_after_each_deployment(self, session):
        before = Stack("votes", session).revision
        client = session.client("cloudformation")

        client.update_stack(
            StackName="votes", TemplateBody=json.dumps(TEMPLATE | {"Description": "again"})
        )
        client.get_waiter("stack_update_complete").wait(StackName="votes", WaiterConfig=QUICK)

        assert Stack("votes", session).revision not in (None, before)


class FakeSession:
    """Answers as CloudFormation and DynamoDB on AWS do; an answer may be an error to raise."""

    def __init__(self, **answers):
        self.meta = type("Meta", (), {"region_name": "eu-west-1"})
        self.answers = {"describe_stacks": {"Stacks": [stack_facts()]}, **answers}

    def client(self, service):
        return self

    def __getattr__(self, operation):
        def answer(**arguments):
            found = self.answers[operation]
            if isinstance(found, list):
                found = found.pop(0)
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def stack_facts(**facts):
    return {
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/votes/1",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": "then",
        **facts,
    }


def listed(**ids):
    return [
        {"LogicalResourceId": logical_id, "PhysicalResourceId": physical_id}
        for logical_id, physical_id in ids.items()
    ]


def test_a_rule_on_its_own_bus_is_named_without_the_bus():
    session = FakeSession(list_stack_resources={"StackResourceSummaries": listed(Rule="bus|rule")})

    assert Stack("votes", session).ref("Rule") == "rule"


def test_reads_every_page_of_resources():
    pages = [
        {"StackResourceSummaries": listed(A="a"), "NextToken": "more"},
        {"StackResourceSummaries": [*listed(B="b"), {"LogicalResourceId": "C"}]},
    ]

    assert Stack("votes", FakeSession(list_stack_resources=pages)).physical_ids == {
        "A": "a",
        "B": "b",
    }


def test_a_queues_arn_comes_from_its_address():
    session = FakeSession(
        list_stack_resources={
            "StackResourceSummaries": listed(
                Queue="https://sqs.eu-west-1.amazonaws.com/123456789012/letters"
            )
        },
        get_template={"TemplateBody": {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}},
    )

    arn = Stack("votes", session).attribute("Queue", "Arn")

    assert arn == "arn:aws:sqs:eu-west-1:123456789012:letters"


def test_prefers_a_parameters_resolved_value():
    parameter = {"ParameterKey": "P", "ParameterValue": "/name", "ResolvedValue": "value"}
    session = FakeSession(describe_stacks={"Stacks": [stack_facts(Parameters=[parameter])]})

    assert Stack("votes", session).parameters == {"P": "value"}


def test_has_no_revision_while_it_is_deployed():
    facts = stack_facts(StackStatus="UPDATE_IN_PROGRESS")

    assert Stack("votes", FakeSession(describe_stacks={"Stacks": [facts]})).revision is None


def test_refuses_an_attribute_that_it_does_not_know():
    body = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Pipe": {
                "Type": "AWS::Pipes::Pipe",
                "Properties": {"Source": get_att("Queue", "Colour")},
            },
        }
    }
    session = FakeSession(
        list_stack_resources={"StackResourceSummaries": listed(Queue="q", Pipe="p")},
        get_template={"TemplateBody": body},
    )

    with pytest.raises(IntrinsicError, match="'Queue' has no attribute 'Colour'"):
        Stack("votes", session).resolved("Pipe")


def test_refuses_a_template_without_a_transform():
    with pytest.raises(StackError, match="has no transform"):
        Stack("votes", FakeSession(get_template={"TemplateBody": "Resources: {}"})).template  # noqa: B018 - reading it is the act


DENIED = "User: jane is not authorized to perform: cloudformation:X on resource: votes"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": DENIED}}, "X"),
            "Allow cloudformation:X to whom",
        ),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "X"), r"\(ExpiredToken\)\. Log in"),
        (NoCredentialsError(), "Log in to AWS, for example with: aws sso login"),
        (NoRegionError(), "set AWS_REGION, or a region in your AWS profile"),
        (EndpointConnectionError(endpoint_url="http://x"), r"\(EndpointConnectionError\)\. Run"),
    ],
)
def test_says_why_it_cannot_be_read(error, text):
    with pytest.raises(StackError, match=text):
        Stack("votes", FakeSession(describe_stacks=error)).outputs  # noqa: B018 - reading it is the act


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"Table": {}}, "'votes-table' has no stream"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "x"), "'votes-table' cannot be read"),
    ],
)
def test_says_when_a_table_has_no_stream_to_follow(answer, text):
    session = FakeSession(
        list_stack_resources={"StackResourceSummaries": listed(Table="votes-table")},
        get_template={"TemplateBody": {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}},
        describe_table=answer,
    )

    with pytest.raises(StackError, match=text):
        Stack("votes", session).attribute("Table", "StreamArn")
