"""votepipe/emulator/cloudformation/intrinsics.py: what each function gives, and what is refused."""

import pytest

from votepipe.emulator.cloudformation.intrinsics import IntrinsicError, Resolver, parameter_values

TEMPLATE = {
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Environment"}, "prod"]},
        "Loud": {"Fn::Equals": [{"Ref": "Loud"}, True]},
        "Quiet": {"Fn::Not": [{"Condition": "Loud"}]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Loud"}]},
        "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "Loud"}]},
        "Endless": {"Fn::Not": [{"Condition": "Endless"}]},
        "Text": {"Ref": "Environment"},
    },
    "Mappings": {"Sizes": {"dev": {"memory": 128}, "prod": {"memory": 512}}},
}


class Resources:
    """One queue; nothing else exists."""

    def ref(self, logical_id):
        return {"Queue": "https://queue"}[logical_id]

    def attribute(self, logical_id, name):
        return {("Queue", "Arn"): "arn:queue", ("Nested", "Outputs.Url"): "url"}[logical_id, name]


@pytest.fixture
def resolver():
    return Resolver(
        TEMPLATE,
        Resources(),
        parameters={"Environment": "prod", "Loud": "false", "Zones": ["a", "b"]},
        pseudo={"AWS::Region": "eu-west-1"},
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        (7, 7),
        ({"Ref": "Environment"}, "prod"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Queue"}, "https://queue"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:queue"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:queue"),
        ({"Fn::GetAtt": ["Nested", "Outputs.Url"]}, "url"),
        ({"Fn::Sub": "${Environment}-${Queue.Arn}-${AWS::Region}"}, "prod-arn:queue-eu-west-1"),
        ({"Fn::Sub": "${!Literal} ${Nested.Outputs.Url}"}, "${Literal} url"),
        ({"Fn::Sub": ["${A}-${Environment}", {"A": {"Ref": "AWS::Region"}}]}, "eu-west-1-prod"),
        ({"Fn::Sub": ["${A}", {"A": "\\1 ${B}"}]}, "\\1 ${B}"),
        ({"Fn::Sub": ["${A}", {"A": True}]}, "true"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Environment"}, 3]]}, "a-prod-3"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, "b"]]}, "a-b"),
        ({"Fn::Split": ["-", {"Ref": "AWS::Region"}]}, ["eu", "west", "1"]),
        ({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": [",", "x,y"]}]}, "x"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Environment"}, "memory"]}, 512),
        ({"Fn::If": ["Prod", "yes", {"Ref": "Absent"}]}, "yes"),
        ({"Fn::If": ["Loud", {"Ref": "Absent"}, "no"]}, "no"),
        ({"Fn::If": ["Loud", "yes", {"Ref": "AWS::NoValue"}]}, None),
        ({"A": {"Fn::If": ["Loud", 1, {"Ref": "AWS::NoValue"}]}, "B": 2}, {"B": 2}),
        ([1, {"Ref": "AWS::NoValue"}, {"Ref": "Environment"}], [1, "prod"]),
        ({"Deep": [{"Er": {"Ref": "Queue"}}]}, {"Deep": [{"Er": "https://queue"}]}),
        ({"Condition": "Prod"}, {"Condition": "Prod"}),
    ],
)
def test_resolves(resolver, given, expected):
    assert resolver.resolve(given) == expected


@pytest.mark.parametrize(
    ("name", "holds"),
    [("Prod", True), ("Loud", False), ("Quiet", True), ("Both", False), ("Either", True)],
)
def test_evaluates_conditions(resolver, name, holds):
    assert resolver.condition(name) is holds


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"Ref": "Absent"}, "'Absent'"),
        ({"Fn::Sub": "${Absent}"}, "'Absent'"),
        ({"Fn::GetAtt": ["Queue", "Shape"]}, "'Queue' has no attribute 'Shape'"),
        ({"Fn::Sub": "${Queue.Shape}"}, "'Queue' has no attribute 'Shape'"),
        ({"Fn::FindInMap": ["Sizes", "test", "memory"]}, "'Sizes.test.memory'"),
        ({"Fn::If": ["Absent", 1, 2]}, "condition 'Absent'"),
        ({"Fn::ImportValue": "x"}, "'Fn::ImportValue'"),
        ({"Fn::Join": ["-"]}, "'Fn::Join'"),
        ({"Fn::Join": ["-", "text"]}, "'Fn::Join'"),
        ({"Fn::Select": [9, ["a"]]}, "'Fn::Select'"),
        ({"Fn::Sub": ["${A}", {"A": ["list"]}]}, "'Fn::Sub'"),
        ("{{resolve:ssm:/name}}", "{{resolve:…}}"),
    ],
)
def test_refuses_what_it_cannot_resolve(resolver, given, names):
    with pytest.raises(IntrinsicError) as refused:
        resolver.resolve(given)

    assert names in str(refused.value)


def test_refuses_a_condition_that_refers_to_itself(resolver):
    with pytest.raises(IntrinsicError, match="'Endless' refers to itself"):
        resolver.condition("Endless")


def test_refuses_a_condition_that_is_no_truth_value(resolver):
    with pytest.raises(IntrinsicError, match="neither true nor false"):
        resolver.condition("Text")


DECLARED = {
    "Parameters": {
        "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Empty": {"Type": "CommaDelimitedList", "Default": ""},
        "Count": {"Type": "Number", "Default": 3},
        "Name": {"Type": "String"},
    }
}


def test_parameters_have_their_defaults_as_text_and_lists():
    values = parameter_values(DECLARED, {"Name": "x"})

    assert values == {"Zones": ["a", "b"], "Empty": [], "Count": "3", "Name": "x"}


def test_given_parameters_win():
    values = parameter_values(DECLARED, {"Name": "x", "Zones": "c", "Count": 9})

    assert (values["Zones"], values["Count"]) == (["c"], "9")


def test_names_every_parameter_without_a_value():
    with pytest.raises(IntrinsicError, match="needs a value for 'Name'"):
        parameter_values(DECLARED, {})


def test_names_every_unknown_parameter():
    with pytest.raises(IntrinsicError, match="has no parameter 'Nmae', 'Size'"):
        parameter_values(DECLARED, {"Size": 1, "Nmae": "x", "Name": "x"})
