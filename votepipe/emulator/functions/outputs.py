"""S3 and SNS as boto3 sees them: each object and each message is one of the sink that sent it."""

from collections.abc import Callable
from typing import Any

from votepipe.emulator.functions.calls import Operations, Parameters, Refused
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.simulation.simulation import Simulation

OBJECT, PUBLISHED = "OBJECT", "PUBLISHED"  # in place of a request's method

Posted = Callable[[Request], Answer]


class Outputs:
    """Takes objects and messages; `posted` gets each as a request, and returns the answer."""

    def __init__(self, simulation: Simulation, sink: Callable[[], str], posted: Posted) -> None:
        self._simulation = simulation
        self._sink = sink
        self._posted = posted
        self.operations: Operations = {"PutObject": self._put, "Publish": self._publish}

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the object or the topic it is done to."""
        if operation == "Publish":
            return [("sns:Publish", str(parameters["TopicArn"]))]
        return [("s3:PutObject", f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}")]

    def _put(self, given: Parameters) -> dict[str, Any]:
        body = given.get("Body", b"")
        content = body.read() if hasattr(body, "read") else body
        self._send(OBJECT, f"{given['Bucket']}/{given['Key']}", content)
        return {"ETag": f'"{self._simulation.random.token()}"'}

    def _publish(self, given: Parameters) -> dict[str, Any]:
        self._send(PUBLISHED, given["TopicArn"], given["Message"].encode())
        return {"MessageId": self._simulation.random.uuid()}

    def _send(self, method: str, place: str, content: bytes) -> None:
        path = f"/{self._sink()}/{place}"
        answer = self._posted(Request(method=method, path=path, headers={}, content=content))
        if answer.missing or not 200 <= answer.status < 300:
            raise Refused("ServiceUnavailable", "It was not taken.", 503)
