"""template.yaml by its parameters: what each refuses, switches and leaves to the local AWS."""

import json

import pytest

from votepipe.emulator.cloudformation.intrinsics import Resolver, parameter_values
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.project import Project
from votepipe.project.names import logical_id, switch
from votepipe.testing import Pipeline

TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"
TEMPLATE = Project.read().template


def refusals(**parameters: str) -> list[str]:
    """What CloudFormation says when the template's rules refuse these parameters."""
    resolver = Resolver(
        {"Conditions": {}}, {}, parameters=parameter_values(TEMPLATE, parameters), pseudo={}
    )
    return [
        assertion["AssertDescription"]
        for rule in TEMPLATE["Rules"].values()
        if resolver.resolve(rule.get("RuleCondition", True))
        for assertion in rule["Assertions"]
        if not resolver.resolve(assertion["Assert"])
    ]


@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({"Environment": "prod"}, True),
        ({"Environment": "prod", "AlarmEmail": "oncall@example.com"}, False),
        ({"Environment": "prod", "AlarmTopicArn": TOPIC}, False),
        ({"Environment": "dev"}, False),
        ({"Environment": "local"}, False),
    ],
)
def test_prod_is_refused_without_an_address_for_alarms(
    parameters: dict[str, str], refused: bool
) -> None:
    said = refusals(**parameters)

    assert bool(said) is refused
    assert all(
        sentence.startswith("In prod, give AlarmEmail an address or AlarmTopicArn a topic: ")
        for sentence in said
    )


def test_alarms_for_a_topic_and_an_address_are_refused_as_the_address_would_get_none() -> None:
    assert refusals(AlarmEmail="oncall@example.com", AlarmTopicArn=TOPIC) == [
        "Give AlarmEmail or AlarmTopicArn, not both: subscribe the address to your topic."
    ]


@pytest.mark.parametrize("given", ["", TOPIC])
def test_every_alarm_goes_to_the_given_topic_or_else_to_the_stack_s_own(given: str) -> None:
    stack = Resources(TEMPLATE, {"AlarmTopicArn": given})
    resolver = Resolver(
        TEMPLATE, stack, parameters=parameter_values(TEMPLATE, {"AlarmTopicArn": given}), pseudo={}
    )
    actions = [
        resolver.resolve(each["Properties"]["AlarmActions"])
        for each in TEMPLATE["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    ]

    assert actions == [[given or stack.ref("AlarmTopic")]] * len(actions)
    assert ("AlarmTopic" in stack.types) is not bool(given)


@pytest.mark.parametrize("on", [True, False])
def test_a_sink_that_is_off_gets_nothing_and_keeps_what_waits(on: bool) -> None:
    sinks = Project.read().sinks
    stack = Resources(TEMPLATE, {switch(sink.name): on for sink in sinks})

    for sink in sinks:
        name = logical_id(sink.name)
        start = stack.properties[f"{name}Timer" if sink.spec.schedule else f"{name}Rule"]
        role = json.dumps(stack.properties[f"{name}Role"])
        secrets = [field.env for field in sink.settings if field.kind == "secret"]
        variables = stack.properties[f"{name}Sink"]["Environment"]["Variables"]

        assert start["State"] == ("ENABLED" if on else "DISABLED")
        assert stack.properties[f"{name}SinkQueue"]["Enabled"] is on
        assert (f"{name}DeadLettersAlarm" in stack.types) is on
        assert {f"{name}Queue", f"{name}DeadLetters"} <= set(stack.types)
        for there in (f"{name}Secret" in stack.types, "secretsmanager" in role):
            assert there is (on and bool(secrets))
        assert set(secrets) & set(variables) == (set(secrets) if on else set())


def test_what_needs_no_setting_up_is_on_and_slack(others_off: dict[str, str]) -> None:
    stack = Resources(TEMPLATE, others_off)
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping")

    on = {name for name, each in mappings.items() if each.get("Enabled", True)}

    assert on == {"RecoverFunctionPointers", "LogSinkQueue", "SettleSinkQueue", "SlackSinkQueue"}


def test_the_local_stack_gets_no_alarm_that_computes() -> None:
    local = Resources(
        TEMPLATE,
        {"Environment": "local"}
        | dict.fromkeys((switch(sink.name) for sink in Project.read().sinks), "true"),
    )

    alarms = [name for name, kind in local.types.items() if kind == "AWS::CloudWatch::Alarm"]

    assert alarms
    assert not [name for name in alarms if "Metrics" in local.resolved(name)]


@pytest.mark.parametrize(("given", "cap"), [("0", None), ("40", 40)])
def test_concurrency_and_memory_of_a_sink_are_parameters(given: str, cap: int | None) -> None:
    parameters = {"SlackConcurrency": given, "SlackMemory": "512", "PipeParallelization": "10"}
    with Pipeline(sinks=["slack"], parameters=parameters) as pipeline:
        found = pipeline.resources.properties
    scaling = found["SlackSinkQueue"].get("ScalingConfig")

    assert (scaling and int(scaling["MaximumConcurrency"])) == cap
    assert int(found["SlackSink"]["MemorySize"]) == 512
    stream = found["VotesPipe"]["SourceParameters"]["DynamoDBStreamParameters"]
    assert int(stream["ParallelizationFactor"]) == 10
