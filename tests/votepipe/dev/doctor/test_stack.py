"""votepipe/dev/doctor/stack.py: the deployed template, in accounts of many kinds."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from moto import mock_aws

from votepipe.dev.doctor.stack import look_at_stack
from votepipe.dev.operations.deployment import Deployment
from votepipe.project import Project, checkout, sync
from votepipe.project.names import logical_id, switch

PARAMETERS = {
    "Environment": "prod",
    "AlarmEmail": "oncall@example.com",
    "SlackChannel": "C1",
    "EmailSender": "votes@mail.example.com",
    "EmailRecipients": "team@example.org, jane@example.net",
}
STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/votes/1"


class Account(boto3.Session):
    """An account with the template deployed, in which all is as it should be.

    Its clients are boto3's; moto answers, or `answers` by operation, where a text is an error code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written = (checkout() / "template.yaml").read_text()
        self.ids: dict[str, str] = {}
        self.verified = {"example.com"}
        self.clients: dict[str, Any] = {}
        self.answers: dict[str, Any] = {
            "GetAccount": {"ProductionAccessEnabled": True, "SendingEnabled": True},
            "GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
            "DescribePipe": {"Name": "votes-pipe", "CurrentState": "RUNNING"},
            "ListStackResources": {"StackResourceSummaries": []},
            "DescribeStacks": {"Stacks": [self._facts()]},
            "GetTemplate": {},
        }
        self._deploy()

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        if service_name not in self.clients:
            client = super().client(service_name, *args, **kwargs)
            client.meta.events.register("before-call", self._answer)
            self.clients[service_name] = client
        return self.clients[service_name]

    def _answer(self, model: Any, params: Any, **_: Any) -> Any:
        answer = self.answers.get(model.name)
        if model.name == "GetTemplate" and answer == {}:
            processed = b"Processed" in params["body"]["TemplateStage"].encode()
            answer = {"TemplateBody": Project.read().template if processed else self.written}
        if (
            model.name == "GetEmailIdentity"
            and unquote(params["url_path"]).rpartition("/")[2] in self.verified
        ):
            answer = {"VerifiedForSendingStatus": True}
        if isinstance(answer, str):
            said = f"User: x is not authorized to perform: {answer} on resource: *"
            error = {"Error": {"Code": "AccessDeniedException", "Message": said}}
            return SimpleNamespace(status_code=400), error
        return answer and (SimpleNamespace(status_code=200), answer)

    def _facts(self) -> dict[str, Any]:
        on = {switch(each.name): "true" for each in Project.read().sinks}
        given = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in (on | PARAMETERS).items()
        ]
        return {"StackId": STACK_ID, "StackStatus": "UPDATE_COMPLETE", "Parameters": given}

    def _deploy(self) -> None:
        makers = {
            "AWS::SQS::Queue": self._queue,
            "AWS::SecretsManager::Secret": self._secret,
            "AWS::SNS::Topic": lambda name: self.client("sns").create_topic(Name=name)["TopicArn"],
        }
        resources = Project.read().template["Resources"]
        for name, resource in resources.items():
            self.ids[name] = makers.get(resource["Type"], str)(name)
        for name, resource in resources.items():
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                self.alarm(name)
        self.client("sns").subscribe(
            TopicArn=self.ids["AlarmTopic"], Protocol="email", Endpoint="oncall@example.com"
        )
        self.answers["ListStackResources"]["StackResourceSummaries"] = [
            {"LogicalResourceId": name, "PhysicalResourceId": each}
            for name, each in self.ids.items()
        ]

    def _queue(self, name: str) -> str:
        return str(self.client("sqs").create_queue(QueueName=name)["QueueUrl"])

    def _secret(self, name: str) -> str:
        fields = [
            field
            for each in sync.resources()
            if f"{each.id}Secret" == name  # the front's is no sink's
            for field in each.secrets
        ]
        values = {field.name: field.example or "https://example.com/" for field in fields}
        client = self.client("secretsmanager")
        made = client.create_secret(Name=name, SecretString=json.dumps(values))
        return str(made["ARN"])

    def keep(self, sink: str, values: dict[str, str]) -> None:
        """Put these values into the secret of a sink."""
        arn, text = self.ids[f"{logical_id(sink)}Secret"], json.dumps(values)
        self.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)

    def alarm(self, name: str, state: str = "OK") -> None:
        client = self.client("cloudwatch")
        client.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="Each message carries its reason.",
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            Namespace="AWS/SQS",
            MetricName="x",
            Period=60,
            Statistic="Maximum",
        )
        client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="x")


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


