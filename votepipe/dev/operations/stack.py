"""A deployed stack, as CloudFormation describes it: names, outputs and resolved properties."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from votepipe.emulator.cloudformation.intrinsics import Resolver, parameter_values
from votepipe.model.errors import VotepipeError
from votepipe.project import template

# What `Fn::GetAtt` gives, built from the physical id; a table's StreamArn needs a call.
_ATTRIBUTES = {
    ("AWS::CloudWatch::Alarm", "Arn"): "arn:{partition}:cloudwatch:{region}:{account}:alarm:{id}",
    ("AWS::DynamoDB::Table", "Arn"): "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    ("AWS::Events::EventBus", "Arn"): "arn:{partition}:events:{region}:{account}:event-bus/{id}",
    ("AWS::Events::EventBus", "Name"): "{id}",
    ("AWS::IAM::Role", "Arn"): "arn:{partition}:iam::{account}:role{path}{id}",
    ("AWS::Lambda::Function", "Arn"): "arn:{partition}:lambda:{region}:{account}:function:{id}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    ("AWS::Pipes::Pipe", "Arn"): "arn:{partition}:pipes:{region}:{account}:pipe/{id}",
    ("AWS::SNS::Topic", "TopicName"): "{last}",
    ("AWS::SecretsManager::Secret", "Id"): "{id}",
    ("AWS::SQS::Queue", "Arn"): "arn:{partition}:sqs:{region}:{account}:{last}",
    ("AWS::SQS::Queue", "QueueName"): "{last}",
}
_STEPS = {
    "Log in to AWS, for example with: aws sso login": (
        *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        *("SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"),
        *("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
        *("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"),
    ),
    "Give --region, set AWS_REGION, or a region in your AWS profile.": (
        *("NoRegionError", "InvalidRegionError"),
    ),
    "Correct --profile or AWS_PROFILE.": ("ProfileNotFound",),
    "Run: make up (on this machine), or check the network and the region.": (
        *("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"),
        *("ConnectionClosedError", "ProxyConnectionError"),
    ),
}


class StackError(VotepipeError):
    """A stack is not there or cannot be read."""


class NoStack(StackError):
    """There is no stack of that name."""


class Stack:
    """One deployed stack, read once, when first asked.

    Raises StackError when there is no such stack, IntrinsicError for what cannot be resolved.
    """

    def __init__(self, name: str, session: boto3.Session) -> None:
        self.name = name
        self._session = session

    @property
    def revision(self) -> str | None:
        """Text that differs after each deployment; None while one is going on."""
        if not self.status.endswith("_COMPLETE"):
            return None
        return str(self._facts.get("LastUpdatedTime", self._facts["CreationTime"]))

    @property
    def status(self) -> str:
        """Its status, such as `UPDATE_COMPLETE`."""
        return str(self._facts["StackStatus"])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Output name → value."""
        return {each["OutputKey"]: each["OutputValue"] for each in self._facts.get("Outputs", [])}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Parameter name → its value as deployed; hidden ones (`NoEcho`) read as asterisks."""
        return {
            each["ParameterKey"]: each.get("ResolvedValue", each["ParameterValue"])
            for each in self._facts.get("Parameters", [])
        }

    @cached_property
    def template(self) -> Mapping[str, Any]:
        """The template after its transforms."""
        answer = self._call("get_template", StackName=self.name, TemplateStage="Processed")
        template = answer["TemplateBody"]
        if not isinstance(template, Mapping):
            raise StackError(f"The template of '{self.name}' has no transform. Deploy it with SAM.")
        return template

    @cached_property
    def written(self) -> Mapping[str, Any]:
        """The template as it was deployed, before its transforms."""
        body = self._call("get_template", StackName=self.name, TemplateStage="Original")
        return template.parsed(body["TemplateBody"])

    @cached_property
    def physical_ids(self) -> dict[str, str]:
        """Logical id → physical id, of resources that exist."""
        found: dict[str, str] = {}
        page: dict[str, str] = {}
        while True:
            answer = self._call("list_stack_resources", StackName=self.name, **page)
            for each in answer["StackResourceSummaries"]:
                if "PhysicalResourceId" in each:
                    found[each["LogicalResourceId"]] = each["PhysicalResourceId"]
            if "NextToken" not in answer:
                return found
            page = {"NextToken": answer["NextToken"]}

    def of_type(self, resource_type: str) -> list[str]:
        """Logical ids of the stack's resources of a type such as 'AWS::Pipes::Pipe'."""
        return [
            logical_id
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type and logical_id in self.physical_ids
        ]

    def physical_id(self, logical_id: str) -> str:
        """What the resource is called in AWS. Raises StackError when the stack lacks it."""
        if logical_id not in self.physical_ids:
            raise StackError(
                f"Stack '{self.name}' has no resource '{logical_id}'. Deploy it again."
            )
        return self.physical_ids[logical_id]

    def resolved(self, logical_id: str) -> dict[str, Any]:
        """A resource's properties with every intrinsic function replaced."""
        self.physical_id(logical_id)
        properties = self.template["Resources"][logical_id].get("Properties", {})
        return dict(self._resolver.resolve(properties))

    def ref(self, logical_id: str) -> str:
        """What `Ref` gives. Raises KeyError when the stack lacks the resource."""
        # A rule on a bus of its own is known to CloudFormation as 'bus|rule'.
        return self.physical_ids[logical_id].rpartition("|")[2]

    def attribute(self, logical_id: str, name: str) -> str:
        """What `Fn::GetAtt` gives. Raises KeyError for an attribute that is not known here."""
        resource = self.template["Resources"][logical_id]
        physical_id = self.physical_ids[logical_id]
        if (resource["Type"], name) == ("AWS::DynamoDB::Table", "StreamArn"):
            return str(self._stream_arn(physical_id))
        shape = _ATTRIBUTES[resource["Type"], name]
        path = self._resolver.resolve(resource.get("Properties", {}).get("Path", "/"))
        last = physical_id.replace(":", "/").rpartition("/")[2]
        return shape.format(id=physical_id, last=last, path=path, **self._place)

    def _stream_arn(self, table: str) -> str:
        client: Any = self._session.client("dynamodb")
        try:
            facts = client.describe_table(TableName=table)["Table"]
        except (ClientError, BotoCoreError) as error:
            raise StackError(f"Table '{table}' cannot be read ({_code(error)}).") from error
        if "LatestStreamArn" not in facts:
            raise StackError(f"Table '{table}' has no stream. Deploy the stack again.")
        return str(facts["LatestStreamArn"])

    @cached_property
    def _facts(self) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._call("describe_stacks", StackName=self.name)
        facts: Mapping[str, Any] = answer["Stacks"][0]
        return facts

    @cached_property
    def _place(self) -> dict[str, str]:
        _, partition, _, region, account, _ = self._facts["StackId"].split(":", 5)
        return {"partition": partition, "region": region, "account": account}

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(
            self.template,
            self,
            parameters=parameter_values(self.template, self.parameters),
            pseudo={
                "AWS::Partition": self._place["partition"],
                "AWS::Region": self._place["region"],
                "AWS::AccountId": self._place["account"],
                "AWS::URLSuffix": "amazonaws.com",
                "AWS::StackName": self.name,
                "AWS::StackId": self._facts["StackId"],
            },
        )

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            client: Any = self._session.client("cloudformation")
            return getattr(client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and "does not exist" in str(error):
                raise NoStack(
                    f"There is no stack '{self.name}' in {client.meta.region_name}. "
                    "Run: make up (on this machine) or make deploy (on AWS)."
                ) from None
            raise StackError(
                f"Stack '{self.name}' cannot be read ({_code(error)}). {next_step(error)}"
            ) from error


def sentence(error: ClientError | BotoCoreError) -> str:
    """An error of botocore's for people, with what to do."""
    return f"AWS cannot be asked ({_code(error)}). {next_step(error)}"


def next_step(error: ClientError | BotoCoreError) -> str:
    """What a person can do about an error of botocore's."""
    code = _code(error)
    if isinstance(error, ClientError) and "AccessDenied" in code:
        action = re.search(r"to perform: (\S+)", str(error))
        wanted = action[1] if action else error.operation_name
        return f"Allow {wanted} to whom you are logged in as."
    for step, codes in _STEPS.items():
        if code in codes:
            return step
    return f"It says: {error}"


def _code(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Code", "unknown"))
    return type(error).__name__
