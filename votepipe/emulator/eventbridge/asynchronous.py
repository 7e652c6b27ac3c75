"""Functions called without waiting for their answer: Lambda tries again by itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from votepipe.emulator.eventbridge.rule import NotDelivered, Outlet
from votepipe.emulator.functions.function import Function, FunctionError, Throttled
from votepipe.emulator.services.calls import Allows
from votepipe.emulator.simulation.errors import Closed
from votepipe.emulator.simulation.jsontext import parsed
from votepipe.emulator.simulation.simulation import Simulation
from votepipe.emulator.simulation.trace import VoteKey, vote_key_of
from votepipe.emulator.sqs.queue import Queue

_WAITS = (60.0, 120.0)


@dataclass(frozen=True)
class Manner:
    """How often a failed call of a function is made again, and where it goes after that."""

    retries: int = 2
    on_failure: Queue | None = None


class Asynchronous:
    """Makes such calls."""

    def __init__(
        self, simulation: Simulation, manners: Mapping[str, Manner], allows: Allows
    ) -> None:
        """`manners` are by the function's logical id."""
        self._simulation = simulation
        self._manners = manners
        self._allows = allows

    def caller(self, function: Function, allowed: bool = True) -> Outlet:
        """Calls a function with the JSON in a text."""

        def send(text: str, about: VoteKey) -> None:
            if not allowed:
                raise NotDelivered("NO_PERMISSIONS", "The role does not let it.", final=True)
            self._simulation.clock.soon(lambda: self._start(function, text, 0))

        return send

    def _start(self, function: Function, text: str, tries: int) -> None:
        self._simulation.tasks.run(lambda: self._attempt(function, text, tries))

    def _attempt(self, function: Function, text: str, tries: int) -> None:
        about = vote_key_of(parsed(text))
        self._simulation.trace.note("called", function.id, about, attempt=tries + 1)
        try:
            function.invoke(parsed(text))
        except Closed:
            return
        except (FunctionError, Throttled) as error:
            manner = self._manners.get(function.id, Manner())
            if tries < manner.retries:
                when = self._simulation.now + _WAITS[tries]
                self._simulation.clock.at(when, lambda: self._start(function, text, tries + 1))
            else:
                self._give_up(function, text, manner, str(error))

    def _give_up(self, function: Function, text: str, manner: Manner, why: str) -> None:
        about = vote_key_of(parsed(text))
        queue = manner.on_failure
        if queue is None or not self._allows(function.role, "sqs:SendMessage", queue.arn):
            self._simulation.trace.note("lost", function.id, about, why=why)
            return
        queue.send(json.dumps(self._letter(function, text, manner, why)), vote_key=about)
        self._simulation.trace.note("dead-lettered", function.id, about, reason=why)

    def _letter(self, function: Function, text: str, manner: Manner, why: str) -> dict[str, Any]:
        """What Lambda sends to an on-failure destination."""
        return {
            "version": "1.0",
            "timestamp": datetime.fromtimestamp(self._simulation.now, UTC).isoformat(),
            "requestContext": {
                "requestId": self._simulation.random.uuid(),
                "functionArn": f"{function.arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": manner.retries + 1,
            },
            "requestPayload": parsed(text),
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": why},
        }
