"""votepipe/emulator/cloudformation/models.py: a template's resources as models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.testing import Pipeline, Unmodelled

pytestmark = pytest.mark.slow

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]


def changed(checkout: Checkout, change: Callable[[dict[str, Any]], None]) -> Path:
    root = checkout()
    template = json.loads((root / "template.yaml").read_text())
    change(template["Resources"])
    (root / "template.yaml").write_text(json.dumps(template))
    return root


def test_the_template_s_resources_are_there(chat: Pipeline) -> None:
    assert "ChatQueue" in chat.models.queues
    assert "VotesTable" in chat.models.tables
    assert chat.models.queues["ChatQueue"].dead_letters is chat.models.queues["ChatDeadLetters"]
    assert {mapping.function.id for mapping in chat.models.mappings} == {
        "ChatSink",
        "RecoverFunction",
    }
    assert list(chat.models.fed) == ["chat"]


def test_properties_of_a_queue_count(run: Run, checkout: Checkout) -> None:
    facts = {"DelaySeconds": 5, "VisibilityTimeout": 7, "MessageRetentionPeriod": 60}
    pipeline = run(checkout(more={"Own": {"Type": "AWS::SQS::Queue", "Properties": facts}}))
    queue = pipeline.models.queues["Own"]

    assert (queue.delay, queue.visibility, queue.retention) == (5, 7, 60)


def test_dead_letters_outside_of_the_template_are_refused(run: Run, checkout: Checkout) -> None:
    redrive = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:1:other", "maxReceiveCount": 3}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": redrive}}

    with pytest.raises(Unmodelled, match="'Own' has dead letters outside of the template"):
        run(checkout(more={"Own": queue}))


def test_a_type_that_is_not_modelled_is_refused(run: Run, checkout: Checkout) -> None:
    with pytest.raises(Unmodelled, match=r"'Own' is of type 'AWS::Kinesis::Stream'"):
        run(checkout(more={"Own": {"Type": "AWS::Kinesis::Stream"}}))


def test_a_function_that_may_not_read_its_queue_is_refused(run: Run, checkout: Checkout) -> None:
    def change(resources: dict[str, Any]) -> None:
        document = resources["ChatRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        for statement in document["Statement"]:
            if "sqs:ReceiveMessage" in statement.get("Action", ()):
                statement["Action"].remove("sqs:ReceiveMessage")

    with pytest.raises(Unmodelled, match=r"role does not allow 'sqs:ReceiveMessage'"):
        run(changed(checkout, change))


def test_a_mapping_of_something_else_than_a_queue_is_refused(run: Run, checkout: Checkout) -> None:
    def change(resources: dict[str, Any]) -> None:
        queue = resources["ChatSink"]["Properties"]["Events"]["Queue"]["Properties"]
        queue["Queue"] = "arn:aws:sqs:us-east-1:123456789012:elsewhere"

    with pytest.raises(Unmodelled, match="takes from a queue outside of the template"):
        run(changed(checkout, change))


def test_a_pattern_of_a_rule_is_checked(run: Run, checkout: Checkout) -> None:
    from votepipe.emulator.patterns import InvalidPattern

    def change(resources: dict[str, Any]) -> None:
        resources["ChatRule"]["Properties"]["EventPattern"] = {"source": "votepipe"}

    with pytest.raises(InvalidPattern):
        run(changed(checkout, change))
