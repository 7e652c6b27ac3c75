"""SQS as boto3 sees it, over the model's queues."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from votepipe.emulator.cloudformation.resources import REGION
from votepipe.emulator.functions.calls import Operations, Parameters, Refused
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.usage import DELETES
from votepipe.emulator.sqs.queue import Message, Queue, QueueError

_MOVES_PER_SECOND = 500


class Sqs:
    """Answers the calls that functions make, and moves dead letters back."""

    def __init__(self, simulation: Simulation, queues: Mapping[str, Queue]) -> None:
        self._simulation = simulation
        self._by_url = {queue.url: queue for queue in queues.values()}
        self._by_arn = {queue.arn: queue for queue in queues.values()}
        self._moves: list[dict[str, Any]] = []
        self.operations: Operations = {
            "SendMessage": self._send,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "ChangeMessageVisibility": self._hide,
            "GetQueueAttributes": self._attributes,
            "ListQueues": self._list,
            "StartMessageMoveTask": self._start_move,
            "ListMessageMoveTasks": self._list_moves,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the queue it is done to."""
        if "SourceArn" in parameters:
            return [(f"sqs:{operation}", parameters["SourceArn"])]
        place, _, name = parameters.get("QueueUrl", "*").rpartition("/")
        return [(f"sqs:{operation}", f"arn:aws:sqs:{REGION}:{last_part(place)}:{name}")]

    def queue(self, url: str) -> Queue:
        """The queue at a URL. Raises Refused."""
        queue = self._by_url.get(url)
        if queue is None:
            raise Refused(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
                exception="QueueDoesNotExist",
            )
        return queue

    def move(self, source: Queue, to: Queue | None = None) -> None:
        """Move all dead letters of a queue to another one, or back to where they came from.

        They get a new id, and count as sent now.
        """
        for number, message in enumerate(source.messages):
            home = to or self._by_arn.get(message.source or "", source.sources[0])
            when = self._simulation.now + number // _MOVES_PER_SECOND
            self._simulation.clock.at(when, partial(_move, message, source, home))

    def _send(self, given: Parameters) -> dict[str, Any]:
        queue = self.queue(given["QueueUrl"])
        delay = given.get("DelaySeconds")
        if delay is not None and not 0 <= delay <= 900:
            raise Refused("InvalidParameterValue", f"Value {delay} for parameter DelaySeconds is "
                          "invalid. Reason: DelaySeconds must be >= 0 and <= 900.")  # fmt: skip
        try:
            message = queue.send(
                given["MessageBody"], attributes=given.get("MessageAttributes"), delay=delay
            )
        except QueueError as error:
            raise Refused(error.code, str(error)) from None
        return {"MessageId": message.id}

    def _receive(self, given: Parameters) -> dict[str, Any]:
        """Messages without their attributes; nobody waits for one to come."""
        queue = self.queue(given["QueueUrl"])
        received = queue.receive(
            given.get("MaxNumberOfMessages", 1), given.get("VisibilityTimeout")
        )
        return {
            "Messages": [
                {"MessageId": each.id, "ReceiptHandle": each.receipt, "Body": each.body}
                for each in received
            ]
        }

    def _delete(self, given: Parameters) -> dict[str, Any]:
        queue = self.queue(given["QueueUrl"])
        self._simulation.usage.add(DELETES, who=queue.id)
        queue.delete(given["ReceiptHandle"])
        return {}

    def _attributes(self, given: Parameters) -> dict[str, Any]:
        """The counts of messages, whatever is asked for."""
        visible, hidden = map(str, self.queue(given["QueueUrl"]).counts)
        counts = {"": visible, "NotVisible": hidden}
        return {"Attributes": {f"ApproximateNumberOfMessages{end}": counts[end] for end in counts}}

    def _list(self, given: Parameters) -> dict[str, Any]:
        prefix = given.get("QueueNamePrefix", "")
        return {"QueueUrls": [url for url in self._by_url if last_part(url).startswith(prefix)]}

    def _start_move(self, given: Parameters) -> dict[str, Any]:
        source, to = (
            self._by_arn.get(given.get(f"{end}Arn", "")) for end in ("Source", "Destination")
        )
        if source is None or not source.sources or ("DestinationArn" in given and to is None):
            raise Refused("ResourceNotFoundException", "A specified resource doesn't exist.")
        task = {"SourceArn": source.arn, "Status": "COMPLETED"}
        if to or all(message.source for message in source.messages):
            self.move(source, to)
        else:  # what came by SendMessage does not say from where
            task |= {"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource"}
        self._moves.insert(0, task)
        return {"TaskHandle": f"task-{len(self._moves)}"}

    def _list_moves(self, given: Parameters) -> dict[str, Any]:
        of_queue = [each for each in self._moves if each["SourceArn"] == given["SourceArn"]]
        return {"Results": of_queue[: given.get("MaxResults", 1)]}

    def _hide(self, given: Parameters) -> dict[str, Any]:
        seconds = given["VisibilityTimeout"]
        if not 0 <= seconds <= 43_200:
            raise Refused("InvalidParameterValue", f"Value {seconds} for parameter "
                          "VisibilityTimeout is invalid.")  # fmt: skip
        try:
            self.queue(given["QueueUrl"]).hide(given["ReceiptHandle"], seconds)
        except QueueError as error:
            raise Refused(error.code, str(error)) from None
        return {}


def _move(message: Message, source: Queue, to: Queue) -> None:
    source.take_out(message)
    to.send(message.body, attributes=message.attributes, delay=0, vote_key=message.vote_key)
