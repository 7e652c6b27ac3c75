"""What of a template the kit models; everything else is refused by its name.

Docs/testing.md shows this as a table, held to it by a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.emulator.simulation.errors import Unmodelled


@dataclass(frozen=True)
class Kind:
    """A type of resource: the properties that have their effect, and those that have none here.

    Properties without effect do not decide which event arrives where.
    """

    modelled: frozenset[str]
    without_effect: frozenset[str] = frozenset()


def _kind(modelled: str, without_effect: str = "") -> Kind:
    return Kind(frozenset(modelled.split()), frozenset(without_effect.split()))


MODELLED: Mapping[str, Kind] = {
    "AWS::DynamoDB::Table": _kind(
        "AttributeDefinitions KeySchema StreamSpecification TableName",
        "BillingMode DeletionProtectionEnabled OnDemandThroughput PointInTimeRecoverySpecification "
        "ProvisionedThroughput SSESpecification TableClass Tags TimeToLiveSpecification",
    ),
    # Its own reader refuses what it does not know: votepipe/emulator/pipes/definition.py.
    "AWS::Pipes::Pipe": _kind(
        "Enrichment EnrichmentParameters Name RoleArn Source SourceParameters Target "
        "TargetParameters",
        "Description DesiredState KmsKeyIdentifier LogConfiguration Tags",
    ),
    "AWS::Lambda::Function": _kind(
        "Code Environment FunctionName Handler MemorySize ReservedConcurrentExecutions Role "
        "Timeout",
        "Architectures Description KmsKeyArn Layers LoggingConfig PackageType Runtime "
        "SnapStart Tags TracingConfig",
    ),
    "AWS::Lambda::EventSourceMapping": _kind(
        "BatchSize Enabled EventSourceArn FunctionName FunctionResponseTypes "
        "MaximumBatchingWindowInSeconds ScalingConfig",
        "Tags",
    ),
    "AWS::Events::EventBus": _kind(
        "Name", "DeadLetterConfig Description KmsKeyIdentifier LogConfig Tags"
    ),
    "AWS::Events::EventBusPolicy": _kind("EventBusName Statement StatementId"),
    "AWS::Events::Rule": _kind(
        "EventBusName EventPattern Name State Targets",
        "Description RoleArn Tags",
    ),
    "AWS::Events::Archive": _kind(
        "ArchiveName EventPattern RetentionDays SourceArn", "Description KmsKeyIdentifier"
    ),
    "AWS::SQS::Queue": _kind(
        "DelaySeconds MessageRetentionPeriod QueueName RedrivePolicy VisibilityTimeout",
        "KmsDataKeyReusePeriodSeconds KmsMasterKeyId ReceiveMessageWaitTimeSeconds "
        "RedriveAllowPolicy SqsManagedSseEnabled Tags",
    ),
    "AWS::SQS::QueuePolicy": _kind("PolicyDocument Queues"),
    "AWS::IAM::Role": _kind(
        "Path Policies RoleName",
        "AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary Tags",
    ),
    "AWS::IAM::Policy": _kind("PolicyDocument PolicyName Roles"),
    "AWS::Scheduler::Schedule": _kind(
        "Name ScheduleExpression ScheduleExpressionTimezone State Target",
        "Description FlexibleTimeWindow KmsKeyArn",
    ),
    "AWS::SecretsManager::Secret": _kind(
        "Name SecretString", "Description GenerateSecretString KmsKeyId Tags"
    ),
}

# They watch, keep or guard, but move no event.
INERT = frozenset(
    {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::EventSchemas::Registry",
        "AWS::EventSchemas::Schema",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::StepFunctions::StateMachine",
    }
)


def check(logical_id: str, kind: str, properties: Mapping[str, Any]) -> None:
    """Refuse a resource whose type or properties are not modelled. Raises Unmodelled."""
    if kind in INERT:
        return
    if kind not in MODELLED:
        raise Unmodelled(
            f"'{logical_id}' is of type '{kind}', which the kit does not model. "
            "See docs/testing.md for what it does."
        )
    known = MODELLED[kind].modelled | MODELLED[kind].without_effect
    if unknown := sorted(set(properties) - known):
        names = ", ".join(f"'{name}'" for name in unknown)
        raise Unmodelled(
            f"'{logical_id}' ({kind}) has {names}, which the kit does not model. "
            "See docs/testing.md for what it does."
        )
