"""votepipe/emulator/functions/function.py: calls of a function, and what its code sees."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.functions.function import FunctionError, Throttled
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.testing import Pipeline

Run = Callable[..., Pipeline]

PROBE = '''"""Show what a function sees."""

import os
import socket
import time
import uuid

import boto3

from votepipe import Event, sink

SEEN = []


@sink(events=["VoteSettled"])
def handler(event: Event) -> None:
    """Do nothing."""


def probe(event, context):
    from sinks import probe as itself

    SEEN.append(1)
    event["seen"] = len(SEEN)
    return {
        "event": event,
        "environment": dict(os.environ),
        "time": time.time(),
        "left": context.get_remaining_time_in_millis(),
        "name": context.function_name,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "uuid": str(uuid.uuid4()),
        "itself": itself.SEEN is SEEN,
        "region": boto3.client("sqs").meta.region_name,
    }


def raising(event, context):
    raise ValueError("broken")


def sleeping(event, context):
    print("left", context.get_remaining_time_in_millis())
    time.sleep(event)
    print("left", context.get_remaining_time_in_millis())
    return time.monotonic()


def wide(event, context):
    try:
        socket.create_connection(("example.com", 443))
    except Exception:
        return "swallowed"


def unjson(event, context):
    return object()
'''


@pytest.fixture(scope="module")
def root(checkout: Callable[..., Path]) -> Path:
    def function(name: str, **facts: Any) -> dict[str, Any]:
        return {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Handler": f"sinks.probe.{name}",
                "Timeout": 10,
                "Role": {"Fn::GetAtt": ["ProbeRole", "Arn"]},
                **facts,
            },
        }

    names = ("raising", "sleeping", "wide", "unjson", "missing")
    return checkout(
        {"probe": PROBE},
        more={
            **{name.capitalize(): function(name) for name in names},
            "Shown": function("probe", Environment={"Variables": {"COLOUR": "red"}}),
            "Busy": function("sleeping", ReservedConcurrentExecutions=1),
        },
    )


@pytest.fixture
def it(run: Run, root: Path) -> Pipeline:
    return run(root)


def test_a_function_sees_its_own_environment_alone(
    it: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "secret")
    seen = it.invoke("Shown", {})["environment"]

    assert seen["COLOUR"] == "red"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "votepipe-Shown"
    assert "MINE" not in seen
    assert os.environ["MINE"] == "secret"


def test_a_function_sees_virtual_time(it: Pipeline) -> None:
    it.advance(hours=5)

    assert it.invoke("Shown", {})["time"] == it.now.timestamp()


def test_a_function_gets_a_context(it: Pipeline) -> None:
    seen = it.invoke("Shown", {})

    assert seen["left"] == 10_000
    assert seen["memory"] == "256"
    assert seen["arn"].endswith(f":function:{seen['name']}")


def test_a_function_gets_a_copy_of_its_event(it: Pipeline) -> None:
    event: dict[str, Any] = {"a": [1]}
    it.invoke("Shown", event)

    assert event == {"a": [1]}


def test_a_warm_process_keeps_its_globals_and_a_new_pipeline_does_not(
    it: Pipeline, run: Run, root: Path
) -> None:
    counts = [it.invoke("Shown", {})["event"]["seen"] for _ in range(2)]
    other = run(root).invoke("Shown", {})["event"]["seen"]

    assert (counts, other) == ([1, 2], 1)


def test_a_function_imports_its_checkout_s_modules_and_leaves_none_behind(it: Pipeline) -> None:
    before = {name for name in sys.modules if name.startswith("sinks")}

    assert it.invoke("Shown", {})["itself"]
    assert {name for name in sys.modules if name.startswith("sinks")} == before


def test_random_ids_come_from_the_seed(run: Run, root: Path) -> None:
    first, second, other = (run(root, seed=seed).invoke("Shown", {})["uuid"] for seed in (1, 1, 2))

    assert first == second != other


def test_clients_of_a_function_are_in_the_stack_s_region(it: Pipeline) -> None:
    assert it.invoke("Shown", {})["region"] == "us-east-1"


def test_an_exception_is_the_function_s_failure(it: Pipeline) -> None:
    with pytest.raises(FunctionError, match="ValueError: broken"):
        it.invoke("Raising", {})


def test_an_answer_that_is_no_json_is_a_failure(it: Pipeline) -> None:
    with pytest.raises(FunctionError, match="TypeError"):
        it.invoke("Unjson", {})


def test_sleeping_passes_virtual_time(it: Pipeline) -> None:
    started = it.now.timestamp()

    assert it.invoke("Sleeping", 3) == started + 3
    assert it.lines("Sleeping") == [{"message": "left 10000"}, {"message": "left 7000"}]


def test_a_function_that_takes_too_long_is_ended_at_its_time_out(it: Pipeline) -> None:
    started = it.now.timestamp()

    with pytest.raises(FunctionError, match=r"Task timed out after 10\.00 seconds"):
        it.invoke("Sleeping", 11)
    assert it.now.timestamp() == started + 10


def test_the_process_is_lost_with_the_time_out(it: Pipeline) -> None:
    with pytest.raises(FunctionError):
        it.invoke("Sleeping", 11)

    assert it.models.functions["Sleeping"]._warm == []


def test_reserved_concurrency_throttles(it: Pipeline) -> None:
    busy = it.models.functions["Busy"]
    it.simulation.tasks.run(lambda: busy.invoke(5))

    with pytest.raises(Throttled, match="'Busy' was throttled"):
        it.invoke("Busy", 1)


def test_a_way_out_of_this_machine_is_refused_even_where_the_error_is_swallowed(
    it: Pipeline,
) -> None:
    with pytest.raises(Unmodelled, match=r"'Wide' wants to reach 'example.com'"):
        it.invoke("Wide", {})


def test_a_missing_handler_is_refused(it: Pipeline) -> None:
    with pytest.raises(Unmodelled, match=r"handler 'sinks.probe.missing' cannot be imported"):
        it.invoke("Missing", {})
