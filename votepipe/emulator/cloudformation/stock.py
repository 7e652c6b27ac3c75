"""A template's resources as models, each by itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from votepipe.emulator import patterns
from votepipe.emulator.cloudformation.resources import Resources, stream_arn
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.eventbridge.bus import Archive, Bus
from votepipe.emulator.functions.function import Function
from votepipe.emulator.functions.patches import Patches
from votepipe.emulator.pipes.pipe import Stream
from votepipe.emulator.services.roles import Roles
from votepipe.emulator.services.secrets import Secrets
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.queue import Queue


class Stock:
    """What a template describes, by logical id; `Models` ties it together."""

    def __init__(
        self,
        simulation: Simulation,
        root: Path,
        resources: Resources,
        patches: Patches,
    ) -> None:
        self._simulation = simulation
        self._resources = resources
        self.roles = Roles(resources)
        self.functions = self._functions(root, patches)
        self.queues = self._queues()
        self.tables = self._tables()
        self.streams = self._streams()
        self.secrets = self._secrets()
        self.archives = self._archives()
        self.buses = self._buses()

    def _functions(self, root: Path, patches: Patches) -> dict[str, Function]:
        resources = self._resources
        return {
            logical_id: Function.of(
                logical_id,
                resources.name(logical_id),
                resources.arn(logical_id),
                facts,
                simulation=self._simulation,
                root=root,
                patches=patches,
            )
            for logical_id, facts in resources.of_type("AWS::Lambda::Function").items()
        }

    def _queues(self) -> dict[str, Queue]:
        resources = self._resources
        declared = resources.of_type("AWS::SQS::Queue")
        queues: dict[str, Queue] = {
            name: Queue.of(self._simulation, name, resources.arn(name), resources.ref(name), facts)
            for name, facts in declared.items()
        }
        by_arn = {queue.arn: queue for queue in queues.values()}
        for name, facts in declared.items():
            if redrive := facts.get("RedrivePolicy"):
                dead_letters = by_arn.get(redrive["deadLetterTargetArn"])
                if dead_letters is None:
                    raise Unmodelled(f"'{name}' has dead letters outside of the template.")
                queues[name].dead_letters = dead_letters
                queues[name].most_receives = int(redrive["maxReceiveCount"])
                dead_letters.sources.append(queues[name])
        return queues

    def _tables(self) -> dict[str, Table]:
        resources = self._resources
        return {
            name: Table.of(name, resources.name(name), resources.arn(name), facts)
            for name, facts in resources.of_type("AWS::DynamoDB::Table").items()
        }

    def _streams(self) -> dict[str, Stream]:
        streams = {}
        for name, table in self.tables.items():
            if table.view is not None:
                stream = Stream(self._simulation, name, stream_arn(table.arn), table.view)
                keys = table.index.keys
                table.written.append(_writer(stream, keys))
                streams[name] = stream
        return streams

    def _secrets(self) -> Secrets:
        resources = self._resources
        declared = resources.of_type("AWS::SecretsManager::Secret")
        secrets = Secrets({resources.arn(name): resources.name(name) for name in declared})
        for name, facts in declared.items():
            if "SecretString" in facts:
                secrets.values[resources.arn(name)] = facts["SecretString"]
        return secrets

    def _archives(self) -> dict[str, Archive]:
        resources = self._resources
        return {
            name: Archive(
                name,
                resources.name(name),
                resources.arn(name),
                last_part(facts["SourceArn"]),
                pattern_of(facts),
                int(facts.get("RetentionDays", 0)),
            )
            for name, facts in resources.of_type("AWS::Events::Archive").items()
        }

    def _buses(self) -> dict[str, Bus]:
        resources = self._resources
        buses = {
            name: Bus(self._simulation, name, resources.name(name), resources.arn(name))
            for name in resources.of_type("AWS::Events::EventBus")
        }
        for archive in self.archives.values():
            for bus in buses.values():
                if bus.name == archive.bus:
                    bus.archives.append(archive)
        return buses


def pattern_of(facts: Mapping[str, Any]) -> patterns.Pattern | None:
    """The event pattern among properties, if there is one."""
    return patterns.compile(facts["EventPattern"]) if "EventPattern" in facts else None


def _writer(stream: Stream, keys: tuple[str, ...]) -> Callable[[Any, Any], None]:
    return lambda old, new: stream.written(old, new, keys)
