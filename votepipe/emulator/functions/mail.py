"""SES as boto3 sees it: each mail is a message of the sink that sent it."""

import email
from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.cloudformation.resources import ACCOUNT, REGION
from votepipe.emulator.functions.calls import Refused
from votepipe.emulator.http.receiver import Answer, Request
from votepipe.emulator.simulation.simulation import Simulation

Parameters = Mapping[str, Any]
Posted = Callable[[Request], Answer]

_BUSY = {429: "TooManyRequestsException", 400: "BadRequestException"}


class Mail:
    """Takes mails; `posted` is told each, and says how the receiver answers it."""

    def __init__(self, simulation: Simulation, sink: Callable[[], str], posted: Posted) -> None:
        self._simulation = simulation
        self._sink = sink
        self._posted = posted
        self.operations: Mapping[str, Callable[[Parameters], dict[str, Any]]] = {
            "SendEmail": self._send,
            "SendRawEmail": self._send,
        }

    def touches(self, operation: str, parameters: Parameters) -> list[tuple[str, str]]:
        """The action, and the identity of the sender: the address, or else its domain.

        SES wants leave for the identity that was verified, and for the configuration set.
        """
        sender = parameters.get("FromEmailAddress") or parameters.get("Source", "")
        place = f"arn:aws:ses:{REGION}:{ACCOUNT}"
        needed = [f"{place}:identity/{sender}"]
        if name := parameters.get("ConfigurationSetName"):
            needed.append(f"{place}:configuration-set/{name}")
        return [(f"ses:{operation}", arn) for arn in needed]

    def _send(self, given: Parameters) -> dict[str, Any]:
        headers, text = _read(given)
        request = Request(
            method="MAIL",
            path=f"/{self._sink()}",
            headers={name.lower(): value for name, value in headers.items()},
            content=text.encode(),
        )
        answer = self._posted(request)
        if answer.missing or not 200 <= answer.status < 300:
            code = _BUSY.get(answer.status, "InternalServiceErrorException")
            raise Refused(code, "The mail was not taken.", answer.status)
        return {"MessageId": self._simulation.random.uuid()}


def _read(given: Parameters) -> tuple[dict[str, str], str]:
    """The headers and the text of a mail, in whichever form SES takes it."""
    content = given.get("Content", {})
    raw = content.get("Raw", given.get("RawMessage", {})).get("Data")
    if raw is not None:
        parsed = email.message_from_bytes(raw if isinstance(raw, bytes) else raw.encode())
        part = next((p for p in parsed.walk() if p.get_content_type() == "text/plain"), parsed)
        payload = part.get_payload(decode=True)
        text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
        return dict(parsed.items()), text
    simple = content.get("Simple", given.get("Message", {}))
    to = given.get("Destination", {}).get("ToAddresses", [])
    headers = {
        "From": given.get("FromEmailAddress") or given.get("Source", ""),
        "To": ", ".join(to),
        "Subject": simple["Subject"]["Data"],
        **{each["Name"]: each["Value"] for each in simple.get("Headers", ())},
    }
    body = simple["Body"]
    return headers, str(body.get("Text", body.get("Html", {})).get("Data", ""))
