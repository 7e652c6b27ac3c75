"""What a pipeline consists of, for the classes that make up its face."""

from votepipe.emulator.cloudformation.models import Models
from votepipe.emulator.cloudformation.resources import Resources
from votepipe.emulator.functions.crash_points import CrashPoints
from votepipe.emulator.http.receiver import Receiver
from votepipe.emulator.simulation.errors import KitError
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.mapping import EventSourceMapping
from votepipe.emulator.sqs.queue import Queue
from votepipe.testing.messages import Message


class Parts:
    """The parts; `Pipeline` makes them."""

    simulation: Simulation
    crash_points: CrashPoints
    models: Models
    resources: Resources
    receiver: Receiver
    messages: list[Message]

    def mapping_of(self, sink: str) -> EventSourceMapping:
        """What feeds a sink's function. Raises KitError for a sink that does not run."""
        for mapping in self.models.mappings:
            if mapping.function.sink == sink:
                return mapping
        sinks = ", ".join(f"'{mapping.function.sink}'" for mapping in self.models.mappings)
        raise KitError(f"No sink '{sink}' runs here. There are: {sinks or 'none'}.")

    def dead_letter_queues(self, name: str | None = None) -> list[Queue]:
        """The queues of dead letters: all, those of a sink, or the one with that logical id."""
        queues = self.models.queues
        if name in queues:
            return [queues[name]]
        if name is None:
            return [queue for queue in queues.values() if self._is_last(queue)]
        mapping = self.mapping_of(name)
        url = mapping.function.environment.get("DEAD_LETTERS_URL")
        found = [queue for queue in queues.values() if queue.url == url]
        if mapping.queue.dead_letters and mapping.queue.dead_letters not in found:
            found.append(mapping.queue.dead_letters)
        return found

    def _is_last(self, queue: Queue) -> bool:
        """Whether nothing takes messages from a queue."""
        return not queue.listeners and all(
            mapping.queue is not queue for mapping in self.models.mappings
        )
