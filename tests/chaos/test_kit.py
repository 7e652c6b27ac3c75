"""Everything that can go wrong goes wrong, on the test kit: nothing is lost, and all of it returns.

`make chaos` writes 10,000 votes; `make test` a few hundred.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from votepipe.emulator.functions.function import FunctionError
from votepipe.testing import Answer, Message, Pipeline

pytestmark = pytest.mark.slow

VOTES = int(os.environ.get("VOTEPIPE_VOTES", "120"))
SLICES = 10
MARK = re.compile(r"\bm(\d+)\.\d")
SHOWING = ("slack", "email", "webhook")


class Run:
    """A pipeline with all sinks, what its readers wrote, and what went wrong in it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.table: dict[str, str] = {}
        self.invalid: set[str] = set()
        self.clocks_are_wrong = False

    def write(self, number: int, step: int) -> None:
        """Write step 0, 1 or 2 of a vote; some end withdrawn, some with what is no vote."""
        name, mark = f"v{number}", f"m{number}.{step}"
        vote = {
            "widgetId": "docs",
            "voteId": name,
            "voteType": "thumbsdown" if step else "thumbsup",
            "instanceOfJoy": f"article-{number % 10}",
            "answers": json.dumps({"field_1": mark}) if step else {"field_1": mark},
        }
        if self.clocks_are_wrong:
            skewed = self.pipeline.now + timedelta(hours=number % 9 - 4, days=number % 5 * 100)
            vote["createdAt"] = skewed.isoformat()
        if step == 2 and number % 31 == 0:
            vote["voteType"] = "sideways"
            self.invalid.add(name)
        if step == 2 and number % 37 == 0:
            self.pipeline.remove(vote)
            mark = "withdrawn"
        else:
            self.pipeline.put(vote)
        self.table[name] = mark

    def write_all(self, numbers: range) -> None:
        """Write some votes in ten minutes, each up to three times."""
        for first in range(SLICES):
            for step, seconds in ((0, 5), (1, 15), (2, 40)):
                for number in numbers[first::SLICES]:
                    if step <= number % 3:
                        self.write(number, step)
                self.pipeline.advance(seconds=seconds)

    def waiting(self) -> Iterator[tuple[str, str, str, str]]:
        """Each vote that is in some queue: its id, whose queue, which one, and why."""
        pipeline = self.pipeline
        owners = {
            queue.id: sink
            for sink in pipeline.models.fed
            for queue in pipeline.dead_letter_queues(sink)
        }
        for letter in pipeline.dead_letters():
            owner = owners.get(letter.queue, "pipe")
            yield letter.vote_key.vote, owner, letter.queue, letter.reason
        for sink, mapping in pipeline.models.fed.items():
            for message in mapping.queue.messages:
                yield message.vote_key.vote, sink, mapping.queue.id, "not received yet"

    def evidence(self) -> dict[str, Any]:
        """What the auditor wants."""
        rejected = {
            event["detail"]["vote"]["voteId"]: "; ".join(event["detail"]["reasons"])
            for event in self.pipeline.events("VoteRejected")
            if event["detail"]["vote"].get("voteId") in self.invalid
        }
        arrived = {sink: [shown(each) for each in self.pipeline.sent(sink)] for sink in SHOWING}
        return {
            "table": self.table,
            "arrived": arrived,
            "quoted": [each.request.content.decode() for each in self.pipeline.sent("slack")],
            "rejected": rejected,
            "waiting": list(self.waiting()),
        }

    def cut_off(self) -> set[str]:
        """The votes in messages that went out right before their function died, unmarked."""
        sent = (each for each in self.pipeline.messages if each.accepted)
        after = [
            second.what
            for first, second in pairwise(self.pipeline.trace.hops)
            if first.what == "sent"
        ]
        return {
            f"v{number}"
            for message, what in zip(sent, after, strict=False)
            if (message.sink, what) == ("slack", "failed")
            for number in MARK.findall(message.request.content.decode())
        }

    def heal(self) -> None:
        """End all faults."""
        self.pipeline.heal()
        for sink in SHOWING:
            self.pipeline.serve(sink, lambda _: Answer())


def shown(message: Message) -> str:
    """What a message says; of many votes at once, Slack's counts those that it does not quote."""
    if message.sink == "slack":
        events = message.events if isinstance(message.events, list) else [message.events]
        return json.dumps([dict(event.vote.answers) for event in events])
    return message.request.content.decode()


Fault = Callable[[Run, range], None]


def nothing(run: Run, numbers: range) -> None:
    """A quiet time, to compare with."""
    run.write_all(numbers)


def crashes(run: Run, numbers: range) -> None:
    """Functions die in mid-batch, before and after their calls."""
    now = len(run.pipeline.steps_made)
    run.pipeline.crash_at(*range(now + 11, now + 200 * len(numbers), 97))
    run.write_all(numbers)
    run.pipeline.advance(minutes=20)


def receiver_refuses(run: Run, numbers: range) -> None:
    """Receivers say that they want none of it, which makes dead letters."""
    for sink in SHOWING:
        run.pipeline.serve(sink, lambda _: Answer(status=404))
    run.write_all(numbers)
    run.pipeline.advance(minutes=10)


def receiver_is_down(run: Run, numbers: range) -> None:
    """Receivers hang up, answer errors, and ask to wait."""
    run.pipeline.answer("slack", disconnect=True, times=20)
    run.pipeline.answer("slack", retry_after=30, times=20)
    run.pipeline.answer("webhook", status=500, times=50)
    run.pipeline.answer("email", status=503, times=20)
    run.write_all(numbers)