def looked_at(account: Account, **more: str) -> dict[str, str]:
    """What the doctor says of it: each fact with its remedy."""
    found = Deployment("votes", account, **more)
    return {each.fact: each.remedy for each in look_at_stack(found)}


def missing(account: Account, **more: str) -> dict[str, str]:
    """What is not as it should be."""
    return {fact: remedy for fact, remedy in looked_at(account, **more).items() if remedy}


def test_where_nothing_is_missing_each_thing_is_named(account: Account) -> None:
    found = looked_at(account)

    assert missing(account) == {}
    for fact in (
        f"Sinks that are on and set up: {', '.join(each.name for each in Project.read().sinks)}.",
        "Sinks that are off: none.",
        "The stack is in step with template.yaml.",
        "VotesPipe is RUNNING.",
        "SES sends the mails of sink 'email'.",
        "Confirmed subscribers of the alarms: 1.",
    ):
        assert fact in found


def test_where_everything_is_wrong_each_thing_has_its_remedy(account: Account) -> None:
    account.answers["GetAccount"]["ProductionAccessEnabled"] = False
    account.answers["GetAccount"]["SendingEnabled"] = False
    account.answers["GetAccountSettings"]["AccountLimit"]["UnreservedConcurrentExecutions"] = 10
    account.answers["DescribePipe"] |= {"CurrentState": "STOPPED", "StateReason": "No stream."}
    account.verified = {"team@example.org"}
    account.keep("slack", {"unknown": "xoxb-1"})
    account.keep("webhook", {"url": "not shown"})
    account.written = account.written.replace("BatchSize: 300", "BatchSize: 200")
    account.alarm("SlackDeadLettersAlarm", "ALARM")
    account.client("sqs").send_message(QueueUrl=account.ids["SlackDeadLetters"], MessageBody="x")
    pipe_letters = account.ids["VotesPipeDeadLetters"]
    account.client("sqs").send_message(QueueUrl=pipe_letters, MessageBody="x")
    for each in account.client("sns").list_subscriptions()["Subscriptions"]:
        account.client("sns").unsubscribe(SubscriptionArn=each["SubscriptionArn"])

    found = missing(account)

    lambda_ = next(fact for fact in found if fact.startswith("Lambda runs up to 10 functions"))
    assert found == {
        "Sink 'slack' is on and not set up.": (
            "'slack' cannot run. Its secret has neither 'webhook_url' nor 'bot_token'. "
            "Run: votepipe secret set slack --stack votes"
        ),
        "Sink 'webhook' is on and not set up.": (
            "'webhook' cannot run. Secret 'signing_secret' (Signing secret, 'whsec_…') has no "
            "value. Run: votepipe secret set webhook --stack votes"
        ),
        "The stack differs from template.yaml in SlackSink.": (
            "Deploy it again, for example with: make deploy"
        ),
        "VotesPipe is STOPPED: No stream.": (
            "Remove the cause, then run: aws pipes start-pipe --name votes-pipe"
        ),
        lambda_: (
            "Ask for more 'Concurrent executions' of Lambda in Service Quotas; "
            "until then votes wait longer."
        ),
        "SES has paused the account's mail.": "See the SES console for why.",
        "SES has not verified 'votes@mail.example.com', which sink 'email' sends from.": (
            "Verify the address or its domain in SES."
        ),
        "SES is in its sandbox and has not verified 'jane@example.net', which sink 'email' "
        "sends to.": "Verify the address or its domain in SES, or ask SES for production access.",
        "Messages in SlackDeadLetters: 1.": (
            "Its messages say why, in the attribute 'reason' or 'ERROR_MESSAGE'. "
            "Once that works again, run: votepipe redrive slack --stack votes"
        ),
        "Messages in VotesPipeDeadLetters: 1.": (
            "Its messages say why, in the attribute 'reason' or 'ERROR_MESSAGE'. "
            "Once that works again, run: votepipe redrive pipe --stack votes"
        ),
        "SlackDeadLettersAlarm is on.": "Each message carries its reason.",
        "Nobody gets the alarms.": "Set the template parameter 'AlarmEmail', or "
        "subscribe to 'AlarmTopicArn', and deploy.",
    }


