"""votepipe/dev/commands/recovery.py: what failed comes back, once and in order, by command."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from votepipe.dev.commands import recovery
from votepipe.dev.recovery import received
from votepipe.dev.recovery.pipe import PipeDeadLetters
from votepipe.emulator.pipes.attempt import Interrupted
from votepipe.emulator.pipes.pipe import Ports
from votepipe.project import Project
from votepipe.testing import Pipeline

SENT = "Sent {} events to '{}', and to nobody else.\n"


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with Pipeline(sinks=["slack", "settle", "log", "digest"], fill_secrets=True) as made:
        yield made


@pytest.fixture
def redrive(
    pipeline: Pipeline, deployed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run the command on the kit's stack, and then what follows from it."""
    found = deployed(pipeline)
    monkeypatch.setattr(recovery, "deployment", lambda _: found)
    clock = SimpleNamespace(sleep=lambda seconds: pipeline.advance(seconds=seconds))
    monkeypatch.setattr(received, "time", clock)

    def redrive(*arguments: str, pace: str = "1000") -> Result:
        done = CliRunner().invoke(recovery.redrive, [*arguments, "--pace", pace])
        pipeline.run_until_idle()
        return done

    return redrive


def vote(number: int, kind: str = "thumbsup") -> dict[str, Any]:
    return {"widgetId": "w", "voteId": f"v{number}", "voteType": kind, "answers": {}}


def fail(pipeline: Pipeline, *votes: dict[str, Any], sink: str = "slack") -> None:
    """Have the receiver refuse what a sink sends of these votes."""
    pipeline.answer(sink, status=404, times=1000)
    for each in votes:
        pipeline.put(each)
        pipeline.run_until_idle()
    pipeline.heal()


def test_what_the_sink_gave_up_comes_back_once_and_the_plan_says_it_first(
    pipeline: Pipeline, redrive: Callable[..., Result]
) -> None:
    fail(pipeline, *(vote(number) for number in range(4)), vote(3, "thumbsdown"))
    failed = pipeline.dead_letters("slack")

    plan = redrive("slack", "--dry-run")
    unchanged = pipeline.dead_letters("slack")
    done = redrive("slack")
    again = redrive("slack")

    count = len(failed)
    assert count >= 5
    said = f"{count} dead letters of 'slack': {count} to send.\n"
    assert (plan.exit_code, plan.output) == (0, said)
    assert [each.body for each in unchanged] == [each.body for each in failed]
    assert (done.exit_code, done.output) == (0, said + SENT.format(count, "slack"))
    assert again.output == "'slack' has no dead letters.\n"
    assert [each.event.vote.vote_id for each in pipeline.sent("slack") if each.event] == [
        "v0", "v1", "v2", "v3",
    ]  # fmt: skip
    assert pipeline.nothing_lost()


def test_what_was_delivered_since_is_not_sent_again(
    pipeline: Pipeline, redrive: Callable[..., Result]
) -> None:
    fail(pipeline, vote(1), vote(2))
    count = len(pipeline.dead_letters("slack"))
    pipeline.put(vote(1, "thumbsdown"))
    pipeline.run_until_idle()
    stale = sum(each.vote_key.vote == "v1" for each in pipeline.dead_letters("slack"))
    sent = len(pipeline.sent("slack"))

    done = redrive("slack")

    assert 0 < stale < count
    assert done.output == (
        f"{count} dead letters of 'slack': {count - stale} to send, {stale} delivered already.\n"
        + SENT.format(count - stale, "slack")
    )
    assert {each.vote_key.vote for each in pipeline.sent("slack")[sent:]} == {"v2"}
    assert pipeline.dead_letters("slack") == []


