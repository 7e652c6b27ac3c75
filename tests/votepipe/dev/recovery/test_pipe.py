"""votepipe/dev/recovery/pipe.py: what the pipe gave up comes back, on the kit."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.recovery import received
from votepipe.dev.recovery.pipe import NO_RECORD, PipeDeadLetters
from votepipe.dev.recovery.received import OLDER
from votepipe.emulator.functions.function import FunctionError
from votepipe.emulator.pipes.attempt import Interrupted
from votepipe.emulator.pipes.pipe import Ports
from votepipe.testing import Pipeline

WAIT = {"times": 100_000}
FORGOTTEN = "the stream no longer has these records, or not all of them"


def vote(number: int, **changes: Any) -> dict[str, Any]:
    return {"widgetId": "docs", "voteId": f"v{number}", "voteType": "thumbsup", **changes}


@pytest.fixture
def hook() -> Iterator[Pipeline]:
    """A pipeline with the webhook, which sends every event once."""
    with webhook() as pipeline:
        yield pipeline


def webhook() -> Pipeline:
    return Pipeline(sinks=["webhook"], settings={"webhook": {"live": "true"}}, fill_secrets=True)


def arrived(pipeline: Pipeline) -> list[str]:
    """The votes that arrived, as a receiver sees them: what comes again has the same id."""
    sent = {each.headers["webhook-id"]: each for each in pipeline.sent("webhook")}
    return [json.loads(each.request.content)["vote"]["voteId"] for each in sent.values()]


def letters_of(
    pipeline: Pipeline, ports: Any = None, since: datetime | None = None
) -> PipeDeadLetters:
    """What `votepipe redrive pipe` works on, with the kit in place of AWS."""
    models = pipeline.models
    pipe = models.pipes["VotesPipe"].definition
    role = pipeline.resources.properties["VotesPipe"]["RoleArn"]
    function = models.functions["EnrichFunction"]
    ports = ports or Ports(pipe, function, models.put, None, models.roles.allows, role)
    sqs, streams = pipeline.client("sqs"), pipeline.client("dynamodbstreams")
    queue = models.queues["VotesPipeDeadLetters"].url
    return PipeDeadLetters(pipe, ports, sqs, queue, streams, since)


def redriven(
    pipeline: Pipeline, ports: Any = None, since: datetime | None = None, pace: float = math.inf
) -> tuple[int, Mapping[str, int]]:
    """What `votepipe redrive pipe` does."""
    with letters_of(pipeline, ports, since) as letters:
        pipeline.simulation.tasks.run(lambda: letters.send(pace))
    pipeline.run_until_idle()
    return letters.sent, letters.kept


def gave_up(pipeline: Pipeline, count: int) -> None:
    """Have the pipe give up so many votes."""
    pipeline.fail("EnrichFunction", **WAIT)
    for number in range(count):
        pipeline.put(vote(number))
        pipeline.advance(seconds=1)
    pipeline.advance(hours=1, minutes=10)
    pipeline.heal()
    assert len(pipeline.dead_letters("VotesPipeDeadLetters")) == count
    assert pipeline.sent("webhook") == []


def test_what_the_bus_refused_for_more_than_an_hour_all_comes_back(hook: Pipeline) -> None:
    hook.put_events_fails(**WAIT)
    for number in range(70):  # one a minute: the first ten get too old, the bus takes the others
        hook.put(vote(number))
        hook.advance(minutes=1)
    hook.heal()
    hook.run_until_idle()
    before = len(hook.sent("webhook"))
    letters = hook.dead_letters("VotesPipeDeadLetters")

    sent, left = redriven(hook)

    assert 8 <= len(letters) <= 12
    assert before == 70 - len(letters)
    assert (sent, left) == (len(letters), {})
    assert sorted(arrived(hook)) == sorted(f"v{number}" for number in range(70))
    assert hook.dead_letters() == []
    assert hook.nothing_lost()


def test_events_are_as_the_pipe_makes_them() -> None:
    kept = ("source", "detail-type", "time", "detail")
    made = []
    for broken in (False, True):
        with webhook() as pipeline:
            pipeline.fail("EnrichFunction", times=100_000 * broken)
            pipeline.put(vote(1))
            pipeline.put(vote(1, voteType="thumbsdown"))
            pipeline.advance(hours=1, minutes=10)
            pipeline.heal()
            if broken:
                assert redriven(pipeline) == (2, {})
            made.append([{name: event[name] for name in kept} for event in pipeline.events()])

    usual, again = made
    assert [event["detail-type"] for event in usual] == ["VoteCast", "VoteChanged"]
    assert again == usual


class Stopping:
    """Ports that stop at a call of the bus, before or after it did its work."""

    def __init__(self, pipeline: Pipeline, calls: int, *, after: bool) -> None:
        models = pipeline.models
        pipe = models.pipes["VotesPipe"].definition
        role = pipeline.resources.properties["VotesPipe"]["RoleArn"]
        function = models.functions["EnrichFunction"]
        self._ports = Ports(pipe, function, models.put, None, models.roles.allows, role)
        self._calls = calls
        self._after = after

    def enrich(self, records: Any) -> Any:
        return self._ports.enrich(records)

    def put_events(self, entries: Any) -> Any:
        self._calls -= 1
        if self._calls or self._after:
            done = self._ports.put_events(entries)
        if self._calls:
            return done
        raise Interrupted("Ctrl-C")

    def dead_letter(self, message: Any) -> None:
        raise AssertionError(message)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3])
def test_interrupted_and_repeated_each_shows_once(hook: Pipeline, calls: int, after: bool) -> None:
    gave_up(hook, 25)
    with pytest.raises(Interrupted):
        redriven(hook, Stopping(hook, calls, after=after))
    hook.advance(seconds=1)
    left = len(hook.dead_letters("VotesPipeDeadLetters"))
    in_sight = hook.models.queues["VotesPipeDeadLetters"].counts

    sent, stay = redriven(hook)

    assert left == 25 - 10 * (calls - 1)
    assert in_sight == (left, 0)
    assert (sent, stay) == (left, {})
    assert arrived(hook) == [f"v{number}" for number in range(25)]
    assert hook.dead_letters() == []


def test_the_same_record_in_two_dead_letters_shows_once(hook: Pipeline) -> None:
    gave_up(hook, 1)
    (message,) = hook.models.queues["VotesPipeDeadLetters"].messages
    hook.models.queues["VotesPipeDeadLetters"].send(message.body)

    assert redriven(hook) == (2, {})
    assert arrived(hook) == ["v0"]
    assert len(hook.events()) == 1


def test_one_that_fails_again_stays_alone(hook: Pipeline) -> None:
    gave_up(hook, 12)
    function = hook.models.functions["EnrichFunction"]
    invoke = function.invoke

    def fails(records: Any) -> Any:
        if '"v5"' in json.dumps(records):
            raise FunctionError("Runtime exited")
        return invoke(records)

    function.invoke = fails  # type: ignore[method-assign]

    assert redriven(hook) == (11, {"The enrichment function failed.": 1})
    assert "v5" not in arrived(hook)
    assert len(arrived(hook)) == 11
    (letter,) = hook.dead_letters("VotesPipeDeadLetters")
    assert letter.body["dynamodb"]["Keys"]["voteId"] == {"S": "v5"}
    assert hook.models.queues["VotesPipeDeadLetters"].counts == (1, 0)


def test_what_the_bus_refuses_again_stays(hook: Pipeline) -> None:
    gave_up(hook, 3)
    hook.put_events_fails(**WAIT)

    sent, left = redriven(hook)

    assert (sent, sum(left.values())) == (0, 3)
    assert all(reason.startswith("The bus answered") for reason in left)


def test_a_pointer_that_nobody_followed_is_read_now(hook: Pipeline) -> None:
    hook.fail("RecoverFunction", **WAIT)
    hook.fail("EnrichFunction", **WAIT)
    hook.put(vote(1))
    hook.advance(hours=3)
    hook.heal()
    (letter,) = hook.dead_letters("VotesPipeDeadLetters")

    assert "DDBStreamBatchInfo" in letter.body
    assert redriven(hook) == (1, {})
    assert arrived(hook) == ["v1"]


def test_what_nothing_brings_back_stays_with_the_reason(hook: Pipeline) -> None:
    hook.fail("RecoverFunction", **WAIT)
    hook.fail("EnrichFunction", **WAIT)
    hook.put(vote(1))
    hook.advance(hours=25)
    hook.heal()
    queue = hook.models.queues["VotesPipeDeadLetters"]
    for body in ("not JSON", "[]", '{"dynamodb": {}}'):
        queue.send(body)

    assert redriven(hook) == (0, {FORGOTTEN: 1, NO_RECORD: 3})
    assert queue.counts == (4, 0)


def test_what_lies_between_and_is_no_vote_makes_no_event(hook: Pipeline) -> None:
    gave_up(hook, 1)
    hook.put(vote(1))
    hook.expire(vote(1))
    hook.run_until_idle()
    stream = hook.models.streams["VotesTable"].kept
    before = len(hook.events())
    batch = {
        "streamArn": stream[0]["eventSourceARN"],
        "shardId": "shard",
        "startSequenceNumber": stream[0]["dynamodb"]["SequenceNumber"],
        "endSequenceNumber": stream[2]["dynamodb"]["SequenceNumber"],
    }
    queue = hook.models.queues["VotesPipeDeadLetters"]
    for message in queue.messages:
        queue.take_out(message)
    queue.send(json.dumps({"DDBStreamBatchInfo": batch}))

    assert redriven(hook) == (1, {})
    assert len(hook.events()) == before + 2
    assert sorted(arrived(hook)) == ["v0", "v1"]


def test_what_is_older_stays(hook: Pipeline) -> None:
    gave_up(hook, 10)
    fourth = sorted(each.created for letter in read(hook) for each in letter.records)[3]

    sent, left = redriven(hook, since=datetime.fromtimestamp(fourth, UTC))

    assert (sent, left) == (7, {OLDER: 3})
    assert arrived(hook) == [f"v{number}" for number in range(3, 10)]
    assert hook.models.queues["VotesPipeDeadLetters"].counts == (3, 0)


def read(pipeline: Pipeline) -> list[Any]:
    """The dead letters as they would be sent."""
    with letters_of(pipeline) as letters:
        found = letters.to_send
    pipeline.advance(seconds=1)
    return found


def test_they_go_at_the_pace(hook: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    gave_up(hook, 25)
    slept: list[float] = []
    monkeypatch.setattr(received, "time", SimpleNamespace(sleep=slept.append))

    assert redriven(hook, pace=5) == (25, {})
    assert slept == [0, 2, 2]


def test_what_was_written_in_the_second_of_one_that_never_passes_comes_back_too(
    hook: Pipeline,
) -> None:
    function = hook.models.functions["EnrichFunction"]
    invoke = function.invoke
    broken = [True]

    def fails(records: Any) -> Any:
        if broken and '"v3"' in json.dumps(records):
            raise FunctionError("Runtime exited")
        return invoke(records)

    function.invoke = fails  # type: ignore[method-assign]
    for number in range(30):
        hook.put(vote(number))
    hook.advance(hours=1, minutes=1)
    passed = len(hook.sent("webhook"))
    broken.clear()
    sent, left = redriven(hook)

    assert passed < 30
    assert (passed + sent, left) == (30, {})
    assert sorted(arrived(hook)) == sorted(f"v{number}" for number in range(30))
