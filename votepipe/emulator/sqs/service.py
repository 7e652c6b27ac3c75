"""SQS as boto3 sees it, over the model's queues."""

from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.functions.calls import Refused
from votepipe.emulator.simulation.jsontext import last_part
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.sqs.message import Message
from votepipe.emulator.sqs.queue import Queue, QueueError

Parameters = Mapping[str, Any]

_BATCH_ACTIONS = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
_MOVES_PER_SECOND = 500


class Sqs:
    """Answers the calls that functions make, and moves dead letters back."""

    def __init__(self, simulation: Simulation, queues: Mapping[str, Queue]) -> None:
        self._simulation = simulation
        self._by_name = {queue.name: queue for queue in queues.values()}
        self._by_arn = {queue.arn: queue for queue in queues.values()}
        self.operations: Mapping[str, Callable[[Parameters], dict[str, Any]]] = {
            "SendMessage": self._send,
            "SendMessageBatch": lambda given: self._each(given, self._send),
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": lambda given: self._each(given, self._delete),
            "ChangeMessageVisibility": self._hide,
            "ChangeMessageVisibilityBatch": lambda given: self._each(given, self._hide),
            "GetQueueAttributes": self._attributes,
            "GetQueueUrl": self._url,
            "PurgeQueue": self._purge,
            "StartMessageMoveTask": self._start_move,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the queue it is done to."""
        if "SourceArn" in parameters:
            return [("sqs:StartMessageMoveTask", parameters["SourceArn"])]
        name = parameters.get("QueueName") or last_part(parameters["QueueUrl"])
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        return [(f"sqs:{_BATCH_ACTIONS.get(operation, operation)}", arn)]

    def queue(self, url_or_name: str) -> Queue:
        """The queue at a URL or of a name. Raises Refused."""
        queue = self._by_name.get(last_part(url_or_name))
        if queue is None:
            raise Refused(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
                exception="QueueDoesNotExist",
            )
        return queue

    def move(self, source: Queue, to: Queue | None = None) -> None:
        """Move all dead letters back to where they came from, or to another queue.

        They get a new id, and count as sent now.
        """
        if not source.sources:
            raise Refused(
                "InvalidParameterValue",
                "Source queue must be configured as a Dead Letter Queue of an SQS queue.",
            )
        for number, message in enumerate(source.messages):
            home = self._by_arn.get(message.source or "", source.sources[0])
            when = self._simulation.now + number // _MOVES_PER_SECOND
            self._simulation.clock.at(when, _mover(message, source, to or home))

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
        queue = self.queue(given["QueueUrl"])
        batch = queue.receive(given.get("MaxNumberOfMessages", 1), given.get("VisibilityTimeout"))
        wanted = given.get("MessageAttributeNames", ())
        return {"Messages": [_told(message, wanted) for message in batch]} if batch else {}

    def _delete(self, given: Parameters) -> dict[str, Any]:
        self.queue(given["QueueUrl"]).delete(given["ReceiptHandle"])
        return {}

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

    def _each(
        self, given: Parameters, do: Callable[[Parameters], dict[str, Any]]
    ) -> dict[str, Any]:
        """A call for several messages: some may fail while others do not."""
        good, failed = [], []
        for entry in given["Entries"]:
            try:
                good.append({"Id": entry["Id"], **do({**entry, "QueueUrl": given["QueueUrl"]})})
            except Refused as error:
                facts = {"Code": error.code, "Message": str(error), "SenderFault": True}
                failed.append({"Id": entry["Id"], **facts})
        return {"Successful": good, **({"Failed": failed} if failed else {})}

    def _attributes(self, given: Parameters) -> dict[str, Any]:
        queue = self.queue(given["QueueUrl"])
        visible, hidden = queue.counts
        facts = {
            "ApproximateNumberOfMessages": visible,
            "ApproximateNumberOfMessagesNotVisible": hidden,
            "DelaySeconds": int(queue.delay),
            "MessageRetentionPeriod": int(queue.retention),
            "QueueArn": queue.arn,
            "VisibilityTimeout": int(queue.visibility),
        }
        wanted = given.get("AttributeNames", ())
        return {
            "Attributes": {
                name: str(value)
                for name, value in facts.items()
                if "All" in wanted or name in wanted
            }
        }

    def _url(self, given: Parameters) -> dict[str, Any]:
        return {"QueueUrl": self.queue(given["QueueName"]).url}

    def _purge(self, given: Parameters) -> dict[str, Any]:
        self.queue(given["QueueUrl"]).purge()
        return {}

    def _start_move(self, given: Parameters) -> dict[str, Any]:
        arns = (given["SourceArn"], given.get("DestinationArn"))
        source, to = (self._by_arn.get(arn or "") for arn in arns)
        if source is None or (arns[1] and to is None):
            raise Refused("ResourceNotFoundException", "The queue does not exist.", 404)
        self.move(source, to)
        return {"TaskHandle": self._simulation.random.token()}


def _mover(message: Message, source: Queue, to: Queue) -> Callable[[], None]:
    def move() -> None:
        source.take_out(message)
        to.send(message.body, attributes=message.attributes, delay=0, vote_key=message.vote_key)

    return move


def _told(message: Message, wanted: Any) -> dict[str, Any]:
    """A message as ReceiveMessage tells it."""
    attributes = {
        name: facts
        for name, facts in message.attributes.items()
        if name in wanted or "All" in wanted or ".*" in wanted
    }
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": message.system_attributes,
        **({"MessageAttributes": attributes} if attributes else {}),
    }
