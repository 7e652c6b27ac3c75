"""The dashboard and the traces of template.yaml: what they show is there, and off by default."""

import json
from typing import Any

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.project import Project
from votepipe.testing import Pipeline

TEMPLATE = Project.read().template
DASHBOARD = "VotesDashboard"
VOTE = {"widgetId": "docs", "voteId": "1", "voteType": "thumbsup", "answers": {}}


def widgets(stack: Resources) -> dict[str, list[list[Any]]]:
    """The metrics of each graph, by its title."""
    found = json.loads(stack.resolved(DASHBOARD)["DashboardBody"])["widgets"]
    return {each["properties"]["title"]: each["properties"]["metrics"] for each in found}


def test_a_stack_has_neither_dashboard_nor_traces_unless_it_asks() -> None:
    stack = Resources(TEMPLATE, {})

    assert not {DASHBOARD, "TracingPolicy"} & set(stack.types)
    modes = {
        each["TracingConfig"]["Mode"] for each in stack.of_type("AWS::Lambda::Function").values()
    }
    assert modes == {"PassThrough"}


def test_the_dashboard_shows_every_sink_in_each_graph_of_sinks() -> None:
    stack = Resources(TEMPLATE, {"Dashboard": "true"})
    sinks = {sink.name for sink in Project.read().sinks}

    for title, metrics in widgets(stack).items():
        labels = {metric[-1]["label"].split(" ")[0] for metric in metrics}
        assert title == "Votes" or labels - {"the"} == sinks, title


def test_the_dashboard_shows_metrics_that_functions_write_and_queues_that_are_there() -> None:
    with Pipeline(parameters={"Dashboard": "true"}, sinks=["settle", "slack"]) as pipeline:
        pipeline.answer("slack", status=500)
        pipeline.put(VOTE)
        pipeline.run_until_idle()
        models, graphs = pipeline.models, widgets(pipeline.resources)
        written = {
            (function.name, metric["Name"])
            for function in models.functions.values()
            for line in function.lines
            for group in line.get("_aws", {}).get("CloudWatchMetrics", ())
            for metric in group["Metrics"]
        }

    shown = {
        (metric[3], metric[1])
        for metrics in graphs.values()
        for metric in metrics
        if metric[0] == "votepipe"
    }
    slack = models.functions["SlackSink"].name
    assert {(slack, "Latency"), (slack, "Retried")} <= shown & written
    assert written <= shown | {(name, "LeftOut") for name, _ in written}
    queues = {
        metric[3] for metrics in graphs.values() for metric in metrics if metric[0] == "AWS/SQS"
    }
    assert queues == {queue.name for queue in models.queues.values()}


def test_with_traces_every_function_may_send_them() -> None:
    stack = Resources(TEMPLATE, {"Tracing": "Active"})
    functions = stack.of_type("AWS::Lambda::Function").values()
    policy = stack.properties["TracingPolicy"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert {each["TracingConfig"]["Mode"] for each in functions} == {"Active"}
    assert {each["Role"].rpartition("/")[2] for each in functions} == set(policy["Roles"])
    assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
