"""Every alarm of template.yaml goes on in a test that causes it, and has its section."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from votepipe.emulator.cloudformation.alarms import computed
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.project import Project, checkout, sync
from votepipe.project.names import logical_id
from votepipe.testing import Pipeline

TEMPLATE = Project.read().template
ON = {name: "true" for name in TEMPLATE["Parameters"] if name.endswith("Enabled")}
STACK = Resources(TEMPLATE, ON)
ALARMS = {
    name: STACK.resolved(name)
    for name, kind in STACK.types.items()
    if kind == "AWS::CloudWatch::Alarm"
}
PAGE = (checkout() / "docs" / "operations.md").read_text()
VOTE = {"widgetId": "docs", "voteType": "thumbsup", "answers": {}}
STOPPED = "VotesPipeStoppedAlarm"


def cast(pipeline: Pipeline, number: object, **more: Any) -> None:
    pipeline.put(VOTE | {"voteId": str(number)} | more)


def often(pipeline: Pipeline, step: Callable[[], None]) -> None:
    """Do it now and every five minutes, for a quarter of an hour."""
    for number in range(3):
        step()
        cast(pipeline, number)
        pipeline.advance(minutes=5)


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with Pipeline(sinks=["log"]) as made:
        yield made


def test_no_alarm_is_on_while_votes_arrive(pipeline: Pipeline) -> None:
    often(pipeline, lambda: None)

    assert pipeline.alarms() == {}


def test_once_is_no_alarm(pipeline: Pipeline) -> None:
    pipeline.fail("EnrichFunction")
    pipeline.fail("LogSink")

    often(pipeline, lambda: None)

    assert pipeline.alarms() == {}


# What goes wrong for a quarter of an hour, and the number that the mail shows.
STUCK: dict[str, tuple[Callable[[Pipeline], None], dict[str, float]]] = {
    "the bus refuses": (
        lambda pipeline: pipeline.put_events_fails(times=1000),
        {"VotesPipeStuckAlarm": 1},
    ),
    "the enrichment fails": (
        lambda pipeline: pipeline.fail("EnrichFunction", times=1000),
        {"VotesPipeStuckAlarm": 1001},
    ),
    "the enrichment is throttled": (
        lambda pipeline: pipeline.throttle("EnrichFunction", times=1000),
        {"VotesPipeStuckAlarm": 10010},
    ),
    "a sink's function fails": (
        lambda pipeline: pipeline.fail("LogSink", times=1000),
        {"LogStuckAlarm": 10},
    ),
    "a sink's function is throttled": (
        lambda pipeline: pipeline.throttle("LogSink", times=1000),
        {"LogStuckAlarm": 100},
    ),
}


@pytest.mark.parametrize("why", STUCK)
def test_what_fails_for_a_quarter_of_an_hour_is_an_alarm(pipeline: Pipeline, why: str) -> None:
    cause, expected = STUCK[why]

    often(pipeline, lambda: cause(pipeline))

    assert pipeline.alarms() == expected
    pipeline.heal()
    pipeline.advance(hours=3)
    assert pipeline.alarms() == {}


def test_messages_that_wait_for_too_long_are_an_alarm() -> None:
    long = {"QuietPeriodSeconds": "3600", "MaximumWaitSeconds": "7200"}
    with Pipeline(sinks=["settle"], parameters=long | {"LateAfterSeconds": "1800"}) as pipeline:
        cast(pipeline, 1)
        pipeline.advance(minutes=25)
        assert pipeline.alarms() == {}
        pipeline.advance(minutes=25)

        assert pipeline.alarms() == {"SettleStuckAlarm": 1}


def test_dead_letters_are_an_alarm_until_they_are_gone() -> None:
    with Pipeline(sinks=["settle", "slack"]) as pipeline:
        pipeline.answer("slack", status=404)
        cast(pipeline, 1)
        pipeline.run_until_idle()
        assert set(pipeline.alarms()) == {"SlackDeadLettersAlarm"}

        pipeline.redrive("slack")
        pipeline.run_until_idle()

        assert pipeline.alarms() == {}


def test_rejected_votes_are_an_alarm_from_a_tenth_on(pipeline: Pipeline) -> None:
    for number in range(30):
        cast(pipeline, number, voteType="thumbsup" if number > 2 else "sideways")
    pipeline.advance(minutes=1)
    assert pipeline.alarms() == {}

    cast(pipeline, "one more", voteType="sideways")
    pipeline.advance(minutes=1)

    assert pipeline.alarms() == {"VotesRejectedAlarm": pytest.approx(100 * 4 / 31)}


def test_pointers_that_nothing_reads_are_an_alarm_and_then_dead_letters(pipeline: Pipeline) -> None:
    pipeline.put_events_fails(times=1000)
    pipeline.fail("RecoverFunction", times=1000)
    cast(pipeline, 1)
    pipeline.advance(minutes=75)

    assert pipeline.alarms()["VotesPipeStuckAlarm"] >= 100_000
    pipeline.advance(hours=3)
    assert set(pipeline.alarms()) == {"VotesPipeDeadLettersAlarm"}


def test_a_pipe_that_stands_still_is_an_alarm_and_goes_on_where_it_was(pipeline: Pipeline) -> None:
    cast(pipeline, "before")
    pipeline.advance(minutes=1)
    pipeline.stop("VotesPipe")
    often(pipeline, lambda: None)

    assert pipeline.alarms() == {STOPPED: 1}
    before = len(pipeline.events())
    pipeline.heal()
    pipeline.advance(minutes=1)
    assert (before, len(pipeline.events())) == (1, 4)
    pipeline.advance(minutes=15)
    assert pipeline.alarms() == {}


def test_a_pipe_that_a_deployment_stops_for_minutes_is_no_alarm(pipeline: Pipeline) -> None:
    pipeline.stop("VotesPipe")
    pipeline.advance(minutes=9)
    pipeline.heal()
    pipeline.advance(minutes=6)

    assert pipeline.alarms() == {}


@pytest.mark.parametrize(
    "state", get_session().get_service_model("pipes").shape_for("PipeState").enum
)
def test_the_check_fails_in_every_state_of_a_pipe_but_running(state: str) -> None:
    (name,) = [each for each, kind in STACK.types.items() if "StateMachine" in kind]
    machine = STACK.resolved(name)
    states = json.loads(machine["DefinitionString"])["States"]
    (choice,) = states["Compare"]["Choices"]
    alarm = ALARMS[STOPPED]

    assert states["Look"]["Parameters"] == {"Name": STACK.name("VotesPipe")}
    assert states["Look"]["Next"] == "Compare"
    assert choice["Variable"] == "$.CurrentState"
    after = choice["Next"] if state == choice["StringEquals"] else states["Compare"]["Default"]
    assert states[after]["Type"] == ("Succeed" if state == "RUNNING" else "Fail")
    assert (alarm["MetricName"], alarm["Dimensions"][0]["Value"]) == (
        "ExecutionsFailed",
        STACK.ref(name),
    )


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("VotesPipeStuckAlarm", "Pipe stuck"),
        ("SlackStuckAlarm", "Sink stuck"),
    ],
)
def test_each_cause_has_a_digit_of_its_own_which_the_page_explains(name: str, section: str) -> None:
    # What the kit cannot cause, as an attempt of the pipe that takes five minutes, included.
    stuck, *metrics = ALARMS[name]["Metrics"]
    ids = [each["Id"] for each in metrics]

    numbers = [
        computed(stuck["Expression"], dict.fromkeys(ids) | {cause: 100_000.0}) for cause in ids
    ]

    table = PAGE.partition(f"### {section}\n")[2].partition("\n### ")[0]
    assert numbers == [10**place for place in range(len(ids))]
    assert numbers == [int(each) for each in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]


def test_every_kind_of_alarm_is_caused_above() -> None:
    sinks = "|".join(logical_id(sink.name) for sink in Project.read().sinks)
    kinds = {re.sub(f"^({sinks})", "", each) for each in ALARMS}

    assert kinds == {
        "DeadLettersAlarm",
        "StuckAlarm",
        "VotesPipeDeadLettersAlarm",
        STOPPED,
        "VotesPipeStuckAlarm",
        "VotesRejectedAlarm",
    }


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    template = Path(sync.__file__).parent / "templates" / "subscribers.yaml.j2"
    descriptions = [alarm["AlarmDescription"] for alarm in ALARMS.values()]
    descriptions += re.findall("AlarmDescription: (.*)", template.read_text())

    named = [re.search(r"\. See docs/operations\.md#([a-z-]+)$", each) for each in descriptions]

    headings = re.findall("^### (.+)$", PAGE, re.MULTILINE)
    assert {each and each[1] for each in named} == {
        heading.lower().replace(" ", "-") for heading in headings
    }


def test_alarms_with_the_sinks_of_a_new_stack_cost_little(others_off: dict[str, str]) -> None:
    new = Resources(TEMPLATE, others_off)
    alarms = [
        new.resolved(name) for name, kind in new.types.items() if kind == "AWS::CloudWatch::Alarm"
    ]
    metrics = [
        sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1 for alarm in alarms
    ]

    assert len(alarms) <= 10
    assert max(metrics) <= 10  # AWS takes no more
    assert f"look at {sum(metrics)} metrics: {sum(metrics) / 10:.2f} USD a month" in PAGE