def test_interrupted_after_each_letter_and_started_again_everything_comes_once_and_in_order(
    pipeline: Pipeline,
    redrive: Callable[..., Result],
    deployed: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # This sink keeps one record for each event, so that each shows whether it came.
    pipeline.fail("LogSink", times=1000)
    for number in range(4):
        for kind in ("thumbsup", "thumbsdown"):
            pipeline.put(vote(number, kind))
    pipeline.run_until_idle()
    pipeline.heal()
    failed = [each.vote_key.event for each in pipeline.dead_letters("log")]
    found, queued = deployed(pipeline), list[str]()

    class Sqs:
        """Ctrl-C comes at the worst moment, with a letter sent and not deleted."""

        def __getattr__(self, name: str) -> Any:
            return getattr(pipeline.client("sqs"), name)

        def send_message(self, **given: Any) -> Any:
            queued.append(json.loads(given["MessageBody"])["detail"]["eventID"])
            os.kill(os.getpid(), signal.SIGINT)
            return pipeline.client("sqs").send_message(**given)

    found.session = SimpleNamespace(
        client=lambda name: Sqs() if name == "sqs" else pipeline.client(name)
    )
    monkeypatch.setattr(recovery, "deployment", lambda _: found)

    runs = [redrive("log", pace="1") for _ in failed]

    assert len(failed) >= 8
    assert pipeline.dead_letters("log") == []
    assert sorted(queued) == sorted(failed)
    assert all("Stopped. Run it again for the rest." in each.output for each in runs)
    delivered = [line["eventId"] for line in pipeline.lines("LogSink") if line.get("outcome")]
    assert sorted(delivered) == sorted(failed)
    assert pipeline.nothing_lost()


def test_a_schedules_dead_letters_come_back_too(
    pipeline: Pipeline, redrive: Callable[..., Result]
) -> None:
    due = {"source": "aws.scheduler", "time": "2026-01-04T08:00:00Z"}
    call = {"QueueUrl": pipeline.resources.ref("DigestQueue"), "MessageBody": json.dumps(due)}
    pipeline.client("sqs").send_message(
        QueueUrl=pipeline.resources.ref("DigestDeadLetters"), MessageBody=json.dumps(call)
    )

    done = redrive("digest")

    assert done.output.endswith(SENT.format(1, "digest"))
    assert pipeline.dead_letters("digest") == []
    assert [line["type"] for line in pipeline.lines("DigestSink") if line.get("outcome")] == [
        "ScheduledEvent"
    ]


def test_what_is_old_no_event_or_of_a_sink_that_is_off_stays(
    pipeline: Pipeline, redrive: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(pipeline, vote(1))
    queue = pipeline.resources.ref("EmailDeadLetters")
    body = json.dumps(pipeline.dead_letters("slack")[0].body)
    for to, text in ((queue, body), (pipeline.resources.ref("SlackDeadLetters"), "not JSON")):
        pipeline.client("sqs").send_message(QueueUrl=to, MessageBody=text)
    count = len(pipeline.dead_letters("slack"))

    # The kit's clock stands in the past.
    monkeypatch.setattr(recovery.PipeDeadLetters, "of", lambda _, since: of_pipe(pipeline, since))
    old, off = redrive("slack", "--since", "1h"), redrive("email")
    everything = redrive("--all")

    assert old.output.splitlines()[1:] == [
        "Sent 0 events to 'slack', and to nobody else.",
        *(f"{each} stay among its dead letters: {why}." for each, why in
          [(count - 1, "older than --since"), (1, "not an event")]),
    ]  # fmt: skip
    assert (off.exit_code, off.output.splitlines()[0]) == (
        1,
        "1 dead letter of 'email': 1 to stay (its sink is off).",
    )
    assert SENT.format(count - 1, "slack") in everything.output
    assert len(pipeline.dead_letters()) == 2


def test_redrive_of_the_pipe_says_what_passed_and_what_stays(
    pipeline: Pipeline, redrive: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery.PipeDeadLetters, "of", lambda _, since: of_pipe(pipeline, since))
    pipeline.fail("EnrichFunction", times=100_000)
    for number in range(14):
        pipeline.put(vote(number))
    pipeline.advance(hours=1, minutes=10)

    refused = redrive("pipe")
    pipeline.heal()
    # The kit's clock stands in the past.
    old, plan = redrive("pipe", "--since", "1h"), redrive("pipe", "--dry-run")
    done, empty = redrive("pipe"), redrive("pipe")

    assert refused.exit_code == 1
    assert refused.output == (
        "14 dead letters of 'pipe': 14 to send.\n"
        "Sent 0 dead letters through the pipe.\n"
        "14 stay among its dead letters: The enrichment function failed.\n"
    )
    assert old.exit_code == 0
    assert "14 stay among its dead letters: older than --since.\n" in old.output
    assert plan.output == "14 dead letters of 'pipe': 14 to send.\n"
    assert done.exit_code == 0
    assert done.output == plan.output + "Sent 14 dead letters through the pipe.\n"
    assert (empty.exit_code, empty.output) == (0, "'pipe' has no dead letters.\n")


def of_pipe(pipeline: Pipeline, since: datetime | None) -> PipeDeadLetters:
    """The dead letters of the kit's pipe, which go again from within a function's task."""
    models = pipeline.models
    pipe = models.pipes["VotesPipe"].definition
    role = pipeline.resources.properties["VotesPipe"]["RoleArn"]
    enrich, queue = models.functions["EnrichFunction"], models.queues["VotesPipeDeadLetters"].url
    ports = Ports(pipe, enrich, models.put, None, models.roles.allows, role)
    sqs, streams = pipeline.client("sqs"), pipeline.client("dynamodbstreams")

    class OfKit(PipeDeadLetters):
        def send(self, pace: float, sent: Callable[[int], object] = lambda count: None) -> None:
            pipeline.simulation.tasks.run(lambda: super(OfKit, self).send(math.inf, sent))

    return OfKit(pipe, ports, sqs, queue, streams, since)


def test_an_end_in_the_middle_says_that_the_rest_waits(
    pipeline: Pipeline, redrive: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = of_pipe(pipeline, None)

    def send(*_: object) -> None:
        raise Interrupted("AWS answered 'ThrottlingException' to 'put_events'.")

    monkeypatch.setattr(letters, "send", send)
    monkeypatch.setattr(recovery.PipeDeadLetters, "of", lambda *_: letters)
    pipeline.client("sqs").send_message(
        QueueUrl=pipeline.resources.ref("VotesPipeDeadLetters"), MessageBody="{}"
    )

    done = redrive("pipe")

    assert done.exit_code == 1
    assert "to 'put_events'. Stopped. Run it again for the rest." in done.output


def test_dead_letters_of_a_sink_that_is_gone_are_named(
    pipeline: Pipeline, redrive: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(pipeline, vote(1), vote(2))
    count = len(pipeline.dead_letters("slack"))
    project = Project.read()
    without = [each for each in project.sinks if each.name != "slack"]
    left = SimpleNamespace(sinks=without, subscribers=project.subscribers)
    monkeypatch.setattr(recovery.Project, "read", lambda *_: left)
    monkeypatch.setattr(recovery.PipeDeadLetters, "of", lambda _, since: of_pipe(pipeline, since))

    done = redrive("--all")

    assert done.exit_code == 1
    assert done.output.endswith(
        f"{count} dead letters of a sink that is gone wait in votepipe-SlackDeadLetters. "
        "See docs/operations.md#sink-dead-letters for how to bring them back.\n"
    )
    assert len(pipeline.dead_letters("slack")) == count


@pytest.fixture
def faults(stack: Any) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Have the receiver fail, until the end of the test."""
    url = f"{stack.url}/api/faults"
    yield lambda fault: requests.post(url, json=fault, timeout=10).raise_for_status()
    requests.delete(url, timeout=10)


def test_on_the_local_stack_an_interrupted_redrive_brings_every_vote_once(
    stack: Any, faults: Any, eventually: Any
) -> None:
    name = f"article-{uuid.uuid4().hex[:12]}"
    instances = [f"{name}-{number}" for number in range(8)]
    letters = lambda: [  # noqa: E731
        each
        for each in requests.get(f"{stack.url}/api/dead-letters", timeout=10).json()
        if each["queue"] == stack.deployment.stack.physical_id("SlackDeadLetters").split("/")[-1]
    ]
    faults({"sink": "slack", "status": 404})
    for each in instances:
        item = vote(1) | {"voteId": str(uuid.uuid4()), "instanceOfJoy": each}
        stack.deployment.table.put_item(Item=item)
    eventually(lambda: len({each["voteId"] for each in letters()}) >= len(instances))
    requests.delete(f"{stack.url}/api/faults", timeout=10)

    def run(pace: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "votepipe.dev", "redrive", "slack", "--pace", pace],
            env={**os.environ, "VOTEPIPE_PORT": str(stack.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    first = run("1")
    before = len(letters())
    eventually(lambda: len(letters()) < before)
    first.send_signal(signal.SIGINT)
    said, _ = first.communicate(timeout=120)
    rest = len(letters())
    finished, _ = run("20").communicate(timeout=120)

    assert "Stopped. Run it again for the rest." in said
    assert 0 < rest < before
    assert re.search(r"Sent \d+ events to 'slack', and to nobody else.", finished)
    found = eventually(
        lambda: all(each in str(texts := shown(stack, name)) for each in instances) and texts
    )
    assert letters() == []
    asked = requests.post(f"{stack.url}/api/redrive", json={"sink": "slack"}, timeout=60)
    assert asked.json() == {"sent": 0, "kept": {}}
    for each in instances:
        assert len([text for text in found if each in text]) == 1


def shown(stack: Any, name: str) -> list[str]:
    """What Slack shows of these votes."""
    found = requests.get(f"{stack.url}/api/messages", timeout=10).json()
    return [
        text
        for each in found
        if each["sink"] == "slack" and name in (text := json.dumps(each["body"]))
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["slakc"], "'slakc' has no dead letters here. Did you mean 'slack'?"),
        ([], "Name one, or use --all."),
        (["slack", "--since", "soon"], "Write an age such as 90m, 2h, 3d, or a date."),
    ],
)
def test_called_wrongly(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(recovery.redrive, arguments)

    assert done.exit_code == 2
    assert said in done.output
