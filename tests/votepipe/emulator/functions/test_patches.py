"""votepipe/emulator/functions/patches.py.

What holds while a function's code runs, and only then.
"""

import http.client
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import botocore.client
import pytest

from votepipe import aws
from votepipe.testing import Answer, Pipeline, Unmodelled

Run = Callable[..., Pipeline]
VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}

URLLIB = '''"""Post with urllib."""

import urllib.request
from dataclasses import dataclass

from votepipe import Event, Secret, setting, sink


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address")


@sink(events=["VoteCast"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    request = urllib.request.Request(settings.url.reveal(), data=b"from urllib", method="POST")
    with urllib.request.urlopen(request, timeout=4) as response:
        response.read()
'''
POOL = """\"\"\"Post with threads.\"\"\"

import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from votepipe import Event, Secret, aws, setting, sink


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address")


@sink(events=["VoteCast"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    request = urllib.request.Request(settings.url.reveal(), data=b"from a thread", method="POST")
    read = aws.client("secretsmanager").get_secret_value
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(lambda: urllib.request.urlopen(request, timeout=4).close()).result()
        pool.submit(read, SecretId=os.environ["PLAIN_SECRET_ARN"]).result()
"""
GLOBALS = [
    (time, "time"),
    (time, "sleep"),
    (time, "monotonic"),
    (os, "urandom"),
    (aws, "client"),
    (socket, "getaddrinfo"),
    (botocore.client.BaseClient, "_make_api_call"),
    (http.client.HTTPConnection, "putrequest"),
    (http.client.HTTPConnection, "getresponse"),
]


def test_everything_is_as_before_when_no_function_runs(chat: Pipeline) -> None:
    before = [getattr(thing, name) for thing, name in GLOBALS]
    chat.put(VOTE)
    chat.run_until_idle()

    assert [getattr(thing, name) for thing, name in GLOBALS] == before


@pytest.fixture
def other(run: Run, checkout: Callable[..., Path]) -> Pipeline:
    return run(checkout({"plain": URLLIB}))


def test_other_libraries_than_requests_are_seen_too(other: Pipeline) -> None:
    other.put(VOTE)
    other.run_until_idle()

    assert [message.text for message in other.sent("plain")] == ["from urllib"]
    assert [step.call for step in other.steps_made if step.part == "deliver"] == ["POST plain"] * 2


def test_a_time_out_takes_as_long_as_the_code_waits(other: Pipeline) -> None:
    other.answer("plain", timeout=True)
    other.put(VOTE)
    other.run_until_idle()

    assert 4 <= other.trace.hops[-1].at < 4 + 3
    assert len(other.sent("plain")) == 1


def test_an_answer_that_takes_longer_than_the_code_waits_is_a_time_out(other: Pipeline) -> None:
    other.answer("plain", takes=60, arrives=True)
    other.put(VOTE)
    other.run_until_idle()

    assert [hop.at for hop in other.trace.hops if hop.what == "sent"][1] > 4
    assert len(other.sent("plain")) == 2


def test_dripping_holds_the_code_until_the_function_s_deadline(other: Pipeline) -> None:
    other.answer("plain", drips=True)
    other.put(VOTE)
    other.run_until_idle()
    (failed,) = (hop for hop in other.trace.hops if hop.what == "failed")

    assert failed.facts["why"].startswith("Task timed out")
    assert failed.at == pytest.approx(other.models.functions["PlainSink"].timeout, abs=1)
    assert len(other.sent("plain")) == 1


def test_dripping_holds_the_library_s_post_for_its_time_out(chat: Pipeline) -> None:
    chat.answer("chat", drips=True)
    chat.put(VOTE)
    chat.run_until_idle()
    (line,) = (line for line in chat.lines("ChatSink") if "within" in str(line))
    arrived = [hop.at for hop in chat.trace.hops if hop.what in ("sent", "not taken")]

    assert "127.0.0.1 did not answer within 10 s." in str(line)
    assert len(arrived) == 2
    assert arrived[1] - arrived[0] >= 10
    assert not [hop for hop in chat.trace.hops if hop.what == "failed"]


def test_other_threads_keep_real_time(chat: Pipeline) -> None:
    real = time.monotonic
    seen: list[bool] = []

    def answer(request: object) -> Answer:
        seen.append(abs(time.monotonic() - real()) < 60)
        return Answer()

    chat.serve("chat", answer)
    chat.put(VOTE)
    chat.run_until_idle()

    assert seen == [True]


def test_threads_that_a_function_starts_belong_to_it(
    run: Run, checkout: Callable[..., Path]
) -> None:
    pipeline = run(checkout({"plain": POOL}))
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    assert [message.text for message in pipeline.sent("plain")] == ["from a thread"] * 2
    assert {step.call for step in pipeline.steps_made} >= {
        "POST plain",
        "secretsmanager.GetSecretValue",
    }


def test_a_socket_goes_nowhere_else_either(run: Run, checkout: Callable[..., Path]) -> None:
    direct = URLLIB.replace(
        "    with urllib", '    socket.create_connection(("192.0.2.1", 80))\n    with urllib'
    ).replace("import urllib", "import socket\nimport urllib")
    pipeline = run(checkout({"plain": direct}))
    pipeline.put(VOTE)

    with pytest.raises(Unmodelled, match=r"wants to reach '192.0.2.1'"):
        pipeline.run_until_idle()


def test_a_long_message_and_a_long_answer_pass(run: Run, checkout: Callable[..., Path]) -> None:
    size = 8_000_000  # more than a connection holds
    pipeline = run(checkout({"plain": URLLIB.replace('b"from urllib"', f'b"x" * {size}')}))
    pipeline.serve("plain", lambda request: Answer(body="y" * size))
    for number in range(2):
        pipeline.put(VOTE | {"voteId": str(number)})
    pipeline.run_until_idle()

    assert [len(message.request.content) for message in pipeline.sent("plain")] == [size] * 2
    assert pipeline.nothing_lost()
