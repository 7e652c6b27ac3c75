"""The auditor: it compares the votes table with what arrived, and says where the rest is and why.

It knows nothing of how votes travel. Each write carries a mark in its answer, `m12.3` for write 3
of vote `v12`, and a message is about the write whose mark it shows.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.recovery import received
from votepipe.dev.recovery.pipe import PipeDeadLetters
from votepipe.dev.recovery.redrive import DeadLetters
from votepipe.emulator.pipes.pipe import Ports
from votepipe.testing import Pipeline

MARK = re.compile(r"\bm\d+\.\d+\b")
NUMBER = re.compile(r"\w*\d\w*")
WITHDRAWN = "withdrawn"
EVERY_EVENT = "webhook"  # shows every change, in any order; the others how votes came to rest
ANY = ("settle", "pipe")  # what waits there waits for every sink


@dataclass(frozen=True)
class Waiting:
    """Why a vote is in a queue that `sink`, or the pipe, leads to."""

    vote: str
    sink: str
    queue: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What a run left behind.

    `table` has the mark of each vote's last write by the vote's id, `arrived` what each sink's
    receiver took, in order, `quoted` what people read of it, and `rejected` why the bus says that
    a vote was rejected.
    """

    table: Mapping[str, str]
    arrived: Mapping[str, list[str]]
    quoted: list[str]
    rejected: Mapping[str, str]
    waiting: list[Waiting]


@dataclass
class Findings:
    """What became of each vote at each sink."""

    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        rows = [f"{sink:<8} {votes:>7,}  {fate}" for (sink, fate), votes in self.fates.items()]
        last = f"lost {len(self.lost)}, without a reason {len(self.unexplained)}, "
        return "\n".join([*sorted(rows), f"{last}shown twice {len(self.doubled)}"])


def audited(evidence: Evidence) -> Findings:
    """Look for every vote of the table at every sink."""
    found = Findings()
    places = {(each.vote, each.sink): each for each in evidence.waiting}
    for sink, texts in evidence.arrived.items():
        marks = [mark for text in texts for mark in shown(sink, text)]
        every = set(marks)
        last = {vote_of(mark): mark for mark in marks}
        for vote, mark in evidence.table.items():
            if mark == WITHDRAWN and sink != EVERY_EVENT:
                continue  # at rest there is nothing left to show
            if sink == EVERY_EVENT:
                arrived = (f"{vote} {mark}" if mark == WITHDRAWN else mark) in every
            else:
                arrived = last.get(vote) == mark
            fate = "delivered" if arrived else elsewhere(evidence, places, sink, vote)
            found.fates[sink, fate] += 1
            if fate == "lost":
                found.lost.append(f"{sink}: {vote} {mark}")
    marks = Counter(mark for text in evidence.quoted for mark in shown("", text))
    found.doubled = [vote_of(mark) for mark, times in marks.items() if times > 1]
    found.unexplained = [
        f"{each.queue}: {each.vote}" for each in evidence.waiting if not each.reason
    ]
    return found


def shown(sink: str, text: str) -> list[str]:
    """The marks that a message shows, each once; one of Slack may be about several votes."""
    if sink == EVERY_EVENT:
        body = json.loads(text)
        if body["type"] == "VoteSettled":
            return []  # its change came by itself
        if body["type"] == "VoteWithdrawn":
            return [f"{body['vote']['voteId']} {WITHDRAWN}"]
        text = json.dumps(body["vote"])
    return list(dict.fromkeys(MARK.findall(text)))


def vote_of(mark: str) -> str:
    """The id of the vote that has a mark."""
    return f"v{mark.removeprefix('m').partition('.')[0]}"


def elsewhere(
    evidence: Evidence, places: Mapping[tuple[str, str], Waiting], sink: str, vote: str
) -> str:
    """Where a vote is whose last state did not arrive."""
    if vote in evidence.rejected:
        return f"rejected: {evidence.rejected[vote]}"
    for each in (sink, *ANY):
        if place := places.get((vote, each)):
            return f"waiting in {place.queue}: {NUMBER.sub('N', place.reason)[:70]}"
    return "lost"


@pytest.fixture(scope="session")
def audit() -> Callable[..., Findings]:
    """Audit a run from its evidence, given as that of `Evidence`; places as those of `Waiting`."""

    def audit(waiting: list[tuple[str, str, str, str]], **evidence: object) -> Findings:
        found = audited(Evidence(waiting=[Waiting(*each) for each in waiting], **evidence))  # type: ignore[arg-type]
        print(f"\n{found}")  # noqa: T201
        return found

    return audit


@pytest.fixture
def redrive(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Pipeline, float], None]:
    """Do what `votepipe redrive --all` does, at a pace, and wait until nothing is left to do."""

    def redrive(pipeline: Pipeline, pace: float) -> None:
        clock = SimpleNamespace(sleep=lambda seconds: pipeline.advance(seconds=seconds))
        monkeypatch.setattr(received, "time", clock)
        for sink in pipeline.models.fed:
            with DeadLetters(deployed(pipeline), sink) as letters:
                letters.send(pace)
        with of_pipe(pipeline) as letters:
            pipeline.simulation.tasks.run(lambda: letters.send(math.inf))
        pipeline.run_until_idle()

    return redrive


def of_pipe(pipeline: Pipeline) -> PipeDeadLetters:
    """What `votepipe redrive pipe` works on."""
    models = pipeline.models
    pipe = models.pipes["VotesPipe"].definition
    role = pipeline.resources.properties["VotesPipe"]["RoleArn"]
    enrich, queue = models.functions["EnrichFunction"], models.queues["VotesPipeDeadLetters"]
    ports = Ports(pipe, enrich, models.put, None, models.roles.allows, role)
    sqs, streams = (pipeline.client(each) for each in ("sqs", "dynamodbstreams"))
    return PipeDeadLetters(pipe, ports, sqs, queue.url, streams)
