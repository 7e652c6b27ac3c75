"""What a test sees of a pipeline: the part of its face that tells what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.emulator.functions.crash_points import Step
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.trace import Trace, VoteKey, VotePath
from votepipe.emulator.sqs.message import reason_of
from votepipe.testing import loss_report
from votepipe.testing.loss_report import Line, Report
from votepipe.testing.messages import Message
from votepipe.testing.parts import Parts


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A message in a queue of dead letters; `body` is read as JSON where it is."""

    queue: str
    reason: str
    body: Any
    attributes: Mapping[str, str]
    vote_key: VoteKey


class Evidence(Parts):
    """Everything that can be asked of a pipeline."""

    def sent(self, sink: str) -> list[Message]:
        """The messages that the receiver of a sink took, oldest first."""
        return [message for message in self.attempts(sink) if message.accepted]

    def attempts(self, sink: str) -> list[Message]:
        """Everything that a sink sent, taken or not."""
        self.mapping_of(sink)
        return [message for message in self.messages if message.sink == sink]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The events that came on the template's buses, of one detail-type or all."""
        return [
            event
            for bus in self.models.buses.values()
            for event in bus.events
            if kind is None or event["detail-type"] == kind
        ]

    def dead_letters(self, name: str | None = None) -> list[DeadLetter]:
        """The dead letters of a sink, of the queue with that logical id, or all."""
        return [
            DeadLetter(
                queue=queue.id,
                reason=reason_of(message),
                body=message.body if (body := parsed(message.body)) is None else body,
                attributes={
                    name: str(facts.get("StringValue"))
                    for name, facts in message.attributes.items()
                },
                vote_key=message.vote_key,
            )
            for queue in self.dead_letter_queues(name)
            for message in queue.messages
        ]

    def waiting(self, sink: str) -> int:
        """How many messages are in a sink's queue."""
        return len(self.mapping_of(sink).queue.messages)

    def items(self, table: str) -> list[dict[str, Any]]:
        """The items of the table with that logical id, as attribute values."""
        return list(self.models.tables[table].items.values())

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What a function logged; a line that is no JSON is `{"message": …}`."""
        return self.models.functions[function].lines

    @property
    def steps_made(self) -> list[Step]:
        """The steps that functions made so far, right before and after each of their calls."""
        return self.crash_points.made

    @property
    def trace(self) -> Trace:
        """All that happened; `str` of it is the same in every run with the same seed."""
        return self.simulation.trace

    def way(self, vote: str | Mapping[str, Any], widget: str | None = None) -> VotePath:
        """The way of one vote: by its item or keys, or by its id alone where that is the only."""
        if isinstance(vote, Mapping):
            return self.trace.path(_text(vote["widgetId"]), _text(vote["voteId"]))
        ways = [way for way in self.trace.paths() if way.vote == vote]
        if widget is None and ways:
            return ways[0]
        return self.trace.path(widget or "", vote)

    def nothing_lost(self) -> Report:
        """Whether every vote's last valid state was delivered by every sink that it was for.

        One that lies in a dead-letter queue with a reason, or still waits, is not lost.
        """
        return loss_report.report(self.trace, self.models.pipes.values(), self._lines())

    def _lines(self) -> list[Line]:
        return [
            Line(
                mapping.function.sink,
                tuple(
                    rule
                    for rule in self.models.rules.values()
                    if any(target.arn == mapping.queue.arn for target in rule.targets)
                ),
                mapping.queue,
                mapping.function,
                tuple(self.dead_letter_queues(mapping.function.sink)),
            )
            for mapping in self.models.mappings
        ]


def _text(value: Any) -> str:
    return str(next(iter(value.values()))) if isinstance(value, dict) else str(value)
