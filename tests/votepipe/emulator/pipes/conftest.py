"""A pipe's harness: ports in memory with scripted failures, and a clock moved by hand."""

from collections import deque
from dataclasses import replace

import pytest

from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.engine import Lane

START = 1_767_520_800.0  # 2026-01-04T10:00:00Z
ACCOUNT = "eu-west-1:123456789012"
PIPE = PipeDefinition(
    name="votes",
    stream_arn=f"arn:aws:dynamodb:{ACCOUNT}:table/votes/stream/2026-01-01T00:00:00.000",
    bus_arn=f"arn:aws:events:{ACCOUNT}:event-bus/votes",
    enrichment_arn=f"arn:aws:lambda:{ACCOUNT}:function:enrich",
    dead_letter_arn=f"arn:aws:sqs:{ACCOUNT}:dead-letters",
    source="votepipe",
    detail_type="$.type",
    time="$.time",
)


def record(number, *, name="INSERT", created=START, text="", vote=None):
    """Stream record `number`, as a pipe delivers it; each is of a vote of its own unless named."""
    return {
        "eventID": f"e{number}",
        "eventName": name,
        "dynamodb": {
            "ApproximateCreationDateTime": created,
            "Keys": {"widgetId": {"S": "w"}, "voteId": {"S": vote or f"v{number}"}},
            "NewImage": {"text": {"S": text}},
            "SequenceNumber": str(number),
        },
    }


def event(record):
    """What the enrichment makes of a record."""
    return {"eventID": record["eventID"], "type": "VoteCast", "time": "2026-01-04T10:00:00Z"}


class OnlyInserts:
    """A filter."""

    def matches(self, event):
        return event["eventName"] == "INSERT"


class Harness:
    """Ports and clock of one lane, and all that came out of it.

    `enrichments` and `puts` script the next calls: an exception is raised, a function gets the
    argument and returns the answer; without a script every call succeeds.
    `enriched` and `requests` hold the eventIDs of each call, `put` those that arrived.
    """

    def __init__(self):
        self.now = START
        self.enrichments = deque()
        self.puts = deque()
        self.dead_letter_errors = deque()
        self.enriched = []
        self.requests = []
        self.entries = []
        self.put = []
        self.dead_letters = []
        self.hops = []

    def enrich(self, records):
        self.enriched.append([each["eventID"] for each in records])
        return self._scripted(self.enrichments, records, [event(each) for each in records])

    def put_events(self, entries):
        ids = [entry["Detail"].split('"eventID":"')[-1].split('"')[0] for entry in entries]
        self.requests.append(ids)
        self.entries += entries
        results = self._scripted(self.puts, ids, [{"EventId": f"b-{each}"} for each in ids])
        self.put += [
            each for each, result in zip(ids, results, strict=True) if "ErrorCode" not in result
        ]
        return results

    def dead_letter(self, message):
        if self.dead_letter_errors:
            raise self.dead_letter_errors.popleft()
        self.dead_letters.append(message)

    @staticmethod
    def _scripted(script, argument, otherwise):
        step = script.popleft() if script else otherwise
        if isinstance(step, Exception):
            raise step
        return step(argument) if callable(step) else step

    def lane(self, checkpoint=None, of=Lane, **changes):
        return of(
            replace(PIPE, **changes),
            "shard-1",
            self,
            clock=lambda: self.now,
            trace=self.hops.append,
            checkpoint=checkpoint,
        )

    def run(self, lane):
        """Step until only an offer would change anything, moving the clock as the lane asks."""
        while (due := lane.step()) is not None:
            self.now = max(self.now, due)

    def names(self, hop):
        """The eventIDs of a hop, in order."""
        return [each["eventID"] for each in self.hops if each["hop"] == hop]

    def lost(self):
        """Condition, first and last sequence number, and count of each dead letter."""
        return [
            (
                each["context"]["condition"],
                each["DDBStreamBatchInfo"]["startSequenceNumber"],
                each["DDBStreamBatchInfo"]["endSequenceNumber"],
                each["DDBStreamBatchInfo"]["batchSize"],
            )
            for each in self.dead_letters
        ]


def failing(*ids):
    """A PutEvents script: these eventIDs are refused, the others arrive."""
    return lambda given: [
        {"ErrorCode": "Throttled"} if each in ids else {"EventId": f"b-{each}"} for each in given
    ]


def always(error, calls=100):
    """A script of nothing but this error."""
    return [error] * calls


@pytest.fixture
def harness():
    return Harness()


@pytest.fixture
def make():
    """What tests build their scripts and records from."""

    class Make:
        record = staticmethod(record)
        records = staticmethod(lambda *numbers: [record(number) for number in numbers])
        event = staticmethod(event)
        failing = staticmethod(failing)
        always = staticmethod(always)
        only_inserts = (OnlyInserts(),)
        pipe = PIPE
        harness = Harness
        start = START

    return Make
