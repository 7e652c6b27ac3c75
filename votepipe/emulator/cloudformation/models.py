"""A template's resources as models that are tied together."""

from collections.abc import Collection
from pathlib import Path

from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.cloudformation.stock import Stock, pattern_of
from votepipe.emulator.dynamodb.service import DynamoDb
from votepipe.emulator.eventbridge.asynchronous import Asynchronous, Manner
from votepipe.emulator.eventbridge.bus import Buses
from votepipe.emulator.eventbridge.rule import Rule
from votepipe.emulator.eventbridge.scheduler import Scheduler, ring
from votepipe.emulator.eventbridge.targets import Targets
from votepipe.emulator.functions.patches import Patches
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.pipe import Pipe, Ports, Stream
from votepipe.emulator.services.calls import Service
from votepipe.emulator.services.roles import QueuePolicies
from votepipe.emulator.simulation.errors import Unmodelled
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.service import Sqs


class Models(Stock):
    """Everything that a template describes, by logical id."""

    def __init__(
        self,
        simulation: Simulation,
        root: Path,
        resources: Resources,
        patches: Patches,
        sinks: Collection[str] | None = None,
    ) -> None:
        super().__init__(simulation, root, resources, patches)
        self._sinks = sinks
        self.put = Buses(simulation, self.buses, list(self.archives.values()))
        self.sqs = Sqs(simulation, self.queues)
        self.targets = Targets(
            simulation,
            self.queues,
            self.functions,
            self.put,
            QueuePolicies(resources),
            self.roles.allows,
            Asynchronous(simulation, self._manners(), self.roles.allows),
        )
        self.scheduler = Scheduler(simulation, self.targets.of_schedule)
        self.mappings = self._mappings()
        self.rules = self._rules()
        self.pipes = self._pipes()
        self._schedules()

    def services(self) -> dict[str, Service]:
        """What answers boto3, by the name of the service."""
        return {
            "dynamodb": DynamoDb(self.tables),
            "events": self.put,
            "scheduler": self.scheduler,
            "secretsmanager": self.secrets,
            "sqs": self.sqs,
        }

    def _rules(self) -> dict[str, Rule]:
        resources = self._resources
        rules = {}
        for name, facts in resources.of_type("AWS::Events::Rule").items():
            arn = resources.arn(name)
            enabled = facts.get("State", "ENABLED") != "DISABLED"
            rule = rules[name] = Rule(self._simulation, name, arn, pattern_of(facts), enabled)
            rule.targets = [
                self.targets.of_rule(name, arn, each)
                for each in facts.get("Targets", ())
                if self._wanted(each["Arn"])
            ]
            if not rule.targets:
                continue
            bus_name = last_part(facts.get("EventBusName", "default"))
            for bus in self.buses.values():
                if bus.name == bus_name:
                    bus.rules[arn] = rule.handle
            if enabled and "ScheduleExpression" in facts:
                ring(self._simulation, rule, facts["ScheduleExpression"])
        return rules

    def _schedules(self) -> None:
        resources = self._resources
        for name, facts in resources.of_type("AWS::Scheduler::Schedule").items():
            self.scheduler.make(resources.name(name), facts.get("GroupName", "default"), facts)

    def _manners(self) -> dict[str, Manner]:
        """How functions are called asynchronously, where the template says so."""
        resources = self._resources
        queues = {queue.arn: queue for queue in self.queues.values()}
        return {
            resources.by_arn(facts["FunctionName"], "AWS::Lambda::Function"): Manner(
                int(facts.get("MaximumRetryAttempts", 2)),
                queues.get(
                    facts.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
                ),
            )
            for facts in resources.of_type("AWS::Lambda::EventInvokeConfig").values()
        }

    def _pipes(self) -> dict[str, Pipe]:
        resources = self._resources
        pipes = {}
        functions = {function.arn: function for function in self.functions.values()}
        queues = {queue.arn: queue for queue in self.queues.values()}
        for name, facts in resources.of_type("AWS::Pipes::Pipe").items():
            definition = PipeDefinition.from_properties(resources.name(name), facts)
            ports = Ports(
                definition,
                functions[definition.enrichment_arn] if definition.enrichment_arn else None,
                self.put,
                queues.get(definition.dead_letter_arn or ""),
                self.roles.allows,
                facts["RoleArn"],
            )
            pipe = pipes[name] = Pipe(self._simulation, name, definition, ports)
            self._follow(pipe, facts["RoleArn"])
        return pipes

    def _follow(self, pipe: Pipe, role: str) -> None:
        """Tie a pipe to its stream, which its role must let it read."""
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

    def _wanted(self, queue_arn: str) -> bool:
        """Whether a queue feeds one of the sinks that are to run, or none at all."""
        sinks = [sink for arn, sink in self._fed.items() if arn == queue_arn]
        return self._sinks is None or not sinks or sinks[0] in self._sinks

    def _mappings(self) -> list[EventSourceMapping]:
        mappings = []
        self._fed: dict[str, str] = {}
        declared = self._resources.of_type("AWS::Lambda::EventSourceMapping")
        for name, facts in declared.items():
            by_arn = {queue.arn: queue for queue in self.queues.values()}
            queue = by_arn.get(facts["EventSourceArn"])
            if queue is None:
                raise Unmodelled(f"'{name}' takes from what is no queue of the template.")
            function = self.functions[
                self._resources.by_arn(facts["FunctionName"], "AWS::Lambda::Function")
            ]
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
                self._need(function.role, f"sqs:{action}", queue.arn, name)
            self._fed[queue.arn] = function.sink
            if self._sinks is not None and function.sink not in self._sinks:
                continue
            mappings.append(EventSourceMapping(self._simulation, name, queue, function, facts))
        return mappings

    def _need(self, role: str, action: str, resource: str, who: str) -> None:
        """Refuse what AWS refuses when the resource is made."""
        if not self.roles.allows(role, action, resource):
            raise Unmodelled(
                f"AWS refuses '{who}': its role does not allow '{action}'. Correct the template."
            )
