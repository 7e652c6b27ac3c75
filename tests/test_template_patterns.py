"""template.yaml: what passes the pipe's filter and the rules, and what functions find set."""

import json
from typing import Any

import pytest

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.patterns import compile as compile_pattern
from votepipe.project import Project, checkout
from votepipe.project.sync import SinkResources, resources
from votepipe.project.template import read, translated

ROOT = checkout()
TEMPLATE = read(ROOT)
RESOURCES: dict[str, Any] = translated(TEMPLATE)["Resources"]
RULES = Resources(translated(TEMPLATE), {}).of_type("AWS::Events::Rule")
SINKS = resources()
STREAM = sorted(ROOT.glob("events/stream/*.json"))
BUS = sorted(ROOT.glob("events/bus/*.json"))
# A deletion by time to live is nothing that a reader did.
FILTERED_OUT = {"expired"}
# What votepipe.delivery reads in every sink's function.
EVERY_SINK = {"VOTEPIPE_SINK", "QUEUE_URL", "DEAD_LETTERS_URL", "DELIVERIES_TABLE", "MAX_ATTEMPTS"}


def named(value: Any) -> Any:
    """A sink by its name."""
    return getattr(value, "name", None)


def variables(function: str) -> dict[str, Any]:
    """The environment of a function as the template has it."""
    properties = RESOURCES[function]["Properties"]
    found: dict[str, Any] = properties.get("Environment", {}).get("Variables", {})
    return found


def gets_what_it_asked_for(sink: SinkResources, event: dict[str, Any]) -> bool:
    """Whether a sink's rule passes this event exactly when its options say so, and no other's."""
    rule = compile_pattern(RULES[f"{sink.id}Rule"]["EventPattern"])
    spec = sink.plugin.spec
    wanted = event["detail-type"] in spec.events and (
        spec.where is None or compile_pattern({"detail": spec.where}).matches(event)
    )
    return rule.matches(event) is wanted and not rule.matches(event | {"source": "somebody.else"})


def test_the_pipe_lets_writes_of_readers_through() -> None:
    stream = RESOURCES["VotesPipe"]["Properties"]["SourceParameters"]
    filters = [
        compile_pattern(each["Pattern"], for_pipe=True)
        for each in stream["FilterCriteria"]["Filters"]
    ]

    stopped = {
        path.stem
        for path in STREAM
        for record in json.loads(path.read_text())
        if not any(each.matches(record) for each in filters)
    }

    assert stopped == FILTERED_OUT


@pytest.mark.parametrize("key", ["widgetId", "voteId"])
def test_the_pipe_drops_records_of_other_tables(key: str) -> None:
    (filters,) = RESOURCES["VotesPipe"]["Properties"]["SourceParameters"]["FilterCriteria"].values()
    (record,) = json.loads((ROOT / "events" / "stream" / "first-write.json").read_text())
    del record["dynamodb"]["Keys"][key]

    assert not any(
        compile_pattern(each["Pattern"], for_pipe=True).matches(record) for each in filters
    )


def test_a_sink_gets_the_events_that_it_asked_for() -> None:
    wrong = [
        f"{sink.name}: {path.name}"
        for sink in SINKS
        if sink.plugin.spec.events
        for path in BUS
        if not gets_what_it_asked_for(sink, json.loads(path.read_text()))
    ]

    assert not wrong, f"The rules of these sinks pass or stop these events wrongly: {wrong}"


@pytest.mark.parametrize("sink", SINKS, ids=named)
def test_a_sinks_function_finds_all_that_it_reads(sink: SinkResources) -> None:
    found = variables(f"{sink.id}Sink")

    settings = {field.env for field in sink.plugin.settings}
    assert set(found) >= EVERY_SINK | settings
    assert found["VOTEPIPE_SINK"] == sink.name
    assert RESOURCES[f"{sink.id}Sink"]["Properties"]["Handler"] == f"sinks.{sink.name}.handler"
    for field in sink.parameters:
        assert found[field.env] == {"Ref": field.parameter}


def test_the_enrichment_finds_all_that_enrichers_read() -> None:
    found = variables("EnrichFunction")

    for plugin in Project.read(ROOT).enrichers:
        for field in plugin.settings:
            assert found[field.env] == {"Ref": field.parameter}


def test_nothing_is_deployed_for_a_sink_that_is_not_there() -> None:
    handlers = {
        resource["Properties"]["Handler"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::Function"
    }

    assert {name for name in handlers if name.startswith("sinks.")} == {
        f"sinks.{plugin.name}.handler" for plugin in Project.read(ROOT).sinks
    }


def test_every_parameter_says_what_it_is_and_has_a_default() -> None:
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter.get("Description"), f"Describe parameter '{name}' in template.yaml."
        assert "Default" in parameter, f"Give '{name}' a default: 'sam deploy' asks nobody."


def test_every_parameter_is_used() -> None:
    text = json.dumps({key: value for key, value in TEMPLATE.items() if key != "Parameters"})

    unused = [name for name in TEMPLATE["Parameters"] if f'"{name}"' not in text]

    assert not [name for name in unused if f"${{{name}}}" not in text], unused
