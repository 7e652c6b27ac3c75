"""The template's resources with their names and ARNs, and their properties resolved."""

from collections.abc import Mapping
from typing import Any

from votepipe.emulator.cloudformation import supported
from votepipe.emulator.cloudformation.intrinsics import Resolver, parameter_values
from votepipe.emulator.simulation.errors import Unmodelled

ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK = "votepipe"

# The property that names a resource, and what `Ref` and `Fn::GetAtt` make of the name.
_NAMES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Archive": "ArchiveName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Pipes::Pipe": "Name",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{place}:table/{name}",
    "AWS::Events::Archive": "arn:aws:events:{place}:archive/{name}",
    "AWS::Events::EventBus": "arn:aws:events:{place}:event-bus/{name}",
    "AWS::Events::Rule": "arn:aws:events:{place}:rule/{bus}{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role{path}{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{place}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{place}:log-group:{name}:*",
    "AWS::Pipes::Pipe": "arn:aws:pipes:{place}:pipe/{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{place}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{place}:{name}",
    "AWS::Scheduler::Schedule": "arn:aws:scheduler:{place}:schedule/default/{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{place}:secret:{name}-AbCdE",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{place}:stateMachine:{name}",
}
_REFS_TO_ARNS = (
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
)
_STREAM = "/stream/2026-01-01T00:00:00.000"


def stream_arn(table_arn: str) -> str:
    """The ARN of a table's stream."""
    return table_arn + _STREAM


class Resources:
    """The resources that exist under the given parameters; what is not modelled is refused."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], account: str = ACCOUNT
    ) -> None:
        self.account = account
        self._place = f"{REGION}:{account}"
        self._resolver = Resolver(
            template,
            self,
            parameters=parameter_values(template, parameters),
            pseudo={
                "AWS::Partition": "aws",
                "AWS::Region": REGION,
                "AWS::AccountId": account,
                "AWS::URLSuffix": "amazonaws.com",
                "AWS::StackName": STACK,
                "AWS::StackId": f"arn:aws:cloudformation:{self._place}:stack/{STACK}/kit",
            },
        )
        self._declared: Mapping[str, Mapping[str, Any]] = {
            logical_id: resource
            for logical_id, resource in template["Resources"].items()
            if "Condition" not in resource or self._resolver.condition(resource["Condition"])
        }
        self._names: dict[str, str] = {}
        self._arns: dict[str, str] = {}
        self.types = {name: resource["Type"] for name, resource in self._declared.items()}
        self.properties: dict[str, dict[str, Any]] = {}
        for logical_id, kind in self.types.items():
            properties = self._declared[logical_id].get("Properties", {})
            supported.check(logical_id, kind, properties)
            if kind in supported.MODELLED:
                self.properties[logical_id] = dict(self._resolver.resolve(properties))
        self.outputs = self._outputs(template.get("Outputs", {}))

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {name: self.properties[name] for name, type_ in self.types.items() if type_ == kind}

    def resolved(self, logical_id: str) -> dict[str, Any]:
        """The properties of one that exists, of whatever type."""
        return dict(self._resolver.resolve(self._declared[logical_id].get("Properties", {})))

    def name(self, logical_id: str) -> str:
        """What the resource is called in AWS."""
        if logical_id not in self._names:
            resource = self._declared[logical_id]
            given = resource.get("Properties", {}).get(_NAMES.get(resource["Type"], ""))
            name = self._resolver.resolve(given) if given is not None else None
            self._names[logical_id] = str(name or f"{STACK}-{logical_id}")
        return self._names[logical_id]

    def arn(self, logical_id: str) -> str:
        """The resource's ARN. Raises KeyError for a type whose ARN is not known here."""
        if logical_id not in self._arns:
            properties = self._declared[logical_id].get("Properties", {})
            bus = self._resolver.resolve(properties.get("EventBusName", "default"))
            self._arns[logical_id] = _ARNS[self.types[logical_id]].format(
                place=self._place,
                account=self.account,
                name=self.name(logical_id),
                path=self._resolver.resolve(properties.get("Path", "/")),
                bus="" if bus == "default" else f"{bus.rpartition('/')[2]}/",
            )
        return self._arns[logical_id]

    def ref(self, logical_id: str) -> str:
        """What `Ref` gives. Raises KeyError for what does not exist."""
        kind = self.types[logical_id]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{self.account}/{self.name(logical_id)}"
        return self.arn(logical_id) if kind in _REFS_TO_ARNS else self.name(logical_id)

    def attribute(self, logical_id: str, name: str) -> str:
        """What `Fn::GetAtt` gives. Raises KeyError for what is not known here."""
        kind = self.types[logical_id]
        if name == "StreamArn" and kind == "AWS::DynamoDB::Table":
            return stream_arn(self.arn(logical_id))
        if name == "QueueUrl" and kind == "AWS::SQS::Queue":
            return self.ref(logical_id)
        if name in ("Arn", "Id"):
            return self.arn(logical_id)
        if name in ("Name", "QueueName"):
            return self.name(logical_id)
        raise KeyError(name)

    def by_arn(self, arn: str, kind: str) -> str:
        """The logical id of the resource with that ARN or name. Raises Unmodelled."""
        for logical_id, type_ in self.types.items():
            if type_ == kind and arn in (self.arn(logical_id), self.name(logical_id)):
                return logical_id
        raise Unmodelled(f"There is no {kind} '{arn.rpartition(':')[2]}' in the template. Add it.")

    def _outputs(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self._resolver.resolve(output["Value"])
            for name, output in declared.items()
            if "Condition" not in output or self._resolver.condition(output["Condition"])
        }
