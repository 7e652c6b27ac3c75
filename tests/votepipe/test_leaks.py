"""No secret and no reader's word is in what a run leaves behind, except where `MEANT` names it.

All sinks run, and everything goes wrong once, with receivers and an AWS that quote what they got.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from votepipe.dev.commands import following
from votepipe.dev.operations.following import Hop, Logs
from votepipe.dev.recovery.redrive import DeadLetters
from votepipe.emulator.http.slack import Slack
from votepipe.testing import Pipeline

ANSWER, VOTER, SECRET = "zanzibar", "quagga", "hushhush"
KEY = base64.b64encode(SECRET.encode() * 6).decode()
WORDS = {"an answer": ANSWER, "a voter": VOTER, "a secret": SECRET, "a key": KEY[:16]}
EVERYTHING = {"an answer", "a voter"}
# Where readers' words belong; secrets belong nowhere.
MEANT: Mapping[str, set[str]] = {
    "items of VotesTable": EVERYTHING,
    "events on VotesBus": EVERYTHING,
    "bodies of messages": EVERYTHING,
    "posted by slack": EVERYTHING,
    "posted by email": EVERYTHING,
    "posted by digest": {"an answer"},
}

SECRETS = {
    "feed": {"reader_key": f"r1:{SECRET * 4}"},
    "webhook": {"signing_secret": f"whsec_{KEY}", "live": True},
}
BOT = {"bot_token": f"xoxb-{SECRET}", "webhook_url": None, "channel": "C1"}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "webhooks": SECRETS,
    "bots": {**SECRETS, "slack": {**BOT, "live": True, "threads": True}, "digest": BOT},
}
STATUSES = [each for each in HTTPStatus if each >= 300]
CODES = (
    "AccessDeniedException",
    "ThrottlingException",
    "ValidationException",
    "MessageRejected",
    "BadRequestException",
)
OPERATIONS = (
    "GetItem",
    "UpdateItem",
    "TransactWriteItems",
    "BatchGetItem",
    "Query",
    "SendMessage",
    "SendEmail",
    "PutEvents",
    "GetSecretValue",
)
ACTIONS = (
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "sqs:SendMessage",
    "secretsmanager:GetSecretValue",
    "ses:SendEmail",
    "events:PutEvents",
)
NAMES = ("webhook_url", "url", "signing_secret", "reader_key", "bot_token")
WRONG = (
    SECRET,
    7,
    [SECRET],
    f"ftp://{SECRET}",
    f"http://[{SECRET}",
    f"http://example.com/{SECRET}",
    f"https://127.0.0.1:1/{SECRET}",
    f"https://{SECRET}@127.0.0.1:1/",
    f"Bearer {SECRET}\n",
)
SENDERS = ("slack", "webhook", "email", "digest")


@pytest.fixture(params=SETTINGS)
def pipeline(request: pytest.FixtureRequest) -> Iterator[Pipeline]:
    with Pipeline(settings=SETTINGS[request.param], parameters={"SlackSecondsBetween": 0}) as made:
        hide_addresses(made)
        if request.param == "bots":
            for sink in ("slack", "digest"):
                made.serve(sink, Slack())
        yield made


def hide_addresses(pipeline: Pipeline) -> None:
    """Give every address that is a secret a path, which is what makes it one."""
    url = pipeline.receiver.url
    for arn, text in pipeline.models.secrets.values.items():
        values = json.loads(text).items()
        hidden = {
            name: f"{each}/{SECRET}" if each.startswith(url) else each for name, each in values
        }
        pipeline.models.secrets.values[arn] = json.dumps(hidden)


class Readers:
    """They write votes, each with its answer and its voter."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.votes = 0

    def vote(self, **changes: Any) -> None:
        """Write a vote, and wait until all that follows has happened."""
        self.put(**changes)
        self.pipeline.run_until_idle()

    def put(self, **changes: Any) -> None:
        """Write a vote twice."""
        self.votes += 1
        vote = {
            "widgetId": "docs",
            "voteId": f"v{self.votes}",
            "voteType": "thumbsup",
            "instanceOfJoy": "article-1",
            "voter": f"{VOTER}@readers.example",
        }
        self.pipeline.put(vote | {"answers": {"field_1": ANSWER}})
        self.pipeline.advance(seconds=5)
        self.pipeline.put(vote | {"answers": json.dumps({"field_1": f"{ANSWER} " * 5})} | changes)


def receivers_refuse(readers: Readers) -> None:
    """Each status, with what was sent in the answer; then what no receiver should do."""
    odd: list[dict[str, Any]] = [
        {"body": {"ok": False, "error": f"no_such_{ANSWER}: {VOTER}"}},
        {"body": {"ok": False, "error": "invalid_auth"}},
        {"body": '{"ok": tr'},
        {"body": f"<html>{SECRET}"},
        {"disconnect": True},
        {"timeout": True},
        {"drips": True},
        {"drips": "head"},
        {"headers": {"Content-Encoding": "gzip"}},
    ]
    quoted = [{"status": each, "body": None, "headers": {"X": SECRET}} for each in STATUSES]
    answers = [*odd, *quoted]
    for answer in answers:
        for sink in SENDERS:
            readers.pipeline.answer(sink, **answer)
    # The digest gets its own once a day.
    while any(len(readers.pipeline.attempts(sink)) < len(answers) for sink in SENDERS[:-1]):
        readers.vote()


