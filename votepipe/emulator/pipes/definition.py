"""A pipe as its template defines it: checked as AWS checks it, and refused where not modelled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from votepipe.emulator import patterns
from votepipe.emulator.pipes.section import PipeError, Section

BUS_BATCH = 10  # PutEvents takes no more entries
_DAY = 86_400
_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
# These do not decide which event arrives where.
# `DesiredState` is 'STOPPED' wherever this code stands in for the service.
_WITHOUT_EFFECT = {
    "Description",
    "DesiredState",
    "KmsKeyIdentifier",
    "LogConfiguration",
    "Name",
    "RoleArn",
    "Tags",
}


class Filter(Protocol):
    """One compiled pattern."""

    def matches(self, event: Any) -> bool:
        """Whether a stream record passes."""


@dataclass(frozen=True, kw_only=True)
class PipeDefinition:
    """What a pipe does with the records of a DynamoDB stream.

    `window` and `record_age` are in seconds; -1 stands for no limit in `retries` and `record_age`.
    `detail_type`, `source`, `time` and `resources` are values or `$.path`s into what the
    enrichment returned.
    """

    name: str
    stream_arn: str
    bus_arn: str
    detail_type: str
    source: str
    enrichment_arn: str | None = None
    filters: tuple[Filter, ...] = ()
    starting_position: str = "TRIM_HORIZON"
    batch_size: int = BUS_BATCH
    window: int = 0
    parallelization: int = 1
    retries: int = -1
    record_age: int = -1
    bisect: bool = False
    dead_letter_arn: str | None = None
    time: str | None = None
    resources: tuple[str, ...] = ()

    def takes(self, record: Any) -> bool:
        """Whether a record passes the filters."""
        return not self.filters or any(each.matches(record) for each in self.filters)

    @property
    def arn(self) -> str:
        """The pipe's own ARN; it lives where its bus does."""
        _, partition, _, region, account, _ = self.bus_arn.split(":", 5)
        return f"arn:{partition}:pipes:{region}:{account}:pipe/{self.name}"

    @classmethod
    def from_properties(cls, name: str, properties: Mapping[str, Any]) -> Self:
        """Read the resolved properties of an `AWS::Pipes::Pipe`. Raises PipeError."""
        if not _NAME.fullmatch(name):
            raise PipeError(f"'{name}' cannot name a pipe. Use 1 to 64 of letters, digits, . - _.")
        pipe = Section(name, "", properties)
        source = pipe.section("SourceParameters")
        target = pipe.section("TargetParameters")
        found = cls(
            name=name,
            stream_arn=pipe.arn("Source", "a table's stream", "dynamodb:.*:table/.*/stream/.*"),
            bus_arn=pipe.arn("Target", "an event bus", "events:.*:event-bus/.*"),
            enrichment_arn=pipe.arn(
                "Enrichment", "a Lambda function", "lambda:.*:function:.*", required=False
            ),
            filters=_filters(source.section("FilterCriteria")),
            **_stream(source.section("DynamoDBStreamParameters")),
            **_bus(target.section("EventBridgeEventBusParameters")),
        )
        pipe.section("EnrichmentParameters").nothing_left()
        source.nothing_left()
        target.nothing_left()
        pipe.nothing_left(_WITHOUT_EFFECT)
        return found


def _stream(section: Section) -> dict[str, Any]:
    dead_letters = section.section("DeadLetterConfig")
    found = {
        "starting_position": section.choice("StartingPosition", "TRIM_HORIZON", "LATEST"),
        "batch_size": section.number("BatchSize", BUS_BATCH, 1, BUS_BATCH),
        "window": section.number("MaximumBatchingWindowInSeconds", 0, 0, 300),
        "parallelization": section.number("ParallelizationFactor", 1, 1, 10),
        "retries": section.number("MaximumRetryAttempts", -1, -1, 10_000),
        "record_age": section.number("MaximumRecordAgeInSeconds", -1, -1, 7 * _DAY),
        "bisect": section.choice("OnPartialBatchItemFailure", None, "AUTOMATIC_BISECT") is not None,
        "dead_letter_arn": dead_letters.arn(
            "Arn", "a standard queue", r"sqs:.*(?<!\.fifo)", required=False
        ),
    }
    dead_letters.nothing_left()
    section.nothing_left()
    return found


def _bus(section: Section) -> dict[str, Any]:
    source = section.value("Source", 256)
    if source.startswith("aws."):
        raise section.wrong("Source", "must not start with 'aws.'")
    resources = section.take("Resources") or []
    if len(resources) > 10:
        raise section.wrong("Resources", "must have at most 10 entries")
    for resource in resources:
        section.check_path("Resources", resource)
    found = {
        "source": source,
        "resources": tuple(resources),
        "detail_type": section.value("DetailType", 128),
        "time": section.time("Time"),
    }
    section.nothing_left()
    return found


def _filters(section: Section) -> tuple[Filter, ...]:
    given = section.take("Filters") or []
    section.nothing_left()
    if len(given) > 5:
        raise section.wrong("Filters", "must have at most 5 entries")
    return tuple(_filter(section, f"Filters[{index}]", each) for index, each in enumerate(given))


def _filter(section: Section, place: str, given: Mapping[str, Any]) -> Filter:
    pattern = given.get("Pattern")
    if set(given) != {"Pattern"} or not isinstance(pattern, str) or len(pattern) > 4096:
        raise section.wrong(place, "must have a 'Pattern' of at most 4096 characters")
    try:
        return patterns.compile(pattern, for_pipe=True)
    except patterns.InvalidPattern as error:
        raise section.wrong(place, f"is refused: {error}") from error
