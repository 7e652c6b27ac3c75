"""A change set on the local AWS: what differs is created, changed or deleted, all else stays."""

import contextlib
import itertools
import json
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from votepipe.dev.local.live.code import upload
from votepipe.dev.operations.deployment import Deployment
from votepipe.model.errors import VotepipeError

_BEGINS = 0.3  # seconds; asking a function whether it is busy must not keep a batch out
_POLL = {"Delay": 0.1, "MaxAttempts": 600}


class UpdateFailed(VotepipeError):
    """The local AWS did not take a change; the text says why."""


def update(
    found: Deployment, template: Mapping[str, Any], values: Mapping[str, str], bucket: str
) -> None:
    """Bring a stack to a template, with these values for the parameters that it has.

    A parameter without a value has the template's default. Raises UpdateFailed.
    """
    client: Any = found.session.client("cloudformation")
    while found.stack.revision is None:  # another change is going on
        time.sleep(0.1)
        found.forget()
    # CloudFormation takes a template of this size by its address alone.
    key = upload(found, bucket, json.dumps(template, default=str).encode())
    parameters = [
        {"ParameterKey": name, "ParameterValue": value}
        for name, value in values.items()
        if name in template["Parameters"]
    ]
    try:
        made = client.create_change_set(
            StackName=found.name,
            ChangeSetName=f"live-{time.time_ns()}",
            TemplateURL=f"{found.session.client('s3').meta.endpoint_url}/{bucket}/{key}",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=parameters,
        )["Id"]
        _wait(client, "change_set_create_complete", ChangeSetName=made)
        client.execute_change_set(ChangeSetName=made)
    except ClientError as error:
        text = error.response["Error"]["Message"]
        raise UpdateFailed(f"The local AWS refuses it: {text}") from error
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", error))
        client.delete_change_set(ChangeSetName=made)
        if "didn't contain changes" in reason or "No updates" in reason:
            return
        raise UpdateFailed(f"The local AWS refuses it: {reason}") from error
    try:
        _wait(client, "stack_update_complete", StackName=found.name)
    except WaiterError as error:
        reason = _reason(client, found.name)
        raise UpdateFailed(f"The local AWS took it back: {reason}") from error


def _wait(client: Any, name: str, **asked: str) -> None:
    client.get_waiter(name).wait(**asked, WaiterConfig=_POLL)


def _reason(client: Any, stack: str) -> str:
    """Why the last update failed: the first resource that did; the newest event is first."""
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    began = (stack, "UPDATE_IN_PROGRESS")
    of_update = itertools.takewhile(
        lambda each: (each["LogicalResourceId"], each["ResourceStatus"]) != began, events
    )
    failed = [each for each in of_update if each["ResourceStatus"].endswith("_FAILED")]
    first = failed[-1] if failed else events[0]
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason', 'no reason given')}"


def delete_retained(found: Deployment, removed: Mapping[str, str]) -> None:
    """Delete what CloudFormation kept of resources, by logical and physical id: queues, secrets."""
    sqs: Any = found.session.client("sqs")
    secrets: Any = found.session.client("secretsmanager")
    for logical_id, physical_id in removed.items():
        if logical_id.endswith(("Queue", "DeadLetters")):
            with contextlib.suppress(sqs.exceptions.QueueDoesNotExist):
                sqs.delete_queue(QueueUrl=physical_id)
        elif logical_id.endswith("Secret"):
            with contextlib.suppress(secrets.exceptions.ResourceNotFoundException):
                secrets.delete_secret(SecretId=physical_id, ForceDeleteWithoutRecovery=True)


@contextlib.contextmanager
def at_rest(found: Deployment, functions: Collection[str]) -> Iterator[None]:
    """Hand sinks' functions, by logical id, no messages in the block, once they finished theirs.

    The local AWS kills a function with its code; what that had would come again minutes later.
    """
    client: Any = found.session.client("lambda")
    names = {
        found.stack.physical_id(each): found.stack.resolved(each)["Timeout"]
        for each in functions
        if each in found.stack.physical_ids and each.endswith("Sink")
    }
    mappings = [
        each["UUID"]
        for name in names
        for each in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        if each["State"] == "Enabled"
    ]
    try:
        for uuid in mappings:
            client.update_event_source_mapping(UUID=uuid, Enabled=False)
        if mappings:  # a batch that was just received begins
            time.sleep(_BEGINS)
        deadline = time.monotonic() + max(names.values(), default=0)
        while time.monotonic() < deadline and any(_is_busy(client, name) for name in names):
            time.sleep(0.05)
        yield
    finally:
        for uuid in mappings:
            client.update_event_source_mapping(UUID=uuid, Enabled=True)


def resume(found: Deployment) -> None:
    """Hand messages to the functions again that a run which was killed left at rest."""
    client: Any = found.session.client("lambda")
    for name in found.stack.of_type("AWS::Lambda::EventSourceMapping"):
        if found.stack.resolved(name).get("Enabled", True):
            client.update_event_source_mapping(UUID=found.stack.physical_id(name), Enabled=True)


def _is_busy(client: Any, function: str) -> bool:
    """Whether a function, of which one runs at a time, would not take an empty batch now."""
    try:
        client.invoke(FunctionName=function, Payload=b'{"Records": []}')
    except client.exceptions.TooManyRequestsException:
        return True
    return False