def an_hour_without_one_sink(run: Run, numbers: range) -> None:
    """One receiver answers nothing but errors for an hour."""
    run.pipeline.serve("webhook", lambda _: Answer(status=503))
    run.write_all(numbers)
    run.pipeline.advance(minutes=50)


def throttled(run: Run, numbers: range) -> None:
    """Functions, tables and the bus take no more for a while."""
    for name in ("EnrichFunction", "SlackSink", "SettleSink", "DeliveriesTable"):
        run.pipeline.throttle(name, times=40)
    run.pipeline.put_events_fails(times=6)
    run.write_all(numbers)


def in_part(run: Run, numbers: range) -> None:
    """The bus takes only part of what it gets; functions and queues fail."""
    run.pipeline.put_events_fails(entries=2, times=30)
    for name in ("EnrichFunction", "SettleSink", "SlackSink", "SlackQueue", "WebhookQueue"):
        run.pipeline.fail(name, times=10)
    run.write_all(numbers)
    run.pipeline.advance(minutes=20)


def permissions(run: Run, numbers: range) -> None:
    """Roles lack permissions."""
    run.pipeline.deny("SlackSink", "dynamodb:UpdateItem")
    run.pipeline.deny("EmailSink", "ses:SendEmail")
    run.pipeline.deny("VotesPipe", "events:PutEvents")
    run.write_all(numbers[::2])
    run.pipeline.advance(minutes=90)
    run.pipeline.models.roles.denied = {
        each for each in run.pipeline.models.roles.denied if each[1] != "events:PutEvents"
    }
    run.write_all(numbers[1::2])
    run.pipeline.advance(minutes=10)


def poison(run: Run, numbers: range) -> None:
    """Some records kill the enrichment whenever they come."""
    function = run.pipeline.models.functions["EnrichFunction"]
    invoke, poisonous = function.invoke, {f'"v{number}"' for number in numbers[3::20]}

    def dies(records: Any) -> Any:
        if any(each in json.dumps(records) for each in poisonous):
            raise FunctionError("Runtime exited")
        return invoke(records)

    function.invoke = dies  # type: ignore[method-assign]
    run.write_all(numbers)
    run.pipeline.advance(minutes=90)
    function.invoke = invoke  # type: ignore[method-assign]


def clocks(run: Run, numbers: range) -> None:
    """Clocks are wrong: those of who writes by days, those that stamp records by up to an hour."""
    stream = run.pipeline.models.streams["VotesTable"]
    put = stream.put

    def stamped(records: list[dict[str, Any]]) -> None:
        for record in records:
            skew = int(record["dynamodb"]["SequenceNumber"]) // 1000 % 7 * 1000 - 3000
            record["dynamodb"]["ApproximateCreationDateTime"] += skew
        put(records)

    stream.put = stamped  # type: ignore[method-assign]
    run.clocks_are_wrong = True
    run.write_all(numbers)
    run.clocks_are_wrong = False
    stream.put = put  # type: ignore[method-assign]


def disorder(run: Run, numbers: range) -> None:
    """Queues deliver twice and in any order, and every call takes its time."""
    run.pipeline.duplicate(0.3, late=20)
    run.pipeline.reorder(3)
    run.pipeline.latency(0, 0.4)
    run.write_all(numbers)
    run.pipeline.advance(minutes=10)


def deployments(run: Run, numbers: range) -> None:
    """Functions are deployed again in the middle of traffic."""
    for part in range(5):
        run.write_all(numbers[part::5])
        run.pipeline.restart()


FAULTS: tuple[Fault, ...] = (
    nothing,
    crashes,
    receiver_refuses,
    receiver_is_down,
    an_hour_without_one_sink,
    throttled,
    in_part,
    permissions,
    poison,
    clocks,
    disorder,
    deployments,
)


@contextmanager
def all_sinks() -> Iterator[Pipeline]:
    settings = {"webhook": {"personal": True, "live": True}}
    with Pipeline(fill_secrets=True, settings=settings) as pipeline:
        yield pipeline


def test_nothing_is_lost_and_all_of_it_comes_back(audit: Any, redrive: Any) -> None:
    with all_sinks() as pipeline:
        run = Run(pipeline)
        bounds = [place * VOTES // len(FAULTS) for place in range(len(FAULTS) + 1)]
        for fault, votes in zip(FAULTS, pairwise(bounds), strict=True):
            fault(run, range(*votes))
            run.heal()
        pipeline.run_until_idle()

        before = audit(**run.evidence())
        reasons = Counter(letter.reason for letter in pipeline.dead_letters())

        assert before.lost == []
        assert before.unexplained == []
        assert pipeline.nothing_lost(), pipeline.nothing_lost()
        assert any("404" in reason for reason in reasons)
        assert any("dynamodb:UpdateItem" in reason for reason in reasons)
        assert any("ses:SendEmail" in reason for reason in reasons)
        assert "RecordAgeExceeded" in reasons

        redrive(pipeline, 10)
        after = audit(**run.evidence())

        assert after.lost == []
        assert pipeline.dead_letters() == []
        assert {fate.partition(":")[0] for _, fate in after.fates} == {"delivered", "rejected"}
        assert set(after.doubled) <= run.cut_off()