def test_a_secret_that_holds_no_json_lacks_its_settings(account: Account) -> None:
    arn = account.ids["WebhookSecret"]
    account.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="whsec_x")

    (found,) = missing(account).items()

    assert found[0] == "Sink 'webhook' is on and not set up."
    assert "whsec_x" not in found[1]


def test_an_address_that_is_not_confirmed_gets_nothing(account: Account) -> None:
    account.answers["ListSubscriptionsByTopic"] = {
        "Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]
    }

    assert missing(account) == {
        "Nobody gets the alarms, as no subscriber has confirmed.": (
            "Open the link in the mail from AWS; after 48 hours subscribe to the topic anew."
        )
    }


@pytest.mark.parametrize(
    ("operation", "action", "subject"),
    [
        ("GetSecretValue", "secretsmanager:GetSecretValue", "What sinks are set to"),
        ("GetAccount", "ses:GetAccount", "The senders of mail"),
        ("GetEmailIdentity", "ses:GetEmailIdentity", "The senders of mail"),
        ("GetAccountSettings", "lambda:GetAccountSettings", "Lambda's quota"),
        ("DescribePipe", "pipes:DescribePipe", "The pipe"),
        ("GetQueueAttributes", "sqs:GetQueueAttributes", "The dead letters"),
        ("DescribeAlarms", "cloudwatch:DescribeAlarms", "The alarms"),
        ("ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic", "Who gets the alarms"),
    ],
)
def test_what_may_not_be_looked_at_ends_nothing_else(
    account: Account, operation: str, action: str, subject: str
) -> None:
    account.verified = {"example.com"} if operation != "GetEmailIdentity" else set()
    account.answers[operation] = action

    found = missing(account)

    assert list(found) == [f"{subject} cannot be looked at."]
    assert f"Allow {action} on it" in found[f"{subject} cannot be looked at."]


def test_a_stack_that_is_not_there_is_the_only_finding(account: Account) -> None:
    account.answers["ListStackResources"] = "cloudformation:ListStackResources"

    assert looked_at(account) == {
        "No stack was looked at.": "Stack 'votes' cannot be read (AccessDeniedException). "
        "Allow cloudformation:ListStackResources to whom you are logged in as."
    }


def test_a_sink_that_is_off_is_asked_for_nothing(account: Account) -> None:
    (facts,) = account.answers["DescribeStacks"]["Stacks"]
    facts["Parameters"].append({"ParameterKey": "EmailEnabled", "ParameterValue": "false"})
    account.answers["GetAccount"] = "ses:GetAccount"
    account.answers["GetAccountSettings"]["AccountLimit"]["UnreservedConcurrentExecutions"] = (
        2 * len(Project.read().sinks)
    )

    found = looked_at(account)

    assert not any(found.values())
    assert "Sinks that are off: email." in found


def test_each_batch_that_the_pipe_handles_at_a_time_needs_a_function(account: Account) -> None:
    (facts,) = account.answers["DescribeStacks"]["Stacks"]
    (before,) = (fact for fact in looked_at(account) if fact.startswith("Lambda runs"))
    facts["Parameters"].append({"ParameterKey": "PipeParallelization", "ParameterValue": "10"})

    (after,) = (fact for fact in looked_at(account) if fact.startswith("Lambda runs"))

    needed = [int(fact.rstrip(".").rpartition(" ")[2]) for fact in (before, after)]
    assert needed[1] - needed[0] == 9


def test_on_this_machine_what_only_aws_has_is_left_out(account: Account) -> None:
    for operation in ("DescribePipe", "GetAccount", "ListSubscriptionsByTopic"):
        account.answers[operation] = "not:Asked"
    account.keep("webhook", {})

    found = missing(account, console="http://127.0.0.1:9", warning="Use PutItem.")

    lacking = found.pop("Sink 'webhook' is on and not set up.")
    assert lacking.endswith("Run: votepipe secret set webhook")
    assert found == {"Not every write to the votes table made an event.": "Use PutItem."}