def aws_refuses(readers: Readers) -> None:
    """Every call is denied, throttled and refused once, in words that quote what was sent."""
    calls, usual = readers.pipeline.calls, readers.pipeline.calls.call
    codes = cycle(CODES)
    for operation in OPERATIONS:

        def call(client: Any, name: str, given: Any, caller: Any, refused: str = operation) -> Any:
            if caller and name == refused:
                code, said = next(codes), f"Not authorized to perform: {given} {WORDS}"
                error = {"Error": {"Code": code, "Message": said}}
                raise client.exceptions.from_code(code)(error, name)
            return usual(client, name, given, caller)

        calls.call = call  # type: ignore[method-assign]
        readers.pipeline.restart()  # what processes keep of secrets goes with them
        for _ in CODES:
            readers.vote()
    calls.call = usual  # type: ignore[method-assign]


def roles_lack_permissions(readers: Readers) -> None:
    """The roles of functions lack one action after another."""
    for name in readers.pipeline.models.functions:
        readers.pipeline.deny(name, *ACTIONS)
        readers.pipeline.restart()
        readers.vote()


def functions_fail(readers: Readers) -> None:
    """Functions die, time out and are throttled; the pipe gives up."""
    pipeline = readers.pipeline
    for name in pipeline.models.functions:
        pipeline.fail(name, times=3)
        pipeline.throttle(name, times=3)
    readers.vote()
    for name in pipeline.models.functions:
        pipeline.takes(name, seconds=1000)
    readers.put()
    pipeline.advance(hours=2)  # longer than the pipe tries
    pipeline.heal()
    pipeline.crash_at(*range(len(pipeline.steps_made), len(pipeline.steps_made) + 300, 7))
    readers.vote()


def votes_are_none(readers: Readers) -> None:
    """What is stored is no vote, and full of words."""
    for changes in (
        {"voteType": ANSWER},
        {"voteType": {"L": [{"S": ANSWER}]}},
        {"answers": f"{{{ANSWER}"},
        {"answers": {"BS": [ANSWER.encode()]}},
        {"answers": json.dumps({"field_1": {"deeper": [ANSWER]}})},
        {"answers": json.dumps({"field_1": ANSWER * 20_000})},
        {"voter": {"N": "1"}, "createdAt": ANSWER},
        {"voter": f"{VOTER} " * 5000},
        {"instanceOfJoy": {"M": {VOTER: {"S": VOTER}}}},
    ):
        readers.vote(**changes)


def secrets_are_wrong(readers: Readers) -> None:
    """What somebody put into the secrets is not what belongs there."""
    values = readers.pipeline.models.secrets.values
    usual = dict(values)
    objects = (json.dumps(dict.fromkeys(NAMES, wrong)) for wrong in WRONG)
    for text in (SECRET, f'"{SECRET}"', f'{{"{SECRET}": ', "{}", *objects):
        values.update(dict.fromkeys(values, text))
        readers.pipeline.restart()
        readers.vote()
    values.update(usual)
    readers.pipeline.restart()


FAULTS = (
    receivers_refuse,
    aws_refuses,
    roles_lack_permissions,
    functions_fail,
    votes_are_none,
    secrets_are_wrong,
)


def produced(pipeline: Pipeline) -> dict[str, str]:
    """Everything that a run left behind, by where it lies."""
    models, sinks = pipeline.models, pipeline.models.fed
    queues = {name: queue.messages for name, queue in models.queues.items()}
    found: dict[str, Any] = {
        **{f"log of {name}": each.lines for name, each in models.functions.items()},
        **{f"variables of {name}": each.environment for name, each in models.functions.items()},
        **{f"items of {name}": pipeline.items(name) for name in models.tables},
        **{f"events on {name}": each.events for name, each in models.buses.items()},
        **{
            f"attributes in {name}": [(each.attributes, each.id) for each in messages]
            for name, messages in queues.items()
        },
        "bodies of messages": [each.body for messages in queues.values() for each in messages],
        **{
            f"posted by {sink}": [
                each.request.content.decode(errors="replace") for each in pipeline.sent(sink)
            ]
            for sink in sinks
        },
        "trace": str(pipeline.trace),
        "loss report": str(pipeline.nothing_lost()),
        "metrics": [pipeline.alarms(), pipeline.usage()],
        "template": pipeline.resources.properties,
    }
    return {where: json.dumps(what, default=str) for where, what in found.items()}


class CloudWatch:
    """The logs of a pipeline's functions."""

    class exceptions:  # noqa: N801
        ResourceNotFoundException = KeyError

    def __init__(self, pipeline: Pipeline) -> None:
        self._lines = {
            f"{name.removesuffix('Sink').removesuffix('Function')}Logs": [
                {"logStreamName": "s", "timestamp": number, "message": json.dumps(line)}
                for number, line in enumerate(function.lines)
            ]
            for name, function in pipeline.models.functions.items()
        }

    def filter_log_events(self, *, logGroupName: str, **_: Any) -> Any:  # noqa: N803
        return {"events": self._lines.get(logGroupName, [])}


