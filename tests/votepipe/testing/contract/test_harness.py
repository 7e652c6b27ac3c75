"""votepipe/testing/contract/harness.py: all that a sink does is seen, and nothing stays behind."""

import logging
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from votepipe.project import zips
from votepipe.testing.contract import cases, samples
from votepipe.testing.contract.harness import Harness, Seen, load

EVENT = samples.usual("VoteCast")
BARE = '''"""Do nothing."""
{imports}
from votepipe import sink

@sink(events=["VoteCast"])
def handler(event):
    pass
'''
COUNTS = '''"""Keep how many there were."""
import os
from votepipe import aws, sink
from votepipe.plugins import Resources
POLICY = {"Effect": "Allow", "Action": "dynamodb:*",
          "Resource": {"Fn::GetAtt": ["TallyTable", "Arn"]}}

@sink(events=["VoteCast"],
      resources=Resources(environment={"PLACE": {"Ref": "TallyTable"}}, policies=[POLICY]))
def handler(event):
    item = {"tally": {"S": "n"}, "item": {"S": event.vote.vote_id}}
    aws.client("dynamodb").put_item(TableName=os.environ["PLACE"], Item=item)
'''
REPORTS = '''"""Report how many there are."""
import os
from dataclasses import dataclass
from votepipe import Secret, Skip, aws, setting, sink
from votepipe.http import post
from votepipe.plugins import Resources
POLICY = {"Effect": "Allow", "Action": "dynamodb:*",
          "Resource": {"Fn::GetAtt": ["TallyTable", "Arn"]}}

@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Where to")

@sink(schedule="rate(1 day)", settings=Settings,
      resources=Resources(environment={"PLACE": {"Ref": "TallyTable"}}, policies=[POLICY]))
def handler(moment, settings):
    found = aws.client("dynamodb").scan(TableName=os.environ["PLACE"])["Count"]
    if not found:
        raise Skip("None.")
    post(settings.url.reveal(), json={"text": f"{found}"})
'''


def deliver(path: Path) -> Seen:
    with Harness(load(path)) as harness:
        return harness.deliver(EVENT)


def test_everything_is_as_before_afterwards(chat: Any) -> None:
    def now() -> list[Any]:
        patched = [socket.socket.connect, socket.getaddrinfo, BaseClient._make_api_call]
        logs = [logging.root.level, list(logging.root.handlers)]
        return [dict(os.environ), "sinks" in sys.modules, list(sys.path), *patched, *logs]

    before = now()

    assert deliver(chat("post(url)")).outcome == "delivered"
    assert now() == before


def test_what_was_sent_printed_and_logged_is_seen(chat: Any) -> None:
    seen = deliver(
        chat("post(url, data=b'hello')\nprint('said')\nlogging.getLogger('x').info('noted')")
    )

    assert [request.content for request in seen.requests] == [b"hello"]
    assert '"said"' in seen.output
    assert "noted" in seen.output


def test_the_wait_and_the_reason_are_seen(chat: Any) -> None:
    seen = deliver(chat("raise TryLater('Not now.', after=90)"))

    assert (seen.outcome, seen.wait, seen.why) == ("later", 90, "Not now.")
    assert seen.words == "put back for 90 s"


def test_the_reason_at_the_dead_letter_is_among_the_output(chat: Any) -> None:
    assert deliver(chat("raise Undeliverable('Never.')")).output.splitlines()[-1] == "Never."


def test_a_function_that_fails_is_seen(chat: Any) -> None:
    seen = deliver(chat("import time; time.sleep(1000)"))

    assert (seen.outcome, seen.why) == ("the function failed", "Task timed out after 60.00 seconds")


def test_a_setting_holds_its_example_or_the_receivers_address(chat: Any) -> None:
    path = chat("post(url, json=[settings.room, settings.mood, settings.base, settings.size])")
    lines = [
        "    room: str = setting('Room', example='lobby')",
        "    mood: str = setting('Mood', choices=['calm', 'loud'])",
        "    base: str = setting('Base', default='https://api.chat.example')",
        "    size: int = setting('Size')",
    ]
    source = path.read_text().replace(
        'of the chat")\n', 'of the chat")\n' + "\n".join(lines) + "\n"
    )
    path.write_text(source)

    with Harness(load(path)) as harness:
        (request,) = harness.deliver(EVENT).requests
        address = f"{harness.pipeline.receiver.url}/chat/canarysecret"

    assert request.path == "/chat/canarysecret"
    assert request.json == ["lobby", "calm", address, 1]


def test_what_aws_answers_has_the_shape_of_its_model(chat: Any) -> None:
    seen = deliver(
        chat("aws.client('lambda').invoke(FunctionName='f')['StatusCode'] + 1\nreturn 'ok'")
    )

    assert seen.outcome == "delivered"
    assert [(call.name, call.parameters) for call in seen.calls] == [
        ("lambda:Invoke", {"FunctionName": "f"})
    ]


def test_a_sink_on_a_schedule_reports_what_the_sink_beside_it_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "sinks"
    folder.mkdir()
    (folder / "counts.py").write_text(COUNTS)
    (folder / "reports.py").write_text(REPORTS)

    results = {case.name: case.run() for case in cases(folder / "reports.py")}

    assert results["the same event again"].happened == "delivered, then skipped"
    assert [result.problems for result in results.values() if result.problems] == []


def test_a_package_finds_what_its_requirements_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "a_library_of_its_own.py").touch()
    package = tmp_path / "sinks" / "chat"
    package.mkdir(parents=True)
    (package / "requirements.txt").write_text("a-library-of-its-own\n")
    (package / "__init__.py").write_text(BARE.format(imports="import a_library_of_its_own"))
    asked: list[Path] = []
    monkeypatch.setattr(zips, "packages", lambda path: asked.append(path) or installed)

    assert deliver(package / "__init__.py").outcome == "delivered"
    assert asked == [package / "requirements.txt"]


def test_a_module_installs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sinks"
    folder.mkdir()
    (folder / "requirements.txt").write_text("something\n")
    (folder / "chat.py").write_text(BARE.format(imports=""))
    monkeypatch.delattr(zips, "packages")

    assert load(folder / "chat.py").name == "chat"
