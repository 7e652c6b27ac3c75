"""The models of a template's resources, connected as the template says."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from votepipe.emulator import patterns
from votepipe.emulator.cloudformation.resources import Resources, stream_arn
from votepipe.emulator.cloudformation.roles import BusPolicies, QueuePolicies, Roles
from votepipe.emulator.dynamodb.service import DynamoDb
from votepipe.emulator.dynamodb.streams import DynamoDbStreams
from votepipe.emulator.dynamodb.table import Table
from votepipe.emulator.eventbridge.bus import Archive, Bus, Buses
from votepipe.emulator.eventbridge.rule import Rule
from votepipe.emulator.eventbridge.scheduler import Schedule
from votepipe.emulator.eventbridge.targets import Targets
from votepipe.emulator.functions.calls import Service
from votepipe.emulator.functions.function import Function
from votepipe.emulator.functions.patches import Patches
from votepipe.emulator.functions.secrets import Secrets
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.pipe import Pipe, Ports, Stream
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.queue import Queue
from votepipe.emulator.sqs.service import Sqs


class Models:
    """Everything that a template describes, by logical id."""

    def __init__(
        self,
        simulation: Simulation,
        root: Path,
        resources: Resources,
        patches: Patches,
        everywhere: dict[str, Buses],
    ) -> None:
        self._simulation = simulation
        self._resources = resources
        self.roles = Roles(resources)
        self.functions = self._functions(root, patches)
        self.queues = self._queues()
        self._by_arn = {queue.arn: queue for queue in self.queues.values()}
        self.tables = self._tables()
        self.streams = self._streams()
        self.secrets = self._secrets()
        self.archives = self._archives()
        self.buses = self._buses()
        self.put = Buses(
            simulation, self.buses, BusPolicies(resources), everywhere, resources.account
        )
        self.sqs = Sqs(simulation, self.queues)
        self.targets = Targets(
            simulation,
            self.queues,
            self.put,
            QueuePolicies(resources),
            self.roles.allows,
        )
        self.mappings = self._mappings()
        self.rules = self._rules()
        self.pipes = self._pipes()
        self.schedules = self._schedules()

    def services(self) -> dict[str, Service]:
        """What answers boto3, by the name of the service."""
        return {
            "dynamodb": DynamoDb(self.tables, self._simulation.usage),
            "dynamodbstreams": DynamoDbStreams(self.streams),
            "events": self.put,
            "secretsmanager": self.secrets,
            "sqs": self.sqs,
        }

    @property
    def fed(self) -> dict[str, EventSourceMapping]:
        """What feeds each sink that runs; not what feeds the library's own functions."""
        return {
            mapping.function.sink: mapping
            for mapping in self.mappings
            if not mapping.function.handler.startswith("votepipe.")
        }

    def _functions(self, root: Path, patches: Patches) -> dict[str, Function]:
        resources = self._resources
        return {
            logical_id: Function.of(
                logical_id,
                resources.name(logical_id),
                resources.arn(logical_id),
                facts,
                simulation=self._simulation,
                root=root / facts.get("Code", {}).get("S3Key", ""),
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
                table.written.append(partial(stream.written, keys=table.keys))
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

    def _rules(self) -> dict[str, Rule]:
        resources = self._resources
        rules = {}
        for name, facts in resources.of_type("AWS::Events::Rule").items():
            arn = resources.arn(name)
            enabled = facts.get("State", "ENABLED") != "DISABLED"
            rule = rules[name] = Rule(self._simulation, name, arn, pattern_of(facts), enabled)
            rule.targets = [
                self.targets.of_rule(name, arn, each) for each in facts.get("Targets", ())
            ]
            if not rule.targets:
                continue
            bus_name = last_part(facts.get("EventBusName", "default"))
            for bus in self.buses.values():
                if bus.name == bus_name:
                    bus.rules[arn] = rule.handle
        return rules

    def _schedules(self) -> list[Schedule]:
        resources = self._resources
        schedules = []
        machines = [
            resources.arn(name)
            for name, kind in resources.types.items()
            if kind == "AWS::StepFunctions::StateMachine"
        ]
        for logical_id, facts in resources.of_type("AWS::Scheduler::Schedule").items():
            if facts["Target"]["Arn"] in machines:
                continue  # it looks, and moves no event
            name, arn = resources.name(logical_id), resources.arn(logical_id)
            target = self.targets.of_schedule(name, arn, facts["Target"])
            schedules.append(Schedule(self._simulation, name, arn, facts, target))
        return schedules

    def _pipes(self) -> dict[str, Pipe]:
        resources = self._resources
        pipes = {}
        functions = {function.arn: function for function in self.functions.values()}
        for name, facts in resources.of_type("AWS::Pipes::Pipe").items():
            definition = PipeDefinition.from_properties(resources.name(name), facts)
            ports = Ports(
                definition,
                functions[definition.enrichment_arn] if definition.enrichment_arn else None,
                self.put,
                self._by_arn.get(definition.dead_letter_arn or ""),
                self.roles.allows,
                facts["RoleArn"],
            )
            pipe = pipes[name] = Pipe(self._simulation, name, definition, ports)
            self._follow(pipe, facts["RoleArn"])
        return pipes

    def _follow(self, pipe: Pipe, role: str) -> None:
        """Connect a pipe to its stream, which its role must be able to read."""
        arn = pipe.definition.stream_arn
        for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"):
            self._need(role, f"dynamodb:{action}", arn, pipe.id)
        for stream in self.streams.values():
            if stream.arn == arn:
                stream.pipes.append(pipe)
                return
        stream = Stream(self._simulation, "stream", arn, "NEW_AND_OLD_IMAGES")
        stream.pipes.append(pipe)
        self.streams[pipe.id] = stream

    def _mappings(self) -> list[EventSourceMapping]:
        mappings = []
        declared = self._resources.of_type("AWS::Lambda::EventSourceMapping")
        for name, facts in declared.items():
            queue = self._by_arn.get(facts["EventSourceArn"])
            if queue is None:
                raise Unmodelled(f"'{name}' takes from a queue outside of the template.")
            function = self.functions[
                self._resources.by_arn(facts["FunctionName"], "AWS::Lambda::Function")
            ]
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                self._need(function.role, f"sqs:{action}", queue.arn, name)
            mappings.append(EventSourceMapping(self._simulation, name, queue, function, facts))
        return [mapping for mapping in mappings if mapping.enabled]

    def _need(self, role: str, action: str, resource: str, who: str) -> None:
        """Refuse what AWS refuses when the resource is made."""
        if not self.roles.allows(role, action, resource):
            raise Unmodelled(
                f"AWS refuses '{who}': its role does not allow '{action}'. Correct the template."
            )


def pattern_of(facts: Mapping[str, Any]) -> patterns.Pattern | None:
    """The event pattern among properties, if there is one."""
    if "EventPattern" not in facts:
        return None
    pattern = facts["EventPattern"]
    # As text it is compiled once for all pipelines.
    return patterns.compile(pattern if isinstance(pattern, str) else json.dumps(pattern))
