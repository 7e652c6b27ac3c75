"""votepipe/dev/local/live/change_set.py: functions rest while they change, and go on after it."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from votepipe.dev.local.live.change_set import (
    UpdateFailed,
    at_rest,
    delete_retained,
    resume,
    update,
)
from votepipe.dev.operations.deployment import Deployment


@pytest.fixture
def found(stack: Any) -> Iterator[Deployment]:
    """The running stack, read anew; its functions get messages again after the test."""
    stack.deployment.forget()
    yield stack.deployment
    resume(stack.deployment)


def state(found: Deployment) -> str:
    """Whether the function of the sink `log` gets messages."""
    uuid = found.stack.physical_id("LogSinkQueue")
    answer = found.session.client("lambda").get_event_source_mapping(UUID=uuid)
    return str(answer["State"])


def test_a_function_gets_no_message_while_it_rests(found: Deployment) -> None:
    with at_rest(found, ["LogSink", "EnrichFunction"]):
        resting = state(found)

    assert (resting, state(found)) == ("Disabled", "Enabled")


def test_what_a_run_that_was_killed_left_at_rest_goes_on(found: Deployment) -> None:
    uuid = found.stack.physical_id("LogSinkQueue")
    found.session.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)

    resume(found)

    assert state(found) == "Enabled"


QUEUE = {"Type": "AWS::SQS::Queue"}
KEPT = {**QUEUE, "DeletionPolicy": "Retain"}


def of(**resources: Any) -> dict[str, Any]:
    """A template of these resources."""
    return {"Parameters": {}, "Resources": resources}


@pytest.fixture
def small(local_aws: Any) -> Deployment:
    """A stack of two queues on the local AWS, and a bucket of the same name."""
    name = f"small-{uuid.uuid4().hex[:8]}"
    local_aws.client("s3").create_bucket(Bucket=name)
    client = local_aws.client("cloudformation")
    body = json.dumps(of(OneQueue=QUEUE, KeptQueue=KEPT))
    client.create_stack(StackName=name, TemplateBody=body)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    return Deployment(name, local_aws)


def ids(found: Deployment) -> dict[str, str]:
    """What the stack has now, by logical and physical id."""
    found.forget()
    return dict(found.stack.physical_ids)


def test_what_differs_comes_and_goes_and_the_rest_stays(small: Deployment) -> None:
    before = ids(small)

    update(small, of(OneQueue=QUEUE, OtherQueue=QUEUE), {"NotThere": "x"}, small.name)
    after = ids(small)
    delete_retained(small, {"KeptQueue": before["KeptQueue"], "GoneSecret": "none"})

    assert set(after) == {"OneQueue", "OtherQueue"}
    assert after["OneQueue"] == before["OneQueue"]
    queues = small.session.client("sqs").list_queues(QueueNamePrefix=small.name)["QueueUrls"]
    assert {each.rpartition("/")[2] for each in queues} == {
        each.rpartition("/")[2] for each in after.values()
    }


def test_the_same_template_changes_nothing(small: Deployment) -> None:
    before = small.stack.revision

    update(small, of(OneQueue=QUEUE, KeptQueue=KEPT), {}, small.name)
    small.forget()

    assert small.stack.revision == before


def test_what_the_local_aws_refuses_is_said_and_changes_nothing(small: Deployment) -> None:
    before = ids(small)

    with pytest.raises(UpdateFailed, match=r"^The local AWS refuses it: .*AWS::Nobody::Knows"):
        update(small, of(Odd={"Type": "AWS::Nobody::Knows"}), {}, small.name)

    assert ids(small) == before


def test_what_it_takes_back_is_said_with_the_resource(small: Deployment) -> None:
    before = ids(small)
    wrong = {"Value": {"Fn::GetAtt": ["OtherQueue", "Nothing"]}}
    template = {**of(**dict.fromkeys(("OneQueue", "OtherQueue"), QUEUE)), "Outputs": {"Odd": wrong}}

    with pytest.raises(
        UpdateFailed, match=rf"^The local AWS took it back: {small.name}: .*Nothing"
    ):
        update(small, template, {}, small.name)

    assert ids(small) == before
