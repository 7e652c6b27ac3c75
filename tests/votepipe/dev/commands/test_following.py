"""votepipe/dev/commands/following.py: a vote's hops, live and afterwards, here and by the logs."""

import json
import os
import signal
import subprocess
import sys
import uuid
from typing import Any

import pytest
from click.testing import CliRunner

from votepipe.dev.commands import following
from votepipe.dev.commands.following import logs, tail, trace
from votepipe.dev.operations.casting import cast

HOP = {"at": "2026-01-04T10:00:03.000Z", "stage": "sink", "state": "passed", "text": "slack: done"}


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, Any]]]:
    """What the source of hops gives, one look after another; then comes Ctrl-C."""
    looks: list[list[dict[str, Any]]] = []

    def read(_: Any) -> Any:
        if not looks:
            raise KeyboardInterrupt
        return looks.pop(0)

    monkeypatch.setattr(following, "PAUSE", 0)
    monkeypatch.setattr(following.Journal, "read", read)
    found = type("Deployment", (), {"console": "http://127.0.0.1:8600"})
    monkeypatch.setattr(following, "deployment", lambda _: found)
    return looks


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], ["v1", "v2", "v1"]),
        (["--vote", "v1"], ["v1", "v1"]),
        (["--sink", "slack"], ["v1", "v1"]),
        (["--outcome", "failed"], ["v1"]),
    ],
)
def test_tail_shows_what_is_new_and_wanted(
    hops: list[Any], options: list[str], shown: list[str]
) -> None:
    slack, log = {"facts": {"sink": "slack"}}, {"facts": {"sink": "log"}}
    hops += [
        [{**HOP, "voteId": "old"}],
        [{**HOP, "voteId": "v1", **slack}, {**HOP, "voteId": "v2", **log}],
        [{**HOP, "voteId": "v1", **slack, "state": "failed"}],
    ]

    result = CliRunner().invoke(tail, options)

    assert result.exit_code == 0
    _, *lines = result.output.splitlines()  # the first says that it waits
    assert [line.split()[1] for line in lines] == shown
    assert lines[0].startswith("10:00:03.000  v1        sink         ")


@pytest.mark.parametrize("command", [[tail, "--vote", "v1"], [trace, "v1"]])
def test_hops_for_programs_are_a_line_of_json_each(hops: list[Any], command: list[Any]) -> None:
    hop = {**HOP, "voteId": "v1"}
    hops += [[], [hop]] if command[0] is tail else [[hop]]

    result = CliRunner().invoke(command[0], [*command[1:], "--output", "json"])

    assert json.loads(result.output.splitlines()[-1]) == hop


def test_logs_of_a_sink_that_is_not_there() -> None:
    result = CliRunner().invoke(logs, ["slakc"])

    assert result.exit_code == 2
    assert "No sink named 'slakc'. Did you mean 'slack'?" in result.output


def test_a_sinks_logs_on_the_local_stack(stack: Any, eventually: Any) -> None:
    vote = cast(stack.deployment.table, vote_type="thumbsup")["voteId"]
    asked = ["log", "--port", str(stack.port)]

    eventually(lambda: vote in CliRunner().invoke(logs, asked).output)


def test_nothing_is_known_of_a_vote(hops: list[Any]) -> None:
    hops.append([{**HOP, "voteId": "other"}])

    result = CliRunner().invoke(trace, ["v1"])

    assert result.exit_code == 1
    assert "Nothing is known of 'v1'." in result.output


def test_on_the_local_stack_a_vote_shows_live_and_afterwards_by_console_and_by_logs(
    stack: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote = str(uuid.uuid4())
    live = subprocess.Popen(
        [sys.executable, "-u", "-m", "votepipe.dev", "tail", "--vote", vote, "--sink", "slack"],
        env={**os.environ, "VOTEPIPE_PORT": str(stack.port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert live.stderr
    assert live.stderr.readline().startswith("Waiting for votes.")
    item = {"widgetId": "w", "voteId": vote, "voteType": "thumbsup", "answers": {}}
    stack.deployment.table.put_item(Item=item)
    assert live.stdout
    line = live.stdout.readline()
    live.send_signal(signal.SIGINT)
    live.communicate(timeout=60)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.status["endpoint"])

    here = CliRunner().invoke(trace, [vote], env={"VOTEPIPE_PORT": str(stack.port)}).output
    there = eventually(
        lambda: (
            "slack: delivered"
            in (said := CliRunner().invoke(trace, [vote, "--stack", stack.deployment.name]).output)
            and said
        )
    )

    assert vote[:8] in line
    assert live.returncode == 0
    stages = [each.split()[4] for each in here.splitlines()]
    assert stages[0] in ("write", "filter")
    assert {"filter", "enrichment", "bus", "sink"} <= set(stages)
    assert here.startswith("   +0.000 s  ")
    assert all(vote[:8] in each for each in there.splitlines())