class Later(Logs):
    """Logs in which all lines are new at the second look."""

    looks = 0

    def read(self) -> list[Hop]:
        self.looks += 1
        return super().read() if self.looks > 1 else []


def said(pipeline: Pipeline, found: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What commands say of it."""
    logs, client = CloudWatch(pipeline), found.session.client
    found.session = SimpleNamespace(client=lambda name: logs if name == "logs" else client(name))
    ids, types = found.stack.physical_ids, pipeline.resources.types
    found.stack.physical_id = lambda name: ids.get(name, name)
    found.stack.of_type = lambda kind: [name for name, each in types.items() if each == kind]
    monkeypatch.setattr(following, "deployment", lambda _: found)
    monkeypatch.setattr(following, "Logs", Later)

    def end(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "time", SimpleNamespace(sleep=end))
    plans = []
    for sink in pipeline.models.fed:
        with DeadLetters(found, sink) as letters:
            plans.append((letters.plan, letters.kept))
    trace = CliRunner().invoke(following.trace, ["v1", "--since", "2026-01-01"])
    tail = CliRunner().invoke(following.tail, [])
    assert "slack" in trace.output
    assert tail.output.count("\n") > 100
    return {
        "votepipe trace": trace.output,
        "votepipe tail": tail.output,
        "votepipe redrive": str(plans),
    }


def leaks(found: Mapping[str, str]) -> list[str]:
    """What is where it does not belong."""
    return [
        f"{where}: {what}"
        for where, text in found.items()
        for what, word in WORDS.items()
        if what not in MEANT.get(where, ()) and word.lower() in text.lower()
    ]


@pytest.mark.slow
def test_whatever_fails_no_secret_and_no_word_of_a_reader_shows(
    pipeline: Pipeline, deployed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = Readers(pipeline)
    for fault in FAULTS:
        fault(readers)
        pipeline.heal()
    readers.vote()
    pipeline.advance(hours=26)  # the digest goes out once a day

    found = produced(pipeline) | said(pipeline, deployed(pipeline), monkeypatch)

    assert leaks(found) == []
    for where, kinds in MEANT.items():  # else the run shows nothing
        assert {what for what in kinds if WORDS[what] in found[where]} == kinds
    reasons = " ".join(letter.reason for letter in pipeline.dead_letters())
    why = reasons + "".join(text for where, text in found.items() if where.startswith("log"))
    for text in EXPLAINED:
        assert text in why


EXPLAINED = (
    *(f"answered {each.value}" for each in STATUSES),
    "did not answer within",
    "hung up",
    "'AccessDeniedException'",
    "'ThrottlingException'",
    "SES answered 'MessageRejected'",
    "voteType: ",
    "RecordAgeExceeded",
)


CHAT = '''"""Post each vote."""

from dataclasses import dataclass

from votepipe import Event, Secret, Undeliverable, log, setting, sink
from votepipe.http import post


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address of the room")


@sink(events=["VoteCast", "VoteChanged"], settings=Settings, max_attempts=2)
def handler(event: Event, settings: Settings) -> None:
    answer, voter = event.vote.answers["field_1"], event.vote.voter
    {what}
'''
CARELESS = (
    "raise ValueError(f'{answer} {voter} {settings.url.reveal()}')",
    "raise ValueError from KeyError(settings.url.reveal() + answer)",
    "raise Undeliverable(f'{settings} {settings.url} {settings.url!r}')",
    "print(settings, [settings.url]); log('sent', url=settings.url, settings=settings)",
    "post(settings.url.reveal() + chr(10), json={'text': {answer, voter}})",
)
LEAKING = {
    "print(answer)": "log of ChatSink: an answer",
    "log('sent', by=voter)": "log of ChatSink: a voter",
    "log('sent', metrics={answer: (1, 'Count')})": "log of ChatSink: an answer",
    "print(settings.url.reveal())": "log of ChatSink: a secret",
    "raise Undeliverable(settings.url.reveal())": "attributes in ChatDeadLetters: a secret",
    "raise Undeliverable(f'What is {answer}?')": "attributes in ChatDeadLetters: an answer",
}


def after_a_vote(root: Path) -> list[str]:
    """What a checkout's sink leaked of a vote."""
    with Pipeline(root) as pipeline:
        hide_addresses(pipeline)
        Readers(pipeline).vote()
        assert pipeline.models.functions["ChatSink"].lines
        return leaks(produced(pipeline))


@pytest.mark.parametrize("what", CARELESS)
def test_a_careless_sink_leaks_nothing(checkout: Callable[..., Path], what: str) -> None:
    root = checkout({"chat": CHAT.replace("{what}", what)})

    assert after_a_vote(root) == []


@pytest.mark.parametrize("what", LEAKING)
def test_a_sink_that_leaks_is_found(checkout: Callable[..., Path], what: str) -> None:
    root = checkout({"chat": CHAT.replace("{what}", what)})

    assert LEAKING[what] in after_a_vote(root)
